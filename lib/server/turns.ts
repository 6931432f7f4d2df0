/**
 * Lets one handshake a turn of the event loop into its costly part, key exchange and signature: when many clients come at
 * once, established connections are served between two handshakes and not after all of them. Who comes alone does not wait.
 */
export class Turns {
  readonly #queue: Array<() => void>
  #taken: boolean

  constructor () {
    this.#queue = []
    this.#taken = false
  }

  /** @returns null: now; otherwise what resolves in a turn that is the caller's */
  next (): Promise<void> | null {
    if (this.#taken) return new Promise((resolve) => { this.#queue.push(resolve) })
    this.#taken = true
    setImmediate(this.#pass)
    return null
  }

  /** The turn is over. */
  readonly #pass = (): void => {
    const next = this.#queue.shift()
    this.#taken = next !== undefined
    if (next === undefined) return
    setImmediate(this.#pass)
    next()
  }
}
