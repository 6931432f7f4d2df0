/**
 * Memory for long writes, used again and again: to the garbage collector fresh memory for each is pressure under which it
 * marks the whole heap. A buffer that is used again holds sealed records of before, or nothing, never plaintext.
 */
export class Buffers {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #kept = 0
  readonly #freeShared: SharedArrayBuffer[] = []
  #sharedToCome: number

  /** @param shared how many buffers may be shared with threads at a time */
  constructor (shared: number) {
    this.#sharedToCome = shared
  }

  /** @returns at least so many bytes */
  take (length: number): ArrayBuffer {
    const rounded = Math.ceil(length / unit) * unit
    const buffer = this.#free.get(rounded)?.pop()
    if (buffer === undefined) return new ArrayBuffer(rounded)
    this.#kept -= rounded
    return buffer
  }

  /**
   * Shared memory as long as there is some: the collector takes what is transferred to a thread and back for fresh memory
   * each time. It knows nothing of shared memory, so that there is only so much of it, and it stays.
   * @returns at least so many bytes, shared or not
   */
  takeForThread (length: number): ArrayBufferLike {
    if (length > sharedLength) return this.take(length)
    const buffer = this.#freeShared.pop()
    if (buffer !== undefined) return buffer
    if (this.#sharedToCome === 0) return this.take(length)
    this.#sharedToCome--
    return new SharedArrayBuffer(sharedLength)
  }

  give (buffer: ArrayBufferLike): void {
    if (buffer instanceof SharedArrayBuffer) this.#freeShared.push(buffer)
    else this.#giveOwn(buffer)
  }

  #giveOwn (buffer: ArrayBuffer): void {
    const { byteLength } = buffer
    if (this.#kept + byteLength > maxKept) this.#clear()
    this.#kept += byteLength
    const list = this.#free.get(byteLength)
    if (list === undefined) this.#free.set(byteLength, [buffer])
    else list.push(buffer)
  }

  /** What is kept may be of lengths that nobody wants any more. */
  #clear (): void {
    this.#free.clear()
    this.#kept = 0
  }
}

/** Bytes; lengths that differ by less share buffers. */
const unit = 2 ** 16

/** Bytes; bounds what stays for good after clients that let long writes pile up. Two portions: where the peer is quick they serve again at once. */
const maxKept = 2.25 * 2 ** 20

/** Bytes; the longest portion that is sealed at once, with what its records add. What is not written to takes no memory. */
const sharedLength = 1.25 * 2 ** 20
