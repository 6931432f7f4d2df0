/** The load generator: load.c, compiled when it is needed, run on a CPU of its own. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Files } from './credentials.ts'
import { pinned } from './machine.ts'

/** What load.c prints; times in seconds. */
export interface LoadResult {
  done: number
  resumed: number
  errors: number
  seconds: number
  /** CPU time of the server's threads, and of its main thread. */
  cpuSeconds: number
  mainSeconds: number
  generatorSeconds: number
  /** Of the operations, see load.c. */
  p50: number
  p99: number
  suite: string
  group: string
  /** That the server sent, the whole chain. */
  certificates: number
}

export interface LoadOptions {
  mode: 'full' | 'resume' | 'requests' | 'pha' | 'paced'
  port: number
  pids: readonly number[]
  seconds: number
  connections: number
  /** Default `/`. */
  path?: string
  /** Bytes to POST; default 0, which is GET. */
  upload?: number
  /** The client's, offered for post-handshake authentication. */
  certificate?: Files
  /** nice(1): gives way to another generator on the same CPU. */
  nice?: boolean
}

export class Generator {
  readonly #path: string
  readonly #cpu: number | null
  readonly #tls: readonly string[]

  /** @param tls arguments that choose groups and suites */
  constructor (path: string, cpu: number | null, tls: readonly string[]) {
    this.#path = path
    this.#cpu = cpu
    this.#tls = tls
  }

  async run (options: LoadOptions): Promise<LoadResult> {
    const { mode, seconds, nice = false } = options
    const child = this.#start(argumentsFor(options), nice)
    const deadline = setTimeout(() => child.kill('SIGKILL'), (seconds + 60) * 1000)
    const [output, [status]] = await Promise.all([text(child.stdout!), once(child, 'close')])
    clearTimeout(deadline)
    if (status !== 0) throw new Error(`the load generator ended with ${status}`)
    const result: LoadResult = JSON.parse(output)
    if (result.errors > 0) throw new Error(`${result.errors} operations of ${mode} failed`)
    if (result.done === 0) throw new Error(`no operation of ${mode} was done`)
    return result
  }

  /** Opens connections and leaves them idle. @returns what closes them */
  async hold (port: number, connections: number): Promise<() => Promise<void>> {
    const child = this.#start(['idle', '-p', String(port), '-c', String(connections)], false)
    const closed = once(child, 'close')
    const { value, done } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next()
    if (done === true || JSON.parse(value).open !== connections) throw new Error('the connections could not be opened')
    return async () => {
      child.stdin!.end()
      await closed
    }
  }

  #start (args: readonly string[], nice: boolean): ChildProcess {
    const command = [...(nice ? ['nice', '-n', '5'] : []), this.#path, ...args, ...this.#tls]
    const [program, ...rest] = pinned(this.#cpu, command)
    return spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  }
}

function argumentsFor ({ mode, port, pids, seconds, connections, path = '/', upload = 0, certificate }: LoadOptions): string[] {
  return [
    mode, '-p', String(port), '-P', pids.join(), '-d', String(seconds), '-c', String(connections), '-u', path, '-b', String(upload),
    ...(certificate === undefined ? [] : ['-C', certificate.cert, '-K', certificate.key])
  ]
}

/** @returns the path of the program */
export function compileGenerator (folder: string): string {
  const source = fileURLToPath(new URL('load.c', import.meta.url))
  const program = join(folder, 'load')
  const { error, status, stderr } = spawnSync('gcc', ['-O2', '-o', program, source, '-lssl', '-lcrypto'], { encoding: 'utf8' })
  if (error !== undefined || status !== 0) {
    throw new Error(`the load generator cannot be compiled; it needs gcc and OpenSSL 3 (Debian: apt-get install gcc libc6-dev libssl-dev)\n${stderr ?? error}`)
  }
  return program
}
