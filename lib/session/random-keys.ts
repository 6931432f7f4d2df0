/**
 * Keys that this process makes at random and shares with nobody. An old key is really gone: no secret is left from
 * which it could be made again.
 */
import type { OpenedTicket } from '../../types/session.ts'
import { keyNameOf, opened, refused } from './key-source.ts'
import type { KeySettings, KeySource, SealingKey } from './key-source.ts'
import { TicketKey, keyNameLength } from './ticket-key.ts'

interface Entry {
  readonly key: TicketKey
  readonly issueFrom: number
  acceptUntil: number
}

export class RandomKeys implements KeySource {
  readonly #settings: KeySettings
  readonly #entries: Map<string, Entry>
  #current: Entry

  constructor (settings: KeySettings, now: number) {
    this.#settings = settings
    this.#entries = new Map()
    this.#current = this.#issue(now)
  }

  sealingKey (): SealingKey {
    return { source: 'random', issueFrom: this.#current.issueFrom }
  }

  seal (state: Uint8Array, policy: Uint8Array, now: number): Uint8Array {
    if (!this.#mayIssue(this.#current, now)) this.rotate(now)
    return this.#current.key.seal(state, policy)
  }

  open (ticket: Uint8Array, policy: Uint8Array, now: number): OpenedTicket {
    const entry = this.#entries.get(keyNameOf(ticket))
    if (entry === undefined) return refused('unknown')
    if (now >= entry.acceptUntil) {
      end(entry)
      return refused('expired')
    }
    return opened(entry.key.open(ticket, policy))
  }

  rotate (now: number): void {
    this.retire(now)
    this.#current = this.#issue(now)
    this.#forget(now)
  }

  retire (now: number): void {
    this.#current.acceptUntil = Math.min(this.#current.acceptUntil, now + this.#settings.lifetime)
  }

  destroy (): void {
    for (const entry of this.#entries.values()) end(entry)
    this.#entries.clear()
  }

  #issue (now: number): Entry {
    const { crypto, rotation, lifetime } = this.#settings
    const key = new TicketKey(crypto, crypto.random(keyNameLength), crypto.random(crypto.sha384.length))
    const entry = { key, issueFrom: now, acceptUntil: now + rotation + lifetime }
    this.#entries.set(keyNameOf(key.name), entry)
    return entry
  }

  /** A clock that was set back ends a key too: it must not seal for longer than `rotation`. */
  #mayIssue (entry: Entry, now: number): boolean {
    const age = now - entry.issueFrom
    return age >= 0 && age < this.#settings.rotation && now < entry.acceptUntil &&
      entry.key.numSealed < this.#settings.sealsPerKey
  }

  #forget (now: number): void {
    for (const [name, entry] of this.#entries) {
      if (now >= entry.acceptUntil) end(entry)
      if (this.#entries.size > maxKeys) {
        end(entry)
        this.#entries.delete(name)
      }
    }
  }
}

/** Destroys the key for good: no clock brings it back. */
function end (entry: Entry): void {
  entry.key.destroy()
  entry.acceptUntil = -Infinity
}

/**
 * Keys remembered, with those that no longer open anything, whose names tell an old ticket from a foreign one. Stops
 * `rotate` in a loop; with a rotation this much shorter than the lifetime, the oldest tickets end early.
 */
const maxKeys = 128
