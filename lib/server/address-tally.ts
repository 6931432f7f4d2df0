import type { Roster } from './roster.ts'
import type { Visitor } from './visitor.ts'

/**
 * Says whether an address has as many visitors in a roster as it may. While all together are fewer than that, none can have
 * too many, and nobody is asked for an address, which is a system call: so it begins to count when it has to, and goes on
 * until the roster is empty.
 */
export class AddressTally {
  readonly #roster: Roster<Visitor>
  readonly #limit: number
  #counts: Map<string, number> | null

  /** @param limit visitors of one address */
  constructor (roster: Roster<Visitor>, limit: number) {
    this.#roster = roster
    this.#limit = limit
    this.#counts = null
  }

  /** @param address called where it must be known */
  isFull (address: () => string): boolean {
    if (this.#counts === null) {
      if (this.#roster.size < this.#limit) return false
      this.#counts = new Map()
      for (const visitor of this.#roster) this.#change(visitor.address, 1)
    }
    return (this.#counts.get(address()) ?? 0) >= this.#limit
  }

  /** Somebody has come into the roster. */
  came (visitor: Visitor): void {
    if (this.#counts !== null) this.#change(visitor.address, 1)
  }

  /** Somebody has gone out of it. */
  left (visitor: Visitor): void {
    if (this.#counts !== null) this.#change(visitor.address, -1)
    if (this.#roster.size === 0) this.#counts = null
  }

  #change (address: string, by: number): void {
    const counts = this.#counts as Map<string, number>
    const count = (counts.get(address) ?? 0) + by
    if (count > 0) counts.set(address, count)
    else counts.delete(address)
  }
}
