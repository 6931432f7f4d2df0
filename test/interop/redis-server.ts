/** A redis-server of Debian's on a port of 127.0.0.1, which can be killed and come back empty. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export class RedisServer {
  readonly port: number
  #process: ChildProcess | null = null

  constructor (port: number) {
    this.port = port
  }

  async start (): Promise<void> {
    const server = spawn('sh', ['-c', endsWithInput, 'sh', '--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
    this.#process = server
    let said = ''
    for await (const text of server.stdout) {
      said += String(text)
      if (!said.includes('Ready to accept connections')) continue
      server.stdout.resume() // or what it says later fills the pipe, and it stops
      return
    }
    throw new Error(`redis-server ended:\n${said}`)
  }

  /** As a machine that loses its power: nothing is said to anybody. */
  async kill (): Promise<void> {
    if (this.#process === null || this.#process.exitCode !== null) return
    this.#process.stdin!.end()
    await once(this.#process, 'exit')
  }
}

/** However the test ends, its end of the pipe is closed, and the server is killed. */
const endsWithInput = 'redis-server "$@" & server=$!; read -r _; kill -KILL $server; wait $server 2>/dev/null; exit 0'

/** Runs until the test ends. */
export async function startRedis (t: Test): Promise<RedisServer> {
  const redis = new RedisServer(await freePort())
  t.teardown(() => redis.kill())
  await redis.start()
  return redis
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
