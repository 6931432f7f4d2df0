/**
 * An AEAD from two implementations, whichever costs less for the record: a WebAssembly kernel, which has no object to make,
 * for short ones, and for long ones node:crypto, which has the processor's instructions.
 */
import { wipe } from '../core/wire/memory.ts'
import { keyBytes, keyWords } from './wasm/kernel.ts'
import type { Kernel, KeyWords } from './wasm/kernel.ts'
import type { Aead } from '../../types/crypto.ts'

/** Up to what length, in bytes, records are the kernel's: of what is sealed without the tag, of what is opened with it. */
export interface ShortRecordLimits {
  readonly sealed: number
  /** Of the first one that is longer than `sealed`: what node:crypto needs has to be made for it, and it may stay the only one. */
  readonly firstSealed: number
  readonly opened: number
}

export class ShortRecords implements Aead {
  readonly #kernel: Kernel
  readonly #limits: ShortRecordLimits
  readonly #createLong: (key: Uint8Array) => Aead
  #key: KeyWords | null
  #long: Aead | null
  #sealedLimit: number

  /** @param createLong for what the kernel is not for: what it makes is kept, and not made before it is needed */
  constructor (key: Uint8Array, kernel: Kernel, limits: ShortRecordLimits, createLong: (key: Uint8Array) => Aead) {
    this.#kernel = kernel
    this.#limits = limits
    this.#createLong = createLong
    this.#key = keyWords(key)
    this.#long = null
    this.#sealedLimit = limits.firstSealed
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    const key = this.#livingKey()
    const length = end - start
    if (this.#isShort(length, this.#sealedLimit, additionalData)) this.#kernel.seal(key, nonce, additionalData, buffer, start, end)
    else this.#longUnder(key).seal(nonce, additionalData, buffer, start, end)
    if (length > this.#limits.sealed) this.#sealedLimit = this.#limits.sealed
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    const key = this.#livingKey()
    return this.#isShort(end - start, this.#limits.opened, additionalData)
      ? this.#kernel.open(key, nonce, additionalData, buffer, start, end)
      : this.#longUnder(key).open(nonce, additionalData, buffer, start, end)
  }

  destroy (): void {
    if (this.#key !== null) wipe(this.#key)
    this.#key = null
    this.#long?.destroy()
  }

  #isShort (length: number, limit: number, additionalData: Uint8Array): boolean {
    return length <= limit && this.#kernel.takes(length, additionalData)
  }

  #longUnder (key: KeyWords): Aead {
    this.#long ??= this.#createLong(keyBytes(key))
    return this.#long
  }

  #livingKey (): KeyWords {
    if (this.#key === null) throw new Error('the AEAD has forgotten its key')
    return this.#key
  }
}
