import { performance } from 'node:perf_hooks'
import type { ExchangeKeyPair } from './node-key-pair.ts'

/** Makes key pairs in a thread. */
export interface KeyPairMaker {
  /** Makes so many, and hands them over all at once. */
  ask (count: number): void
  close (): void
}

/**
 * @param onPairs is given what was asked for
 * @param onEnd is told why the maker has ended by itself, if that is known
 * @throws when there can be none
 */
export type StartMaker = (onPairs: (pairs: ExchangeKeyPair[]) => void, onEnd: (error: unknown) => void) => KeyPairMaker

/**
 * Key pairs made ahead, each for one handshake, while many handshakes leave work to threads, to keep the event loop free: to
 * make a pair is a tenth of what a handshake takes of it, to be handed one in a batch is a tenth of that. A thread's pair takes
 * no less of the process than one that is made at once. Nobody waits for a pair: where none is ready, it is made at once.
 */
export class KeyPairPool {
  readonly #makeNow: () => ExchangeKeyPair
  readonly #startMaker: StartMaker
  readonly #limits: KeyPairPoolLimits
  readonly #ready: ExchangeKeyPair[]
  /** Null while there is no need for one. */
  #maker: KeyPairMaker | null
  #makerFailed: boolean
  #asked: boolean
  #idle: NodeJS.Timeout | null
  /** Was a pair taken since a handshake was noted? */
  #taken: boolean
  /** Handshakes noted since a moment, in milliseconds. */
  #noted: number
  #since: number

  constructor (makeNow: () => ExchangeKeyPair, startMaker: StartMaker, limits: KeyPairPoolLimits = defaultLimits) {
    this.#makeNow = makeNow
    this.#startMaker = startMaker
    this.#limits = limits
    this.#ready = []
    this.#maker = this.#idle = null
    this.#makerFailed = this.#asked = this.#taken = false
    this.#noted = this.#since = 0
  }

  /** @returns a pair that nobody was given before */
  take (): ExchangeKeyPair {
    const pair = this.#ready.pop()
    this.#taken = true
    if (this.#maker !== null) this.#refill(this.#maker)
    return pair ?? this.#makeNow()
  }

  /** Notes a handshake that leaves work to a thread. It counts if it had a pair. */
  note (): void {
    if (this.#maker !== null || this.#makerFailed || !this.#taken) return
    this.#taken = false
    if (this.#isBusy()) this.#start()
  }

  #isBusy (): boolean {
    if (++this.#noted < this.#limits.busy) return false
    const now = performance.now()
    const isBusy = now - this.#since < this.#limits.busyTime
    this.#noted = 0
    this.#since = now
    return isBusy
  }

  #start (): void {
    try {
      this.#maker = this.#startMaker(this.#onPairs, this.#onEnd)
    } catch (error) {
      return this.#onEnd(error)
    }
    this.#idle = setTimeout(this.#stop, this.#limits.idleTime).unref()
    this.#refill(this.#maker)
  }

  #refill (maker: KeyPairMaker): void {
    if (this.#asked || this.#ready.length >= this.#limits.batch) return
    this.#asked = true
    this.#idle?.refresh()
    maker.ask(this.#limits.batch)
  }

  readonly #onPairs = (pairs: ExchangeKeyPair[]): void => {
    this.#asked = false
    this.#ready.push(...pairs)
    if (this.#maker !== null) this.#refill(this.#maker)
  }

  /** Nobody wants pairs any more: neither keys nor a thread are kept. */
  readonly #stop = (): void => {
    this.#maker?.close()
    this.#forget()
  }

  /** One that has failed would do so again. */
  readonly #onEnd = (error: unknown): void => {
    this.#makerFailed = true
    this.#forget()
    process.emitWarning(`There is no thread that makes key pairs: the event loop makes them. ${String(error ?? '')}`, {
      type: 'FastifyTls13Warning',
      code: 'FST_TLS13_KEY_PAIR_THREAD'
    })
  }

  #forget (): void {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#maker = this.#idle = null
    this.#asked = false
    this.#ready.length = 0
  }
}

export interface KeyPairPoolLimits {
  /** Handshakes within `busyTime` that are worth a thread. */
  readonly busy: number
  /** Milliseconds. */
  readonly busyTime: number
  /** Pairs made at a time, when no more than so many are left: twice as many private keys, less one, wait in memory at most. */
  readonly batch: number
  /** Milliseconds without a pair taken after which nothing is kept. */
  readonly idleTime: number
}

/** At so many in a second the event loop is spared a two-hundredth of its time. */
const defaultLimits: KeyPairPoolLimits = { busy: 128, busyTime: 1000, batch: 16, idleTime: 5000 }
