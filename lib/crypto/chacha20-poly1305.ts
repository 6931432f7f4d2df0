/**
 * ChaCha20-Poly1305 from two implementations, whichever is faster for the length of the record: the WebAssembly kernel
 * takes a tenth of the time of a cipher object of node:crypto for a short one, and more for a long one.
 */
import { keyBytes, keyWords } from './wasm/kernel.ts'
import type { Kernel } from './wasm/kernel.ts'
import type { Aead } from '../../types/crypto.ts'

export class ChaCha20Poly1305 implements Aead {
  readonly #kernel: Kernel
  readonly #createLong: (key: Uint8Array) => Aead
  #key: Uint32Array | null
  #long: Aead | null

  /** @param createLong for long records: what it makes is kept, and not made before there is one */
  constructor (key: Uint8Array, kernel: Kernel, createLong: (key: Uint8Array) => Aead) {
    this.#kernel = kernel
    this.#createLong = createLong
    this.#key = keyWords(key)
    this.#long = null
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    const key = this.#livingKey()
    if (this.#isShort(end - start, longestSealed, additionalData)) this.#kernel.seal(key, nonce, additionalData, buffer, start, end)
    else this.#longUnder(key).seal(nonce, additionalData, buffer, start, end)
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    const key = this.#livingKey()
    return this.#isShort(end - start, longestOpened, additionalData)
      ? this.#kernel.open(key, nonce, additionalData, buffer, start, end)
      : this.#longUnder(key).open(nonce, additionalData, buffer, start, end)
  }

  destroy (): void {
    this.#key?.fill(0)
    this.#key = null
    this.#long?.destroy()
  }

  #isShort (length: number, longest: number, additionalData: Uint8Array): boolean {
    return length <= longest && this.#kernel.takes(length, additionalData)
  }

  #longUnder (key: Uint32Array): Aead {
    this.#long ??= this.#createLong(keyBytes(key))
    return this.#long
  }

  #livingKey (): Uint32Array {
    if (this.#key === null) throw new Error('the AEAD has forgotten its key')
    return this.#key
  }
}

// Where node:crypto catches up, in bytes: measured on Node 20 to 26, its results being objects for the garbage collector.
const longestSealed = 12 * 1024
const longestOpened = 8 * 1024
