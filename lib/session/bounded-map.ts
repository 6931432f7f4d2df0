/** A map of things that hold a key: when it is full the oldest is destroyed for the new one. */
export class BoundedMap<Value extends { destroy (): void }> {
  readonly #limit: number
  readonly #entries: Map<string, Value>

  constructor (limit: number) {
    this.#limit = limit
    this.#entries = new Map()
  }

  get (name: string): Value | undefined {
    return this.#entries.get(name)
  }

  add (name: string, value: Value): void {
    if (this.#entries.size === this.#limit) this.#destroyOldest()
    this.#entries.set(name, value)
  }

  /** Destroys all. */
  clear (): void {
    for (const value of this.#entries.values()) value.destroy()
    this.#entries.clear()
  }

  #destroyOldest (): void {
    const [name, value] = this.#entries.entries().next().value!
    value.destroy()
    this.#entries.delete(name)
  }
}
