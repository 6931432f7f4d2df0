/** The servers that a plan of tlsfuzzer scripts talks to, by the names that the plan gives them. */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import tls13 from '../../index.ts'
import { configure } from '../../lib/server/configuration.ts'
import type { ServerSettings } from '../../lib/server/configuration.ts'
import { Tls13Server } from '../../lib/server/tls13-server.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import type { Tls13Options } from '../../types/options.ts'
import { answer, cipherSuites, groups } from './parameters.ts'

export interface Endpoints {
  readonly ports: ReadonlyMap<string, number>
  close (): Promise<void>
}

export type Provider = 'node' | 'noble'

export function providerNamed (name: string): Provider {
  if (name === 'node' || name === 'noble') return name
  throw new Error(`--crypto is node or noble, not ${name}`)
}

/**
 * Starts all of them, each on a free port of 127.0.0.1.
 * @param keys the folder with tlsfuzzer's keys and certificates
 */
export async function startEndpoints (keys: string, crypto: Provider): Promise<Endpoints> {
  const servers = Object.entries(endpoints(keys, { ...common, crypto }))
  const started = await Promise.all(servers.map(async ([name, server]) => [name, await server] as const))
  return {
    ports: new Map(started.map(([name, { port }]) => [name, port])),
    close: async () => { await Promise.all(started.map(([, { close }]) => close())) }
  }
}

/** What a plan says of each: tickets, certificates, and when a client is asked for its own. */
function endpoints (keys: string, common: Tls13Options): Record<string, Promise<Endpoint>> {
  const having = (...names: string[]): Tls13Options => ({ ...common, ...readKeys(keys, names) })
  const rsa = having('X509')
  return {
    rsa: web(rsa),
    'rsa-pha-require': web(rsa, { required: 'fatal' }),
    'rsa-pha-eager': web(rsa, { eager: true }),
    'rsa-t0': web({ ...rsa, numTickets: 0 }),
    'rsa-t1': web({ ...rsa, numTickets: 1 }),
    'rsa-t4': web({ ...rsa, numTickets: 4 }),
    ecdsa: web(having('EC', 'P384EC', 'P521EC')),
    'ecdsa-p256': web(having('EC')),
    rsapss: web(having('RSAPSS')),
    ed25519: web(having('Ed25519')),
    ed448: web(having('Ed448')),
    reqcert: web({ ...rsa, requestCert: true }),
    echo: echo(rsa),
    psk: withShortPsk(rsa)
  }
}

/** tlsfuzzer's client certificates have expired and sign themselves: they are asked for, and not judged. */
const common: Tls13Options = {
  numTickets: 2,
  // test-tls13-count-tickets.py offers no psk_key_exchange_modes and counts tickets.
  ticketsWithoutPskModes: true,
  pskKeyExchangeModes: ['psk_dhe_ke', 'psk_ke'],
  rejectUnauthorized: false,
  ciphers: cipherSuites.join(':'),
  ecdhCurve: groups.join(':'),
  // The scripts are told zlib, the only algorithm that Python has by itself.
  certificateCompression: ['zlib'],
  // The scripts take an answer for one record.
  dynamicRecordSizes: false,
  metrics: false
}

interface Endpoint { readonly port: number, close (): Promise<void> }

interface ClientCertificates {
  /** What /secret does about a client that has none. */
  required?: false | 'fatal'
  /** Ask every client that offers it as soon as it is connected, and not again at /secret. */
  eager?: boolean
}

async function web (options: Tls13Options, { required = false, eager = false }: ClientCertificates = {}): Promise<Endpoint> {
  const app = Fastify({ https: {}, forceCloseConnections: true })
  await app.register(tls13, options)
  app.get('/', async () => answer)
  app.get('/secret', async (request) => {
    if (!eager) await request.tls.requestClientCertificate({ required })
    return answer
  })
  app.get('/keyupdate', async (request) => {
    request.tls.updateKeys({ requestPeer: true })
    return answer
  })
  if (eager) app.server.on('secureConnection', askAtOnce as (socket: unknown) => void)
  return listen(app)
}

function askAtOnce (socket: TlsSocket): void {
  if (!socket.connection.postHandshakeAuth) return
  const terms = { failIfNoCertificate: false, rejectUnauthorized: false, timeout: 30_000 }
  // A client that answers wrongly gets an alert, and that is all there is to do about it.
  socket.requestClientCertificate(terms).catch(() => {})
}

/** Every record comes back as one. */
async function echo (options: Tls13Options): Promise<Endpoint> {
  const server = new Tls13Server(configure(options))
  server.removeAllListeners('secureConnection') // HTTP
  server.on('secureConnection', (socket) => socket.on('error', () => {}).pipe(socket))
  return listenAlone(server)
}

/**
 * The scripts' key is one byte, which the option `externalPsk` refuses (RFC 9257 §6: at least 128 bits). Its check stands
 * in front of the core and is left out here.
 */
async function withShortPsk (options: Tls13Options): Promise<Endpoint> {
  const settings = configure(options)
  const externalPsk = (identity: Uint8Array) => {
    return Buffer.from(identity).toString() === 'test' ? { key: Uint8Array.of(0xaa), hash: 'sha256' as const } : null
  }
  const changed: ServerSettings = { ...settings, configuration: { ...settings.configuration, externalPsk } }
  const app = Fastify({ https: {}, serverFactory: (handler) => new Tls13Server(changed, {}, handler) })
  app.get('/', async () => answer)
  return listen(app)
}

async function listen (app: FastifyInstance<Server>): Promise<Endpoint> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: (app.server.address() as AddressInfo).port, close: async () => app.close() }
}

async function listenAlone (server: Tls13Server): Promise<Endpoint> {
  const sockets = new Set<{ destroy (): void }>()
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => { server.close(() => resolve()) })
    }
  }
}

/** serverECKey.pem and serverECCert.pem are called EC. */
function readKeys (folder: string, names: readonly string[]): { key: string[], cert: string[] } {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  return {
    key: names.map((name) => read(`server${name}Key.pem`)),
    cert: names.map((name) => read(`server${name}Cert.pem`))
  }
}
