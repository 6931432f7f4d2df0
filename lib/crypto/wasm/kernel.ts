/**
 * AEADs in WebAssembly SIMD, for short records: there is no object to make for each of them, which is most of what they
 * cost with node:crypto. The modules are assembly/ and assembly/aes-gcm/, compiled.
 */
import { moduleBase64 as aesGcm } from './aes-gcm-module.ts'
import { instantiate } from './instance.ts'
import type { Global } from './instance.ts'
import { moduleBase64 as chacha20Poly1305 } from './module.ts'

/** @returns a new instance of ChaCha20-Poly1305 (RFC 8439), for keys of 32 bytes */
export function instantiateChaCha20Poly1305 (): KernelExports {
  return instantiate(chacha20Poly1305)
}

/** @returns a new instance of AES-GCM (NIST SP 800-38D), for keys of 16 or 32 bytes */
export function instantiateAesGcm (): KernelExports {
  return instantiate(aesGcm)
}

/**
 * Seals and opens under any key. One instance serves all connections: a call is synchronous, and leaves neither key nor
 * keystream nor text in the instance's memory.
 */
export class Kernel {
  readonly #module: KernelExports
  readonly #buffer: ArrayBuffer
  readonly #memory: Uint8Array
  readonly #words: DataView
  readonly #key: number
  readonly #nonce: number
  readonly #additionalData: number
  readonly #maxAdditionalData: number
  readonly #text: number
  readonly #maxText: number

  constructor (module: KernelExports) {
    this.#module = module
    this.#buffer = module.memory.buffer
    this.#memory = new Uint8Array(this.#buffer)
    this.#words = new DataView(this.#buffer)
    this.#key = module.KEY.value
    this.#nonce = module.NONCE.value
    this.#additionalData = module.ADDITIONAL_DATA.value
    this.#maxAdditionalData = module.MAX_ADDITIONAL_DATA.value
    this.#text = module.TEXT.value
    this.#maxText = module.MAX_TEXT.value
  }

  /** Does it have room for so much? */
  takes (length: number, additionalData: Uint8Array): boolean {
    return length <= this.#maxText && additionalData.length <= this.#maxAdditionalData
  }

  /** `Aead.seal` under a key as `keyWords` makes it. */
  seal (key: KeyWords, nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    const length = end - start
    try {
      this.#write(key, nonce, additionalData, buffer.subarray(start, end))
      this.#module.seal(length, additionalData.length, key.length)
      buffer.set(new Uint8Array(this.#buffer, this.#text, length + tagLength), start)
    } finally {
      this.#module.wipe()
    }
  }

  /** `Aead.open` under such a key. */
  open (key: KeyWords, nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    const length = end - start - tagLength
    if (length < 0) return null
    try {
      this.#write(key, nonce, additionalData, buffer.subarray(start, end))
      const opened = this.#module.open(length, additionalData.length, key.length)
      if (opened === 0) return null
      const plaintext = Buffer.allocUnsafe(length)
      plaintext.set(new Uint8Array(this.#buffer, opened, length))
      return plaintext
    } finally {
      this.#module.wipe()
    }
  }

  #write (key: KeyWords, nonce: Uint8Array, additionalData: Uint8Array, text: Uint8Array): void {
    if (nonce.length !== nonceLength) throw new RangeError(`a nonce of ${nonce.length} bytes, not ${nonceLength}`)
    this.#writeKey(key)
    const memory = this.#memory
    memory.set(nonce, this.#nonce)
    memory.set(additionalData, this.#additionalData)
    memory.set(text, this.#text)
  }

  /** 4 or 8 words. Not in a loop: V8 asks anew in each turn of it what kind of thing everything is, forty instructions for a word. */
  #writeKey (key: KeyWords): void {
    const words = this.#words
    const at = this.#key
    words.setInt32(at, key[0], true)
    words.setInt32(at + 4, key[1], true)
    words.setInt32(at + 8, key[2], true)
    words.setInt32(at + 12, key[3], true)
    if (key.length === 4) return
    words.setInt32(at + 16, key[4], true)
    words.setInt32(at + 20, key[5], true)
    words.setInt32(at + 24, key[6], true)
    words.setInt32(at + 28, key[7], true)
  }
}

/** Of 32 bits, signed. Two keys for each connection that is idle: a Uint32Array of one takes twice as much. */
export type KeyWords = number[]

/** A key as words, little-endian, which are copied in four bytes at a time. */
export function keyWords (key: Uint8Array): KeyWords {
  const words: KeyWords = new Array(key.length >> 2)
  for (let i = 0, at = 0; i < words.length; i++, at += 4) words[i] = key[at] | key[at + 1] << 8 | key[at + 2] << 16 | key[at + 3] << 24
  return words
}

/** What `keyWords` was given. */
export function keyBytes (words: KeyWords): Uint8Array {
  return Uint8Array.from({ length: 4 * words.length }, (_, i) => words[i >> 2] >>> 8 * (i & 3))
}

/**
 * What the modules export. memory.ts of each says what lies at the addresses. ChaCha20-Poly1305, whose keys are of one
 * length, leaves `keyLength` alone, which is in words.
 */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly KEY: Global
  readonly NONCE: Global
  readonly ADDITIONAL_DATA: Global
  readonly MAX_ADDITIONAL_DATA: Global
  readonly TEXT: Global
  readonly MAX_TEXT: Global
  seal (length: number, additionalLength: number, keyLength: number): void
  open (length: number, additionalLength: number, keyLength: number): number
  wipe (): void
}

const nonceLength = 12
const tagLength = 16
