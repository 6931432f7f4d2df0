/**
 * Buffers that serve again and again: to the garbage collector fresh memory for each use is pressure under which it marks the
 * whole heap.
 */
export class BufferPool {
  readonly #maxKept: number
  readonly #free = new Map<number, ArrayBuffer[]>()
  #kept = 0

  /** @param maxKept bytes that wait for their next use at most */
  constructor (maxKept: number) {
    this.#maxKept = maxKept
  }

  /** @returns at least so many bytes, all of them the caller's, with what was last in them */
  take (length: number): ArrayBuffer {
    const unit = length <= 8 * shortestUnit ? shortestUnit : length < 16 * shortUnit ? shortUnit : longUnit
    const rounded = Math.ceil(length / unit) * unit
    const buffer = this.#free.get(rounded)?.pop()
    if (buffer === undefined) return new ArrayBuffer(rounded)
    this.#kept -= rounded
    return buffer
  }

  /** @param buffer of this pool that nobody uses any more */
  give (buffer: ArrayBuffer): void {
    const { byteLength } = buffer
    if (this.#kept + byteLength > this.#maxKept) this.#forget()
    this.#kept += byteLength
    const list = this.#free.get(byteLength)
    if (list === undefined) this.#free.set(byteLength, [buffer])
    else list.push(buffer)
  }

  /** What is kept may be of lengths that nobody wants any more. */
  #forget (): void {
    this.#free.clear()
    this.#kept = 0
  }
}

/** Bytes; lengths that differ by less share buffers. */
const shortestUnit = 2 ** 9
const shortUnit = 2 ** 12
const longUnit = 2 ** 16
