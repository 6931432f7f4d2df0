/** A map of bounded size that forgets what was used longest ago. */
export class LruMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #capacity: number

  constructor (capacity: number) {
    this.#capacity = capacity
  }

  get size (): number {
    return this.#entries.size
  }

  get (key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    // A Map keeps insertion order: to insert again is to be the youngest.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set (key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return
    const [eldest] = this.#entries.keys()
    this.#entries.delete(eldest!)
  }
}
