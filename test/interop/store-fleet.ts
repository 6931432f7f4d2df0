/** Processes that share what lies in one Redis, and a client that visits them. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { root, serverKey } from './app.ts'
import type { ClientName } from './redis-client.ts'

/** What a process is started with. */
export interface Setup {
  readonly client: ClientName
  /** Of the socket of Redis. */
  readonly path: string
  readonly key: string
  readonly cert: string
  /** 48 bytes, in hexadecimal, of which ticket keys are made: then what they share is which early data came. Absent: sessions. */
  readonly secret?: string
}

export type Counts = Readonly<Record<string, number>>

/** What its metrics say. */
export interface Told {
  readonly redeemed: Counts
  /** By operation and result: `put success`. */
  readonly operations: Counts
  readonly earlyData: Counts
  /** Requests that came to their handler. */
  readonly served: number
  readonly unhandled: number
}

export interface Process { readonly port: number, told (): Promise<Told> }

/** Starts processes with one certificate, half of them with each client of Redis, which end with the test. */
export async function startFleet (t: Test, count: number, path: string, secret?: string): Promise<Process[]> {
  const key = serverKey()
  return Promise.all(Array.from({ length: count }, async (_, index) => {
    const setup: Setup = { client: index % 2 === 0 ? 'ioredis' : 'redis', path, secret, ...key }
    const child = fork(fileURLToPath(new URL('store-process.ts', import.meta.url)), [JSON.stringify(setup)])
    t.teardown(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    const port = await reply<number>(child)
    const told = async (): Promise<Told> => {
      child.send('tell')
      return reply<Told>(child)
    }
    return { port, told }
  }))
}

/** What every process was told. */
export async function toldBy (fleet: readonly Process[]): Promise<Told[]> {
  return Promise.all(fleet.map((process) => process.told()))
}

async function reply<T> (child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(() => { throw new Error('the process ended') })
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message as T
}

export interface Visit {
  readonly resumed: boolean
  /** The newest ticket, as node:tls keeps it. */
  readonly session: Buffer | undefined
}

/** A connection with one request on it. Rejects with whatever is not an answer of 200. */
export async function visit (port: number, session?: Buffer): Promise<Visit> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: root.pem, session })
  let newest: Buffer | undefined
  let answer = ''
  socket.on('session', (ticket: Buffer) => { newest = ticket })
  socket.setEncoding('latin1').on('data', (text: string) => { answer += text })
  socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await once(socket, 'close')
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`the answer is ${JSON.stringify(answer)}`)
  return { resumed: answer.includes('"resumed":true'), session: newest }
}

/** Visitors that go from process to process, each with the ticket of its last visit. */
export class Load {
  readonly failures: string[] = []
  readonly #fleet: readonly Process[]
  readonly #sessions: Array<Buffer | undefined> = new Array(visitors)
  #count = 0

  constructor (fleet: readonly Process[]) {
    this.#fleet = fleet
  }

  /** @returns how many of so many visits resumed */
  async visits (count: number): Promise<{ resumed: number }> {
    let left = count
    let resumed = 0
    await Promise.all([...this.#sessions.keys()].map(async (visitor) => {
      while (left-- > 0) if (await this.#visit(visitor)) resumed++
    }))
    return { resumed }
  }

  /** Until every process has resumed twice in a row: each finds back to Redis at a time of its own. */
  async untilResumed (): Promise<void> {
    for (let inARow = 0; inARow < 2 * this.#fleet.length;) inARow = await this.#visit(0) ? inARow + 1 : 0
  }

  async #visit (visitor: number): Promise<boolean> {
    const { port } = this.#fleet[this.#count++ % this.#fleet.length]!
    try {
      const { resumed, session } = await visit(port, this.#sessions[visitor])
      this.#sessions[visitor] = session
      return resumed
    } catch (error) {
      this.failures.push(String(error))
      return false
    }
  }
}

/** What several processes were told, together. */
export function sum (counts: readonly Counts[], name: string): number {
  return counts.reduce((total, each) => total + (each[name] ?? 0), 0)
}

const visitors = 4
