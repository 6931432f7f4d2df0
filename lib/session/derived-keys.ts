/**
 * Keys derived from one secret that several processes hold. A key's name says how to derive it:
 *
 *     struct {
 *         opaque group[12];
 *         opaque salt[4];
 *     } key_name;
 *
 * The group is the same in every process. The salt is each process's own: no two of them spend the nonces of one key,
 * and another key is another salt.
 */
import { wipe } from '../core/wire/memory.ts'
import { BoundedMap } from './bounded-map.ts'
import { keyNameOf } from './key-source.ts'
import type { KeySettings } from './key-source.ts'
import { TicketKey, expand, keyNameLength } from './ticket-key.ts'

export class DerivedKeys {
  readonly #settings: KeySettings
  readonly #root: Uint8Array
  readonly #keys: BoundedMap<TicketKey>
  #group: Uint8Array
  #current: TicketKey | null

  /**
   * @param root the secret, uniform: HKDF's PRK. It is owned from here on
   * @param group of the keys that seal
   */
  constructor (settings: KeySettings, root: Uint8Array, group: Uint8Array) {
    this.#settings = settings
    this.#root = root
    this.#keys = new BoundedMap(maxKeys)
    this.#group = group
    this.#current = null
  }

  /** Are these the keys of that secret? */
  isOf (root: Uint8Array): boolean {
    return this.#settings.crypto.timingSafeEqual(this.#root, root)
  }

  seal (state: Uint8Array, policy: Uint8Array): Uint8Array {
    if (this.#current !== null && this.#current.numSealed >= this.#settings.sealsPerKey) this.renew(this.#group)
    this.#current ??= this.#issue()
    return this.#current.seal(state, policy)
  }

  /** @param ticket of any group */
  open (ticket: Uint8Array, policy: Uint8Array): Uint8Array | null {
    const name = Buffer.from(ticket.subarray(0, keyNameLength))
    const known = this.#find(name)
    const key = known ?? this.#derive(name)
    const state = key.open(ticket, policy)
    // Kept only after it opened something: names are the peer's to invent.
    if (known === undefined && state !== null) this.#keys.add(keyNameOf(name), key)
    return state
  }

  /** Another key seals from now on, of this group; the present one goes on opening. */
  renew (group: Uint8Array): void {
    if (this.#current !== null) this.#keys.add(keyNameOf(this.#current.name), this.#current)
    this.#group = group
    this.#current = null
  }

  /** Forgets the secret and every key. */
  destroy (): void {
    this.#current?.destroy()
    this.#keys.clear()
    wipe(this.#root)
  }

  #issue (): TicketKey {
    return this.#derive(Buffer.concat([this.#group, this.#settings.crypto.random(saltLength)]))
  }

  #find (name: Buffer): TicketKey | undefined {
    if (this.#current !== null && name.equals(this.#current.name)) return this.#current
    return this.#keys.get(keyNameOf(name))
  }

  #derive (name: Uint8Array): TicketKey {
    const { crypto } = this.#settings
    return new TicketKey(crypto, name, expand(crypto.sha384, this.#root, 'key', name, crypto.sha384.length))
  }
}

export const groupLength = 12
const saltLength = keyNameLength - groupLength

/** Derived keys kept ready, one for each process and group; those beyond are derived again when needed. */
const maxKeys = 64
