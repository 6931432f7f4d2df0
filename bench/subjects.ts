/** What is measured: the application on node:https, the same one on this package, Apache's mod_ssl. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Credentials, KeyType } from './credentials.ts'
import { pinned } from './machine.ts'

export type SubjectName = 'node:https' | 'fastify-tls13' | 'mod_ssl'

export interface Subject {
  readonly port: number
  /** Its processes, the one whose main thread counts first. */
  readonly pids: readonly number[]
  /** Asks server.js. */
  ask (question: 'connections'): Promise<{ total: number, resumed: number }>
  ask (question: 'memory'): Promise<NodeJS.MemoryUsage>
  stop (): Promise<void>
}

export interface Surroundings {
  readonly folder: string
  readonly credentials: Credentials
  /** The server's CPU. */
  readonly cpu: number | null
  readonly node: string
  /** Where CPU profiles go, or null. */
  readonly profiles: string | null
}

export const apache = '/usr/sbin/apache2'

/** What of a scenario is a server's to know. */
interface Role { readonly name: string, readonly keyType: KeyType, readonly sealWorkers?: number }

export async function startSubject (name: SubjectName, role: Role, surroundings: Surroundings): Promise<Subject> {
  return name === 'mod_ssl' ? startApache(role.keyType, surroundings) : startNode(name, role, surroundings)
}

async function startNode (variant: SubjectName, { name, keyType, sealWorkers }: Role, { credentials, cpu, node, profiles }: Surroundings): Promise<Subject> {
  const options = { variant, sealWorkers, ...credentials.servers[keyType], ca: credentials.ca }
  const profile = profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.${variant.replace(':', '-')}.cpuprofile`]
  const command = pinned(cpu, [node, '--no-warnings', '--expose-gc', ...profile, server, JSON.stringify(options)])
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const { port } = await answer<{ port: number }>(child)
  return {
    port,
    pids: [child.pid as number],
    async ask (question: string): Promise<any> {
      child.send(question)
      return await answer(child)
    },
    async stop () {
      refuseEnded(child)
      child.disconnect()
      await exited
    }
  }
}

/** What was measured of a server that ended in between is worth nothing. */
function refuseEnded ({ exitCode, signalCode }: ChildProcess): void {
  if (exitCode !== null || signalCode !== null) throw new Error(`the server ended with ${exitCode ?? signalCode} before it was told to`)
}

/** The next message of a process. */
async function answer<Message> (child: ChildProcess): Promise<Message> {
  const patience = new AbortController()
  const { signal } = patience
  const message = once(child, 'message', { signal })
  const exit = once(child, 'exit', { signal }).then(([code]) => { throw new Error(`the server ended with ${code}`) })
  const late = sleep(60_000, undefined, { signal }).then(() => { throw new Error('the server does not answer') })
  try {
    return (await Promise.race([message, exit, late]))[0]
  } finally {
    patience.abort()
    await Promise.allSettled([message, exit, late])
  }
}

async function startApache (keyType: KeyType, { folder, credentials, cpu }: Surroundings): Promise<Subject> {
  const port = await freePort()
  const home = mkdtempSync(join(folder, 'apache-'))
  chmodSync(home, 0o711)
  const documents = join(home, 'documents')
  mkdirSync(documents)
  writeFileSync(join(documents, 'index.html'), '{"hello":"world"}')
  writeFileSync(join(documents, 'private'), '{"hello":"world"}')
  writeFileSync(join(home, 'httpd.conf'), apacheConfiguration(home, port, credentials, keyType))
  const command = pinned(cpu, [apache, '-d', home, '-f', join(home, 'httpd.conf'), '-DFOREGROUND'])
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] })
  const exited = once(child, 'exit')
  const end = (): boolean => child.kill('SIGTERM')
  process.once('exit', end) // server.js sees that we are gone, Apache does not
  await listening(port, child)
  return {
    port,
    get pids () { return [child.pid as number, ...childrenOf(child.pid as number)] },
    async ask () { throw new Error('Apache cannot be asked') },
    async stop () {
      refuseEnded(child)
      process.removeListener('exit', end)
      end()
      await exited
    }
  }
}

/** One process with threads, as many as the load needs; what is not said is Apache's default. */
function apacheConfiguration (home: string, port: number, { ca, servers }: Credentials, keyType: KeyType): string {
  return `
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${home}/httpd.pid
ErrorLog ${home}/error.log
LoadModule mpm_event_module ${modules}/mod_mpm_event.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
LoadModule dir_module ${modules}/mod_dir.so
LoadModule ssl_module ${modules}/mod_ssl.so
User nobody
Group nogroup
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MaxKeepAliveRequests 0
DocumentRoot ${home}/documents
DirectoryIndex index.html
<Directory ${home}/documents>
  Require all granted
</Directory>
SSLEngine on
SSLProtocol TLSv1.3
SSLCertificateFile ${servers[keyType].cert}
SSLCertificateKeyFile ${servers[keyType].key}
SSLCACertificateFile ${ca}
<Location /private>
  SSLVerifyClient require
</Location>
`
}

/** proc(5): /proc/PID/task/TID/children. */
function childrenOf (pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter((child) => child !== '').map(Number)
}

async function freePort (): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function listening (port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    const socket = createConnection(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await sleep(100)
    } finally {
      socket.destroy()
    }
  }
  throw new Error(`${apache} does not listen`)
}

export function hasApache (): boolean {
  return existsSync(apache) && existsSync(`${modules}/mod_ssl.so`)
}

const server = fileURLToPath(new URL('server.js', import.meta.url))
const modules = '/usr/lib/apache2/modules'
