/** The side of a worker: its primary as the store in which the workers share their ticket keys. */
import cluster from 'node:cluster'
import type { TicketKeyStore, TicketKeyStoreOpener } from '../../../types/session.ts'
import { within } from '../within.ts'
import { isAnswer, questionType } from './messages.ts'
import type { Question } from './messages.ts'

/** @returns null in a process that is no worker of a cluster */
export function clusterTicketKeys (): TicketKeyStoreOpener | null {
  return cluster.isWorker && process.send !== undefined ? () => new PrimaryStore(process as PrimaryChannel) : null
}

/** What is used of `process` in a worker. */
export interface PrimaryChannel {
  send (message: Question, callback: (error: Error | null) => void): unknown
  on (event: 'message', listener: (message: unknown) => void): unknown
  off (event: 'message', listener: (message: unknown) => void): unknown
}

export class PrimaryStore implements TicketKeyStore {
  readonly name: string
  readonly pollInterval: number
  readonly #primary: PrimaryChannel
  readonly #answerTime: number

  /** @param answerTime milliseconds that the primary may take */
  constructor (primary: PrimaryChannel, answerTime: number = defaultAnswerTime) {
    this.name = 'cluster'
    this.pollInterval = pollInterval
    this.#primary = primary
    this.#answerTime = answerTime
  }

  async read (): Promise<readonly string[]> {
    return this.#ask(null)
  }

  async add (slot: string, value: string, lifetime: number): Promise<void> {
    await this.#ask({ slot, value, lifetime })
  }

  watch (changed: () => void): () => void {
    const listen = (message: unknown): void => {
      if (isAnswer(message) && message.id === null) changed()
    }
    this.#primary.on('message', listen)
    return () => { this.#primary.off('message', listen) }
  }

  async #ask (add: Question['add']): Promise<readonly string[]> {
    const id = nextId++
    let listen: (message: unknown) => void
    const answer = new Promise<readonly string[]>((resolve, reject) => {
      listen = (message) => { if (isAnswer(message) && message.id === id) resolve(message.values) }
      this.#primary.on('message', listen)
      this.#primary.send({ type: questionType, id, add }, (error) => { if (error !== null) reject(error) })
    })
    try {
      return await within(this.#answerTime, answer, noAnswer)
    } finally {
      this.#primary.off('message', listen!)
    }
  }
}

const noAnswer = 'the primary of this cluster has not answered. If it does not load this package, write ' +
  'import \'fastify-tls13/cluster\' there, or ticketKeys: \'random\' in the workers'

let nextId = 0

/** Milliseconds. Less than what a start waits for keys, so that the reason above is known then. */
const defaultAnswerTime = 800
/** The primary tells of what is new; this is for the epochs, and for what was missed. */
const pollInterval = 10_000
