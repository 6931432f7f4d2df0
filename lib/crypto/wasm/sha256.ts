/**
 * SHA-256 (FIPS 180-4) and HMAC (RFC 2104) in WebAssembly, for short inputs: node:crypto makes objects for each, which is
 * most of what they cost. The module is assembly/sha256/, compiled.
 */
import { instantiate } from './instance.ts'
import type { Global } from './instance.ts'
import { moduleBase64 } from './sha256-module.ts'

/** @returns a new instance of the module */
export function instantiateSha256 (): Sha256Exports {
  return instantiate(moduleBase64)
}

/** One instance serves all connections: a call is synchronous, and leaves neither key nor data in the instance's memory. */
export class Sha256Kernel {
  readonly #module: Sha256Exports
  readonly #memory: Uint8Array
  readonly #key: number
  readonly #digest: number
  readonly #data: number
  readonly #maxData: number

  constructor (module: Sha256Exports) {
    this.#module = module
    this.#memory = new Uint8Array(module.memory.buffer)
    this.#key = module.KEY.value
    this.#digest = module.DIGEST.value
    this.#data = module.DATA.value
    this.#maxData = module.MAX_DATA.value
  }

  /** Does it have room for the data, and for the key of an HMAC? */
  takes (length: number, keyLength = 0): boolean {
    return length <= this.#maxData && keyLength <= blockLength
  }

  /** `Hash.digest` of data that it takes. */
  digest (data: Uint8Array): Uint8Array {
    this.#memory.set(data, this.#data)
    this.#module.digest(data.length)
    return this.#result(data.length)
  }

  /** `Hash.hmac` of a key and data that it takes. */
  hmac (key: Uint8Array, data: Uint8Array): Uint8Array {
    this.#memory.set(key, this.#key)
    this.#memory.set(data, this.#data)
    this.#module.hmac(data.length)
    return this.#result(data.length)
  }

  #result (length: number): Uint8Array {
    const result = this.#memory.slice(this.#digest, this.#digest + digestLength)
    this.#module.wipe(length)
    return result
  }
}

/** What the module exports. assembly/sha256/memory.ts says what lies at the addresses. */
export interface Sha256Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly KEY: Global
  readonly DIGEST: Global
  readonly DATA: Global
  readonly MAX_DATA: Global
  digest (length: number): void
  hmac (length: number): void
  wipe (length: number): void
}

const digestLength = 32
const blockLength = 64
