/** A redis-server of Debian's on a socket of its own, which can be killed and come back empty. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { files } from './app.ts'

export class RedisServer {
  readonly path: string
  readonly #folder: string
  #process: ChildProcess | null

  constructor () {
    this.#folder = mkdtempSync(join(files.folder, 'redis-'))
    this.path = join(this.#folder, 'socket')
    this.#process = null
  }

  async start (): Promise<void> {
    const server = spawn('sh', ['-c', endsWithInput, 'sh', '--port', '0', '--unixsocket', this.path, '--dir', this.#folder, '--save', '', '--appendonly', 'no'])
    this.#process = server
    let said = ''
    for await (const text of server.stdout) {
      said += String(text)
      if (!/ready to accept connections/i.test(said)) continue
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

/** Runs until the test ends. */
export async function startRedis (t: Test): Promise<RedisServer> {
  const redis = new RedisServer()
  t.teardown(() => redis.kill())
  await redis.start()
  return redis
}

/** However the test ends, its end of the pipe is closed, and the server is killed. */
const endsWithInput = 'redis-server "$@" & server=$!; read -r _; kill -KILL $server; wait $server 2>/dev/null; exit 0'
