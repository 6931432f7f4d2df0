/**
 * Keeps the keys of a process and those in a store the same: looks again and again while a server listens, tells of what
 * is missing there, and looks once more when a ticket comes whose key it does not know. Nothing waits for the store but a
 * server that starts and such a ticket, both for a bounded time; nothing fails with it.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Observer, TicketKeyStoreOperation } from '../../types/observer.ts'
import type { TicketKeyStore } from '../../types/session.ts'
import type { StoredKeys } from './stored-keys.ts'
import { within } from './within.ts'

export interface KeySharingOptions {
  readonly store: TicketKeyStore
  readonly keys: StoredKeys
  /** Milliseconds between two looks. */
  readonly interval: number
  readonly observer: Observer
  /** Unix time in milliseconds. */
  readonly now: () => number
}

export class KeySharing {
  readonly #store: TicketKeyStore
  readonly #keys: StoredKeys
  readonly #interval: number
  readonly #observer: Observer
  readonly #now: () => number
  readonly #users: Set<object>
  #looking: Promise<void> | null
  #lookedAt: number
  #failure: Error | null
  #timer: NodeJS.Timeout | undefined
  #unwatch: (() => void) | undefined

  constructor ({ store, keys, interval, observer, now }: KeySharingOptions) {
    this.#store = store
    this.#keys = keys
    this.#interval = interval
    this.#observer = observer
    this.#now = now
    this.#users = new Set()
    this.#looking = null
    this.#lookedAt = -Infinity
    this.#failure = null
  }

  /**
   * Waits for the keys that are shared, or until they have not come for `startTime`; then a warning says why
   * (`FST_TLS13_TICKET_KEYS_NOT_SHARED`), and the process goes on with keys of its own until they do.
   */
  async ready (): Promise<void> {
    const end = performance.now() + startTime
    while (performance.now() < end) {
      await within(end - performance.now(), this.look(), 'a start cannot wait longer').catch(() => {})
      if (this.#looking === null && this.#failure === null) return
      await delay(retryTime)
    }
    warn(this.#store.name, this.#failure)
  }

  /** Looks regularly from now on, until every user has been released. */
  use (user: object): void {
    const first = this.#users.size === 0
    this.#users.add(user)
    if (!first) return
    this.#unwatch = this.#store.watch?.(() => this.lookAgain())
    this.look()
  }

  release (user: object): void {
    if (this.#users.delete(user) && this.#users.size === 0) this.end()
  }

  /** Releases every user. */
  end (): void {
    this.#users.clear()
    clearTimeout(this.#timer)
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  /** Looks into the store once, or takes part in the look that is under way. Never rejects. */
  async look (): Promise<void> {
    this.#looking ??= this.#look()
    await this.#looking
  }

  /** Looks once from the beginning, after the look that is under way. */
  async lookAgain (): Promise<void> {
    await this.#looking
    await this.look()
  }

  /**
   * For a ticket of an unknown key, which may have come into the store since the last look. Names are the peer's to
   * invent: so the store is asked at a bounded rate, not while it fails, and waited for a bounded time.
   * @returns null when there is nothing to wait for
   */
  lookUp (): Promise<void> | null {
    if (this.#users.size === 0 || this.#failure !== null) return null
    if (this.#looking === null && performance.now() - this.#lookedAt < lookUpInterval) return null
    return within(lookUpTime, this.look(), 'a handshake cannot wait longer').catch(() => {})
  }

  async #look (): Promise<void> {
    clearTimeout(this.#timer)
    this.#lookedAt = performance.now()
    try {
      await this.#exchange()
      this.#failure = null
    } catch (error) {
      this.#failure = error as Error
    }
    this.#looking = null
    if (this.#users.size === 0) return
    const pause = this.#failure === null ? this.#interval : Math.min(this.#interval, failurePause)
    this.#timer = setTimeout(() => this.look(), pause).unref()
  }

  async #exchange (): Promise<void> {
    await this.#read()
    const offers = this.#keys.offers(this.#now())
    if (offers.length === 0) return
    for (const { slot, value, lifetime } of offers) {
      await this.#operate('add', () => this.#store.add(slot, value, lifetime))
    }
    await this.#read()
    const missing = new Set(this.#keys.offers(this.#now()).map(({ slot }) => slot))
    if (offers.some(({ slot }) => missing.has(slot))) throw new Error('it holds what this process cannot read')
  }

  async #read (): Promise<void> {
    const values = await this.#operate('read', () => this.#store.read())
    this.#keys.update(values, this.#now())
  }

  async #operate<Result> (operation: TicketKeyStoreOperation, work: () => Promise<Result>): Promise<Result> {
    const begin = performance.now()
    const report = (result: 'success' | 'error'): void => {
      this.#observer.ticketKeyStoreOperationCompleted?.({ store: this.#store.name, operation, result, duration: performance.now() - begin })
    }
    try {
      const result = await within(operationTime, work(), `it did not answer within ${operationTime} ms`)
      report('success')
      return result
    } catch (error) {
      report('error')
      throw error
    }
  }
}

function warn (store: string, failure: Error | null): void {
  process.emitWarning(
    `The session ticket keys are not shared (${store}): ${failure?.message ?? 'it has not answered yet'}. ` +
    'This process goes on with keys of its own, and shares when it can.',
    { type: 'FastifyTls13Warning', code: 'FST_TLS13_TICKET_KEYS_NOT_SHARED' })
}

/** Milliseconds. A start waits so long for the store, and tries again after each of these pauses. */
const startTime = 1000
const retryTime = 50
/** One operation of any store. */
const operationTime = 2000
/** A store that fails is looked at again after this, if not sooner. */
const failurePause = 1000
/** A ticket of an unknown key waits so long at most, and the store is asked because of one not more often than this. */
const lookUpTime = 250
const lookUpInterval = 1000
