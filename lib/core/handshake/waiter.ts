/**
 * The one way in which the core waits: for a context, a signature, a session or a verdict. A value that is there is used
 * at once; a promise is shown to whoever drives the connection, who resumes it. The core itself awaits nothing.
 */
import type { Awaitable } from '../../../types/crypto.ts'

/** Whoever drives the connection, and others beside it. */
export interface Driver {
  /** @returns a promise that settles when the others had their turn; null when nobody waits for one */
  othersTurn? (): Promise<void> | null
}

export class Waiter {
  readonly #driver: Driver
  #promise: Promise<unknown> | null = null
  #next: ((value: never) => void) | null = null

  constructor (driver: Driver) {
    this.#driver = driver
  }

  /** What is waited for, or null. */
  get promise (): Promise<unknown> | null {
    return this.#promise
  }

  /** Goes on with the value, now or when `resume` brings it. */
  then<T> (value: Awaitable<T>, next: (value: T) => void): void {
    if (value instanceof Promise) {
      this.#promise = value
      this.#next = next
    } else {
      next(value)
    }
  }

  /** Between two pieces of costly work: lets others have their turn, if any wait for it. */
  giveWay (next: () => void): void {
    this.then(this.#driver.othersTurn?.() ?? null, next)
  }

  resume (value: unknown): void {
    const next = this.#next
    this.cancel()
    next?.(value as never)
  }

  cancel (): void {
    this.#promise = null
    this.#next = null
  }
}
