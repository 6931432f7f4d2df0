import { giveBuffer, takeBuffer } from '../core/record/output-memory.ts'

/** Memory for long writes that a thread seals, used again and again. */
export class Buffers {
  readonly #freeShared: SharedArrayBuffer[] = []
  #sharedToCome: number

  /** @param shared how many buffers may be shared with threads at a time */
  constructor (shared: number) {
    this.#sharedToCome = shared
  }

  /**
   * Shared memory as long as there is some: the garbage collector takes what is transferred to a thread and back for fresh
   * memory each time. It knows nothing of shared memory, so that there is only so much of it, and it stays.
   * @returns at least so many bytes, shared or not
   */
  take (length: number): ArrayBufferLike {
    if (length > sharedLength) return takeBuffer(length)
    const buffer = this.#freeShared.pop()
    if (buffer !== undefined) return buffer
    if (this.#sharedToCome === 0) return takeBuffer(length)
    this.#sharedToCome--
    return new SharedArrayBuffer(sharedLength)
  }

  give (buffer: ArrayBufferLike): void {
    if (buffer instanceof SharedArrayBuffer) this.#freeShared.push(buffer)
    else giveBuffer(buffer)
  }
}

/** Bytes; the longest portion that is sealed at once, with what its records add. What is not written to takes no memory. */
const sharedLength = 1.25 * 2 ** 20
