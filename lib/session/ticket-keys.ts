/**
 * The ring of keys that turn session states into tickets and back without keeping anything per session (RFC 8446
 * §4.6.1, RFC 5077 §4). Keys rotate by the clock, when they are used and without a timer, and on demand (RFC 9325
 * §3.4); each policy has a key of its own, so that a ticket cannot cross from one to another.
 */
import type { Awaitable, CryptoProvider } from '../../types/crypto.ts'
import type { Observer } from '../../types/observer.ts'
import type { OpenedTicket, TicketKeyStore, TicketProtector } from '../../types/session.ts'
import { KeySharing } from './key-sharing.ts'
import { refused } from './key-source.ts'
import type { KeySettings, KeySource, SealingKey } from './key-source.ts'
import { RandomKeys } from './random-keys.ts'
import { SharedKeys } from './shared-keys.ts'
import { StoredKeys } from './stored-keys.ts'
import { extract, ticketOverhead } from './ticket-key.ts'

export interface TicketKeyRingOptions {
  readonly crypto: CryptoProvider
  /** Unix time in milliseconds. */
  readonly now: () => number
  /** Seconds after which another key seals. */
  readonly rotation: number
  /** Seconds a ticket lives: for as long after it stopped sealing a key opens its tickets. */
  readonly lifetime: number
  /** 48 bytes shared between processes that open each other's tickets; null: random keys of this process. */
  readonly secret: Uint8Array | null
  /** Where processes find each other's keys, instead of a secret. Default: nowhere. */
  readonly store?: TicketKeyStore | null
  /** Told of each operation on the store. */
  readonly observer?: Observer
}

export class TicketKeyRing implements TicketProtector {
  readonly #settings: KeySettings
  readonly #now: () => number
  readonly #sources: KeySource[]
  #sharing: KeySharing | null

  /**
   * @throws {RangeError} when a time is not a positive number or the secret is not 48 bytes with a key in them
   * @throws {TypeError} when the provider has no AES-256-GCM
   */
  constructor ({ crypto, now, rotation, lifetime, secret, store = null, observer = {} }: TicketKeyRingOptions) {
    this.#settings = {
      crypto,
      rotation: milliseconds('rotation', rotation),
      lifetime: milliseconds('lifetime', lifetime),
      sealsPerKey
    }
    this.#now = now
    this.#sharing = null
    this.#sources = [store === null ? this.#source(secret) : this.#share(store, observer)]
  }

  /** Waits until keys that are shared through a store are there, for a bounded time: a warning says why they are not. */
  async ready (): Promise<void> {
    await this.#sharing?.ready()
  }

  /** Looks after the store, if there is one, from now on and until every server that uses the ring has been released. */
  use (server: object): void {
    this.#sharing?.use(server)
  }

  release (server: object): void {
    this.#sharing?.release(server)
  }

  /** For metrics: what seals, and since when. */
  sealingKey (): SealingKey {
    return this.#sources[0]!.sealingKey(this.#now())
  }

  /** The lifetime of the ticket is in its state, for who opens it to judge: a key outlives its youngest ticket. */
  seal (state: Uint8Array, policy: Uint8Array): Uint8Array {
    return this.#sources[0]!.seal(state, policy, this.#now())
  }

  /**
   * @returns the state, or why there is none: `unknown`, no key of ours or no ticket at all; `expired`, the key's
   *   tickets have ended; `rejected`, changed or of another policy. A promise where another process may have put the
   *   key into the store just now
   */
  open (ticket: Uint8Array, policy: Uint8Array): Awaitable<OpenedTicket> {
    const result = this.openNow(ticket, policy)
    const lookUp = result.refused === 'unknown' && ticket.length >= ticketOverhead ? this.#sharing?.lookUp() : null
    return lookUp?.then(() => this.openNow(ticket, policy)) ?? result
  }

  /** As `open`, by the keys that this process has. */
  openNow (ticket: Uint8Array, policy: Uint8Array): OpenedTicket {
    if (ticket.length < ticketOverhead) return refused('unknown')
    const now = this.#now()
    for (const source of this.#sources) {
      const result = source.open(ticket, policy, now)
      if (result.refused !== 'unknown') return result
    }
    return refused('unknown')
  }

  /**
   * Another key seals from now on; the old ones still open their tickets. With a shared secret the new key comes of
   * that secret too, and the other processes open its tickets; to leave a secret behind, use `setSecret`. With a store
   * all processes change to the new key together, when each has had time to see it.
   */
  rotate (): void {
    this.#sources[0]!.rotate(this.#now())
    this.#sharing?.lookAgain()
  }

  /**
   * Seals with keys of another secret from now on; tickets of those before are opened until they end. Processes that
   * share a secret each get the new one, in any order. The present secret once more changes nothing. A store is left.
   * @param secret 48 bytes, or null for random keys
   * @throws {RangeError} when it is not 48 bytes with a key in them
   */
  setSecret (secret: Uint8Array | null): void {
    if (this.#isCurrent(secret)) return
    const source = this.#source(secret)
    this.#sharing?.end()
    this.#sharing = null
    this.#sources[0]!.retire(this.#now())
    this.#sources.unshift(source)
    for (const old of this.#sources.splice(maxSecrets)) old.destroy()
  }

  #source (secret: Uint8Array | null): KeySource {
    const now = this.#now()
    if (secret === null) return new RandomKeys(this.#settings, now)
    return new SharedKeys(this.#settings, this.#root(secret), now)
  }

  #share (store: TicketKeyStore, observer: Observer): KeySource {
    const interval = Math.min(store.pollInterval, this.#settings.rotation / 4)
    const notice = Math.ceil(store.watch === undefined ? 3 * interval : watchedNotice)
    const keys = new StoredKeys(this.#settings, store.name, notice, this.#now())
    this.#sharing = new KeySharing({ store, keys, interval, observer, now: this.#now })
    return keys
  }

  #isCurrent (secret: Uint8Array | null): boolean {
    const current = this.#sources[0]
    return secret !== null && current instanceof SharedKeys && current.isOf(this.#root(secret))
  }

  #root (secret: Uint8Array): Uint8Array {
    if (secret.length !== secretLength) throw new RangeError(`the ticket secret must be ${secretLength} bytes, not ${secret.length}`)
    if (secret.subarray(publicLength).every((byte) => byte === 0)) throw new RangeError('the ticket secret must not be all zero')
    return extract(this.#settings.crypto.sha384, secret)
  }
}

function milliseconds (name: string, seconds: number): number {
  if (!Number.isFinite(seconds) || seconds <= 0) throw new RangeError(`${name} must be a positive number of seconds, not ${seconds}`)
  return seconds * 1000
}

/** node:tls's `ticketKeys`: a name, which its tickets show, and the halves for HMAC and AES, which are the secret. */
const secretLength = 48
const publicLength = 16

/** Secrets held at a time, the present one and those before it. Stops `setSecret` in a loop. */
const maxSecrets = 4

/** Milliseconds after which every process has taken what a store told it of. */
const watchedNotice = 1000

/** Well under the 2^32 random nonces that one key may see (NIST SP 800-38D §8.3). */
const sealsPerKey = 2 ** 30
