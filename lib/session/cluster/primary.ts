/**
 * The side of a cluster's primary: it keeps the values by which its workers share their ticket keys, and knows no more of
 * keys. To load this file is enough: `import 'fastify-tls13/cluster'`, or anything else of the package.
 */
import cluster from 'node:cluster'
import { answerType, isQuestion } from './messages.ts'
import type { Answer, Question } from './messages.ts'

/** What is used of a worker. */
export interface WorkerChannel {
  isConnected (): boolean
  send (message: Answer, callback: () => void): unknown
}

export class KeyKeeper {
  readonly #slots: Map<string, { readonly value: string, readonly until: number }>
  readonly #askers: Set<WorkerChannel>
  readonly #now: () => number

  /** @param now Unix time in milliseconds */
  constructor (now: () => number) {
    this.#slots = new Map()
    this.#askers = new Set()
    this.#now = now
  }

  /** For every message of a worker. */
  readonly answer = (worker: WorkerChannel, message: unknown): void => {
    if (!isQuestion(message)) return
    this.#askers.add(worker)
    const added = message.add !== null && this.#add(message.add)
    const values = this.#values()
    send(worker, { type: answerType, id: message.id, values })
    if (added) this.#tell(worker, values)
  }

  #add ({ slot, value, lifetime }: NonNullable<Question['add']>): boolean {
    if (this.#slots.has(slot)) return false
    this.#slots.set(slot, { value, until: this.#now() + lifetime })
    return true
  }

  #values (): string[] {
    for (const [slot, { until }] of this.#slots) if (until <= this.#now()) this.#slots.delete(slot)
    return [...this.#slots.values()].map(({ value }) => value)
  }

  #tell (adder: WorkerChannel, values: readonly string[]): void {
    for (const worker of this.#askers) {
      if (!worker.isConnected()) this.#askers.delete(worker)
      else if (worker !== adder) send(worker, { type: answerType, id: null, values })
    }
  }
}

/** A worker that has gone in the meantime needs no answer. */
function send (worker: WorkerChannel, answer: Answer): void {
  worker.send(answer, () => {})
}

if (cluster.isPrimary) cluster.on('message', new KeyKeeper(Date.now).answer)
