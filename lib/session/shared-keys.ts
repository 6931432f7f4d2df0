/**
 * Keys derived from a secret that the operator gives to several processes, so that each opens the others' tickets
 * without a word between them. Time is cut into epochs of one rotation, and each has a group of keys:
 *
 *     struct {
 *         opaque secret_id[6];
 *         uint48 epoch;
 *     } group;
 */
import type { OpenedTicket } from '../../types/session.ts'
import { DerivedKeys, groupLength } from './derived-keys.ts'
import { opened, refused } from './key-source.ts'
import type { KeySettings, KeySource, SealingKey } from './key-source.ts'
import { expand } from './ticket-key.ts'

export class SharedKeys implements KeySource {
  readonly #settings: KeySettings
  readonly #id: Uint8Array
  readonly #keys: DerivedKeys
  #epoch: number
  #issueFrom: number
  #lastEpoch: number

  /** @param root the shared secret, uniform: HKDF's PRK */
  constructor (settings: KeySettings, root: Uint8Array, now: number) {
    this.#settings = settings
    this.#id = secretId(settings, root)
    this.#epoch = this.#epochAt(now)
    this.#issueFrom = now
    this.#keys = new DerivedKeys(settings, root, this.#group())
    this.#lastEpoch = Infinity
  }

  /** Are these the keys of that secret? */
  isOf (root: Uint8Array): boolean {
    return this.#keys.isOf(root)
  }

  sealingKey (): SealingKey {
    return { source: 'secret', issueFrom: this.#issueFrom }
  }

  seal (state: Uint8Array, policy: Uint8Array, now: number): Uint8Array {
    if (this.#epochAt(now) !== this.#epoch) this.rotate(now)
    return this.#keys.seal(state, policy)
  }

  open (ticket: Uint8Array, policy: Uint8Array, now: number): OpenedTicket {
    const name = Buffer.from(ticket.subarray(0, groupLength))
    if (!name.subarray(0, idLength).equals(this.#id)) return refused('unknown')
    const epoch = name.readUIntBE(idLength, epochLength)
    // The next epoch is opened already: a clock of another process may be ahead of ours.
    if (epoch > Math.min(this.#epochAt(now) + 1, this.#lastEpoch)) return refused('unknown')
    if (now >= (epoch + 1) * this.#settings.rotation + this.#settings.lifetime) return refused('expired')
    return opened(this.#keys.open(ticket, policy))
  }

  rotate (now: number): void {
    this.#epoch = this.#epochAt(now)
    this.#issueFrom = now
    this.#keys.renew(this.#group())
  }

  /** Other processes may be a little later in taking up the new secret: their epoch and the next are still opened. */
  retire (now: number): void {
    this.#lastEpoch = this.#epochAt(now) + 1
  }

  destroy (): void {
    this.#keys.destroy()
  }

  #epochAt (now: number): number {
    return Math.floor(now / this.#settings.rotation)
  }

  #group (): Uint8Array {
    const group = Buffer.alloc(groupLength)
    group.set(this.#id)
    group.writeUIntBE(this.#epoch, idLength, epochLength)
    return group
  }
}

/** Two processes that cut time differently do not know each other's keys. */
function secretId ({ crypto, rotation }: KeySettings, root: Uint8Array): Uint8Array {
  return expand(crypto.sha384, root, 'id', Buffer.from(String(rotation)), idLength)
}

const idLength = 6
const epochLength = groupLength - idLength
