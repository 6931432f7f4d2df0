/** Random numbers that are a function of a seed and an index: any input can be made again without those before it. */

/** sfc32 (Chris Doty-Humphrey's PractRand), seeded with two numbers. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor (seed: number, index: number) {
    this.#a = seed | 0
    this.#b = index | 0
    this.#c = Math.floor(index / 0x100000000) ^ Math.floor(seed / 0x100000000)
    this.#counter = 1
    for (let i = 0; i < 12; i++) this.next()
  }

  /** 32 bits. */
  next (): number {
    const sum = (this.#a + this.#b | 0) + this.#counter | 0
    this.#counter = this.#counter + 1 | 0
    this.#a = this.#b ^ this.#b >>> 9
    this.#b = this.#c + (this.#c << 3) | 0
    this.#c = (this.#c << 21 | this.#c >>> 11) + sum | 0
    return sum >>> 0
  }

  /** 0 to `limit` - 1; 0 where `limit` is 0. */
  below (limit: number): number {
    return limit === 0 ? 0 : this.next() % limit
  }

  /** True once in so many times. */
  once (times: number): boolean {
    return this.below(times) === 0
  }

  /** Small numbers mostly, large ones at times. */
  length (limit: number): number {
    const bits = this.below(33 - Math.clz32(limit))
    return Math.min(this.below(2 ** bits + 1), limit)
  }

  pick<T> (list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  bytes (length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.next()
    return bytes
  }
}
