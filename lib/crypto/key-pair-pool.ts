/**
 * Ephemeral key pairs made ahead by libuv's threads: a handshake then spends 10 to 15 µs of the event loop on its pair
 * instead of 40 to 60. Each pair is handed out once. The pool begins with the first handshake, so that a process without
 * any makes none.
 */
export class KeyPairPool<Pair> {
  readonly #generateNow: () => Pair
  readonly #generate: (done: (pair: Pair | null) => void) => void
  readonly #ready: Pair[]
  #underWay: number

  /**
   * @param generateNow makes a pair at once, for when there is none
   * @param generate makes one in a thread; null: it could not
   */
  constructor (generateNow: () => Pair, generate: (done: (pair: Pair | null) => void) => void) {
    this.#generateNow = generateNow
    this.#generate = generate
    this.#ready = []
    this.#underWay = 0
  }

  /** @returns a pair that nobody was given before */
  take (): Pair {
    const pair = this.#ready.pop() ?? this.#generateNow()
    if (this.#ready.length + this.#underWay <= capacity - batch) this.#makeSome()
    return pair
  }

  /** Several at a time: waking a thread for each would cost as much as the pair. */
  #makeSome (): void {
    this.#underWay += batch
    for (let i = 0; i < batch; i++) this.#generate(this.#made)
  }

  readonly #made = (pair: Pair | null): void => {
    this.#underWay--
    if (pair !== null) this.#ready.push(pair)
  }
}

/** Pairs at most, ready or under way: what a burst of connections finds made. */
const capacity = 64
const batch = 32
