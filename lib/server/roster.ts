/**
 * Who is there, the newest first. A Set would do, but for V8: what goes in and out of a Set, or a Map, for long is not
 * collected young. It is given a new table again and again, and the old table is made to point to the new one. Once a table
 * is in the old generation, where each collection of the whole heap brings it, all tables after it stay alive with all that
 * they held, until the next such collection brings another one there.
 */
export class Roster<Member extends Listed<Member>> {
  #newest: Member | null
  #size: number

  constructor () {
    this.#newest = null
    this.#size = 0
  }

  get size (): number { return this.#size }

  /** @param member who is in no roster */
  add (member: Member): void {
    member.roster = this
    member.older = this.#newest
    if (this.#newest !== null) this.#newest.newer = member
    this.#newest = member
    this.#size++
  }

  /** @returns false when the member is not in this roster */
  delete (member: Member): boolean {
    if (member.roster !== this) return false
    const { newer, older } = member
    if (newer === null) this.#newest = older
    else newer.older = older
    if (older !== null) older.newer = newer
    member.roster = member.newer = member.older = null
    this.#size--
    return true
  }

  /** A member may be deleted while it is looked at. */
  * [Symbol.iterator] (): Generator<Member> {
    for (let member = this.#newest; member !== null;) {
      const { older } = member
      yield member
      member = older
    }
  }
}

/** A place in a roster, which is the roster's to write. */
export interface Listed<Member extends Listed<Member>> {
  roster: Roster<Member> | null
  newer: Member | null
  older: Member | null
}
