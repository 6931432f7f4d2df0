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
 * Key pairs made ahead, each for one handshake. Nobody waits for a pair: where none is ready, it is made at once.
 *
 * Where handshakes follow each other closely a few are made together: the second of them finds the code and the tables of the
 * first in the processor's caches, from which all else that a handshake does has driven them.
 *
 * While many handshakes leave work to threads, to keep the event loop free, a thread makes them: to make a pair is a tenth of
 * what a handshake takes of the event loop, to be handed one in a batch is a tenth of that. A thread's pair takes no less of
 * the process than one that is made at once.
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
  /** When the event loop made a pair last, in milliseconds. */
  #madeAt: number
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
    this.#madeAt = -Infinity
  }

  /** @returns a pair that nobody was given before */
  take (): ExchangeKeyPair {
    const pair = this.#ready.pop()
    this.#taken = true
    if (this.#maker !== null) this.#refill(this.#maker)
    return pair ?? this.#make()
  }

  #make (): ExchangeKeyPair {
    if (this.#maker === null && this.#isClose()) this.#makeOthers()
    return this.#makeNow()
  }

  /** Was the last pair made a moment ago? */
  #isClose (): boolean {
    const last = this.#madeAt
    this.#madeAt = performance.now()
    return this.#madeAt - last < this.#limits.closeTime
  }

  #makeOthers (): void {
    for (let i = 1; i < this.#limits.together; i++) this.#ready.push(this.#makeNow())
    this.#waitForUse()
  }

  /** What nobody takes is let go of after a while, pairs and thread. */
  #waitForUse (): void {
    if (this.#idle === null) this.#idle = setTimeout(this.#stop, this.#limits.idleTime).unref()
    else this.#idle.refresh()
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
    this.#refill(this.#maker)
  }

  #refill (maker: KeyPairMaker): void {
    if (this.#asked || this.#ready.length >= this.#limits.batch) return
    this.#asked = true
    this.#waitForUse()
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
  /** Milliseconds: a pair that is made so soon after the last one is not made alone. */
  readonly closeTime: number
  /** Pairs that the event loop makes together then: one fewer private keys wait in memory. */
  readonly together: number
  /** Handshakes within `busyTime` that are worth a thread. */
  readonly busy: number
  /** Milliseconds. */
  readonly busyTime: number
  /** Pairs made at a time, when no more than so many are left: twice as many private keys, less one, wait in memory at most. */
  readonly batch: number
  /** Milliseconds without a pair taken after which nothing is kept. */
  readonly idleTime: number
}

/**
 * Four together keep the event loop for no longer than half of a handshake does, and are used up within `closeTime` where a
 * hundred handshakes come in a second. At `busy` handshakes in a second a thread spares the event loop a two-hundredth of its time.
 */
const defaultLimits: KeyPairPoolLimits = { closeTime: 40, together: 4, busy: 128, busyTime: 1000, batch: 16, idleTime: 5000 }
