/**
 * Ephemeral key pairs made ahead by one of libuv's threads: a handshake then spends 10 to 15 µs of the event loop on its
 * pair instead of 40 to 60. Each pair is handed out once. The pool begins with the first handshake, so that a process
 * without any makes none.
 */
export class KeyPairPool<Pair> {
  readonly #generateNow: () => Pair
  readonly #generate: (done: (pair: Pair | null) => void) => void
  readonly #ready: Pair[]
  #isMaking: boolean

  /**
   * @param generateNow makes a pair at once, for when there is none
   * @param generate makes one in a thread; null: it could not
   */
  constructor (generateNow: () => Pair, generate: (done: (pair: Pair | null) => void) => void) {
    this.#generateNow = generateNow
    this.#generate = generate
    this.#ready = []
    this.#isMaking = false
  }

  /** @returns a pair that nobody was given before */
  take (): Pair {
    const pair = this.#ready.pop() ?? this.#generateNow()
    this.#makeNext()
    return pair
  }

  /**
   * One at a time, which is as many as are taken: handshakes go on one a turn of the event loop too. Several threads at once
   * would wait for each other's locks, and take the event loop's CPU for milliseconds where they share it.
   */
  #makeNext (): void {
    if (this.#isMaking || this.#ready.length === capacity) return
    this.#isMaking = true
    this.#generate(this.#made)
  }

  readonly #made = (pair: Pair | null): void => {
    this.#isMaking = false
    if (pair === null) return // the next handshake tries again
    this.#ready.push(pair)
    this.#makeNext()
  }
}

/** Pairs at most: what a burst of connections finds made. */
const capacity = 64
