/** Content that lies in several chunks, taken piece by piece. */
export class Gatherer {
  /** Bytes that were not taken yet. */
  left = 0
  readonly #chunks: readonly Uint8Array[]
  readonly #copy: Copy
  #chunk = 0
  #offset = 0

  /** @param copy for memory that `set` is not the best for */
  constructor (chunks: readonly Uint8Array[], copy: Copy = set) {
    this.#chunks = chunks
    this.#copy = copy
    for (const chunk of chunks) this.left += chunk.length
  }

  /** Copies the next `length` bytes to `output` at `at`. */
  take (length: number, output: Uint8Array, at: number): void {
    this.left -= length
    while (length > 0) {
      const chunk = this.#chunks[this.#chunk]
      const taken = Math.min(length, chunk.length - this.#offset)
      this.#copy(taken === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + taken), output, at)
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

export type Copy = (source: Uint8Array, output: Uint8Array, at: number) => void

function set (source: Uint8Array, output: Uint8Array, at: number): void { output.set(source, at) }
