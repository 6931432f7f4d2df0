/** A session store in the memory of this process: for a single process, and for tests. */
import type { SessionStore } from '../../types/session.ts'
import { invalidOption } from '../errors.ts'

export interface MemorySessionStoreOptions {
  /** Sessions kept, and claims kept, each; an integer of at least 1, default 10000. */
  maxEntries?: number
}

/**
 * Keeps sessions in a map with a bound, beyond which the oldest go (CVE-2024-2511). Claims do not make room for others,
 * because one that is forgotten could be made twice: when there are too many of them `claim` fails until the first ends.
 * @throws FST_TLS13_INVALID_OPTION
 */
export function memorySessionStore ({ maxEntries = 10_000 }: MemorySessionStoreOptions = {}): SessionStore {
  if (!Number.isInteger(maxEntries) || maxEntries < 1) throw invalidOption('maxEntries', 'must be an integer of at least 1')
  return new MemorySessionStore(maxEntries, () => performance.now())
}

interface Entry { readonly value: string, readonly end: number }

export class MemorySessionStore implements SessionStore {
  readonly name = 'memory'
  readonly #maxEntries: number
  readonly #now: () => number
  readonly #entries: Map<string, Entry>
  /** When each claim ends. */
  readonly #claims: Map<string, number>

  /** @param now milliseconds of a clock that nobody sets */
  constructor (maxEntries: number, now: () => number) {
    this.#maxEntries = maxEntries
    this.#now = now
    this.#entries = new Map()
    this.#claims = new Map()
  }

  put (key: string, value: string, lifetime: number): void {
    this.#entries.delete(key)
    if (this.#entries.size === this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!)
    this.#entries.set(key, { value, end: this.#now() + lifetime })
  }

  take (key: string): string | null {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    return entry !== undefined && this.#now() < entry.end ? entry.value : null
  }

  /** @throws {Error} when no further claim can be kept */
  claim (key: string, lifetime: number): boolean {
    const now = this.#now()
    if (now < (this.#claims.get(key) ?? -Infinity)) return false
    this.#claims.delete(key)
    this.#forgetClaims(now)
    if (this.#claims.size >= this.#maxEntries) throw new Error(`${this.#maxEntries} claims are kept already`)
    this.#claims.set(key, now + lifetime)
    return true
  }

  /** In the order in which they were made: those of one lifetime end in it. */
  #forgetClaims (now: number): void {
    for (const [key, end] of this.#claims) {
      if (now < end) return
      this.#claims.delete(key)
    }
  }
}
