/**
 * Keys derived from a secret that several processes hold, so that each opens the others' tickets without a word
 * between them. Time is cut into epochs of one rotation, and a key's name says how to derive it:
 *
 *     struct {
 *         opaque secret_id[6];
 *         uint48 epoch;
 *         opaque salt[4];
 *     } key_name;
 *
 * The salt is each process's own: it rotates on demand by drawing another, and no two processes spend the nonces of
 * one key.
 */
import type { OpenedTicket } from '../../types/session.ts'
import { BoundedMap } from './bounded-map.ts'
import { keyNameOf, opened, refused } from './key-source.ts'
import type { KeySettings, KeySource } from './key-source.ts'
import { TicketKey, expand, keyNameLength } from './ticket-key.ts'

export class SharedKeys implements KeySource {
  readonly #settings: KeySettings
  readonly #root: Uint8Array
  readonly #id: Uint8Array
  readonly #keys: BoundedMap<TicketKey>
  #epoch: number
  #current: TicketKey
  #lastEpoch: number

  /** @param root the shared secret, uniform: HKDF's PRK */
  constructor (settings: KeySettings, root: Uint8Array, now: number) {
    this.#settings = settings
    this.#root = root
    this.#id = secretId(settings, root)
    this.#keys = new BoundedMap(maxKeys)
    this.#epoch = this.#epochAt(now)
    this.#current = this.#issue()
    this.#lastEpoch = Infinity
  }

  /** Are these the keys of that secret? */
  isOf (root: Uint8Array): boolean {
    return this.#settings.crypto.timingSafeEqual(this.#root, root)
  }

  seal (state: Uint8Array, policy: Uint8Array, now: number): Uint8Array {
    if (this.#epochAt(now) !== this.#epoch || this.#current.numSealed >= this.#settings.sealsPerKey) this.rotate(now)
    return this.#current.seal(state, policy)
  }

  open (ticket: Uint8Array, policy: Uint8Array, now: number): OpenedTicket {
    const name = Buffer.from(ticket.subarray(0, keyNameLength))
    if (!name.subarray(0, idLength).equals(this.#id)) return refused('unknown')
    const epoch = name.readUIntBE(idLength, epochLength)
    // The next epoch is opened already: a clock of another process may be ahead of ours.
    if (epoch > Math.min(this.#epochAt(now) + 1, this.#lastEpoch)) return refused('unknown')
    if (now >= (epoch + 1) * this.#settings.rotation + this.#settings.lifetime) return refused('expired')

    const known = this.#find(name)
    const key = known ?? this.#derive(name)
    const state = key.open(ticket, policy)
    // Kept only after it opened something: names are the peer's to invent.
    if (known === undefined && state !== null) this.#keys.add(keyNameOf(name), key)
    return opened(state)
  }

  rotate (now: number): void {
    this.#keys.add(keyNameOf(this.#current.name), this.#current)
    this.#epoch = this.#epochAt(now)
    this.#current = this.#issue()
  }

  /** Other processes may be a little later in taking up the new secret: their epoch and the next are still opened. */
  retire (now: number): void {
    this.#lastEpoch = this.#epochAt(now) + 1
  }

  destroy (): void {
    this.#current.destroy()
    this.#keys.clear()
    this.#root.fill(0)
  }

  #epochAt (now: number): number {
    return Math.floor(now / this.#settings.rotation)
  }

  #issue (): TicketKey {
    const name = Buffer.alloc(keyNameLength)
    name.set(this.#id)
    name.writeUIntBE(this.#epoch, idLength, epochLength)
    name.set(this.#settings.crypto.random(saltLength), epochEnd)
    return this.#derive(name)
  }

  #find (name: Buffer): TicketKey | undefined {
    return name.equals(this.#current.name) ? this.#current : this.#keys.get(keyNameOf(name))
  }

  #derive (name: Uint8Array): TicketKey {
    const { crypto } = this.#settings
    return new TicketKey(crypto, name, expand(crypto.sha384, this.#root, 'key', name, crypto.sha384.length))
  }
}

/** Two processes that cut time differently do not know each other's keys. */
function secretId ({ crypto, rotation }: KeySettings, root: Uint8Array): Uint8Array {
  return expand(crypto.sha384, root, 'id', Buffer.from(String(rotation)), idLength)
}

const idLength = 6
const epochLength = 6
const epochEnd = idLength + epochLength
const saltLength = keyNameLength - epochEnd

/** Derived keys kept ready, one for each process and epoch; those beyond are derived again when needed. */
const maxKeys = 64
