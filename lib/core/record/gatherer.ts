import { copy } from '../wire/bytes.ts'

/** Content that lies in several chunks, taken piece by piece. */
export class Gatherer {
  /** Bytes that were not taken yet. */
  left = 0
  readonly #chunks: readonly Uint8Array[]
  #chunk = 0
  #offset = 0

  constructor (chunks: readonly Uint8Array[]) {
    this.#chunks = chunks
    for (const chunk of chunks) this.left += chunk.length
  }

  /** Copies the next `length` bytes to `output` at `at`. */
  take (length: number, output: Uint8Array, at: number): void {
    this.left -= length
    while (length > 0) {
      const chunk = this.#chunks[this.#chunk]
      const taken = Math.min(length, chunk.length - this.#offset)
      copy(taken === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + taken), output, at)
      at += taken
      length -= taken
      this.#offset += taken
      if (this.#offset === chunk.length) {
        this.#chunk++
        this.#offset = 0
      }
    }
  }
}
