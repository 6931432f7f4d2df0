/**
 * ChaCha20-Poly1305 from two implementations, whichever costs less for the record: the WebAssembly kernel takes a tenth of
 * the time of a cipher object of node:crypto for a short one, and leaves nothing to the garbage collector when it seals a
 * long one; long ones are opened by node:crypto.
 */
import { keyBytes, keyWords } from './wasm/kernel.ts'
import type { Kernel } from './wasm/kernel.ts'
import type { Aead } from '../../types/crypto.ts'

export class ChaCha20Poly1305 implements Aead {
  readonly #kernel: Kernel
  readonly #createLong: (key: Uint8Array) => Aead
  #key: Uint32Array | null
  #long: Aead | null

  /** @param createLong for what the kernel is not for: what it makes is kept, and not made before it is needed */
  constructor (key: Uint8Array, kernel: Kernel, createLong: (key: Uint8Array) => Aead) {
    this.#kernel = kernel
    this.#createLong = createLong
    this.#key = keyWords(key)
    this.#long = null
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    const key = this.#livingKey()
    if (this.#kernel.takes(end - start, additionalData)) this.#kernel.seal(key, nonce, additionalData, buffer, start, end)
    else this.#longUnder(key).seal(nonce, additionalData, buffer, start, end)
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    const key = this.#livingKey()
    return end - start <= longestOpened && this.#kernel.takes(end - start, additionalData)
      ? this.#kernel.open(key, nonce, additionalData, buffer, start, end)
      : this.#longUnder(key).open(nonce, additionalData, buffer, start, end)
  }

  destroy (): void {
    this.#key?.fill(0)
    this.#key = null
    this.#long?.destroy()
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

/**
 * Bytes; where node:crypto catches up, measured on Node 20 to 26. It does so in sealing too, at 12 KiB, but what it seals is
 * a Buffer to be copied and thrown away, for which Node 24 then marks the whole heap every 30 MiB (docs/performance.md).
 */
const longestOpened = 8 * 1024
