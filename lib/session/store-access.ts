/**
 * A session store as the server uses it: it never fails, it takes no longer than a bound, and the observer knows how it
 * did. What a store does not do is as if the session were not known.
 */
import type { Awaitable } from '../../types/crypto.ts'
import type { Observer, StoreOperation, StoreResult } from '../../types/observer.ts'
import type { SessionStore } from '../../types/session.ts'

export interface StoreAccessOptions {
  /** Milliseconds that an answer is waited for. */
  readonly timeout: number
  readonly observer: Observer
}

export class StoreAccess {
  readonly #store: SessionStore
  readonly #timeout: number
  readonly #observer: Observer
  #outstanding: number
  #warned: boolean

  constructor (store: SessionStore, { timeout, observer }: StoreAccessOptions) {
    this.#store = store
    this.#timeout = timeout
    this.#observer = observer
    this.#outstanding = 0
    this.#warned = false
  }

  /** Keeps a value, at once or later, or not at all. @param lifetime milliseconds */
  put (key: string, value: string, lifetime: number): void {
    this.#run('put', () => this.#store.put(key, value, lifetime), undefined)
  }

  /** Gives a value once; null when there is none, or the store cannot say. */
  take (key: string): Awaitable<string | null> {
    return this.#run('take', () => this.#store.take(key), null)
  }

  /**
   * True for the first who claims a key, false for all others; null when the store cannot say.
   * @param lifetime milliseconds
   */
  claim (key: string, lifetime: number): Awaitable<boolean | null> {
    return this.#run<boolean | null>('claim', () => this.#store.claim(key, lifetime), null)
  }

  /** @param otherwise what an operation gives that did not succeed */
  #run<T> (operation: StoreOperation, call: () => Awaitable<T>, otherwise: T): Awaitable<T> {
    const report = this.#reporter(operation)
    if (this.#outstanding >= maxOutstanding) {
      report('refused')
      return otherwise
    }
    try {
      const answer = call()
      if (isThenable(answer)) return this.#settled(answer, otherwise, report)
      report('success')
      return answer
    } catch (error) {
      this.#warnOnce(error)
      report('error')
      return otherwise
    }
  }

  /** An answer that comes after its time is read by nobody, and counts as under way until then. */
  #settled<T> (answer: PromiseLike<T>, otherwise: T, report: (result: StoreResult) => void): Promise<T> {
    this.#outstanding++
    return new Promise((resolve) => {
      const settle = (result: StoreResult, value: T): void => {
        if (timer === null) return
        clearTimeout(timer)
        timer = null
        report(result)
        resolve(value)
      }
      let timer: NodeJS.Timeout | null = setTimeout(settle, this.#timeout, 'timeout', otherwise).unref()
      answer.then((value) => {
        this.#outstanding--
        settle('success', value)
      }, (error: unknown) => {
        this.#outstanding--
        this.#warnOnce(error)
        settle('error', otherwise)
      })
    })
  }

  #reporter (operation: StoreOperation): (result: StoreResult) => void {
    const start = performance.now()
    return (result) => {
      this.#observer.storeOperationCompleted?.({ store: this.#store.name, operation, result, duration: performance.now() - start })
    }
  }

  /** The message only: what else an error has may be what was to be stored. */
  #warnOnce (error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    const reason = error instanceof Error ? error.message : typeof error
    process.emitWarning(`The session store ${this.#store.name} failed: ${reason}. Clients do full handshakes meanwhile; further failures are seen in metrics only.`, {
      type: 'FastifyTls13Warning',
      code: 'FST_TLS13_SESSION_STORE_FAILED'
    })
  }
}

function isThenable<T> (value: Awaitable<T>): value is Promise<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function'
}

/**
 * Operations under way at one time, those that are waited for no longer among them. Stops a store that does not answer from
 * taking memory for every handshake.
 */
const maxOutstanding = 10_000
