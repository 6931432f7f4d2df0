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
  readonly #inputs: number
  readonly #lengths: number
  readonly #digests: number
  readonly #maxInput: number

  constructor (module: Sha256Exports) {
    this.#module = module
    this.#memory = new Uint8Array(module.memory.buffer)
    this.#key = module.KEY.value
    this.#digest = module.DIGEST.value
    this.#data = module.DATA.value
    this.#maxData = module.MAX_DATA.value
    this.#inputs = module.INPUTS.value
    this.#lengths = module.LENGTHS.value
    this.#digests = module.DIGESTS.value
    this.#maxInput = module.MAX_INPUT.value
  }

  /** Does it have room for the data, and for the key of an HMAC? */
  takes (length: number, keyLength = 0): boolean {
    return length <= this.#maxData && keyLength <= blockLength
  }

  /** Does it have room for the inputs and the key of HMACs that it makes together, and are they several? */
  takesTogether (inputs: readonly Uint8Array[], keyLength: number): boolean {
    return inputs.length > 1 && inputs.length <= lanes && keyLength <= blockLength && inputs.every(({ length }) => length <= this.#maxInput)
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

  /** `Hash.hmacs` of a key and inputs that it takes. */
  hmacs (key: Uint8Array, inputs: readonly Uint8Array[], lengths?: readonly number[]): Uint8Array[] {
    this.#memory.set(key, this.#key)
    for (let i = 0; i < inputs.length; i++) {
      this.#memory.set(inputs[i]!, this.#inputs + i * blockLength)
      this.#memory[this.#lengths + i] = inputs[i]!.length
    }
    this.#module.hmacs()
    const results: Uint8Array[] = new Array(inputs.length)
    for (let i = 0, at = this.#digests; i < inputs.length; i++, at += digestLength) {
      results[i] = this.#memory.slice(at, at + (lengths === undefined ? digestLength : lengths[i]!))
    }
    this.#module.wipeAll()
    return results
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
  readonly INPUTS: Global
  readonly LENGTHS: Global
  readonly DIGESTS: Global
  readonly MAX_INPUT: Global
  digest (length: number): void
  hmac (length: number): void
  hmacs (): void
  wipe (length: number): void
  wipeAll (): void
}

const digestLength = 32
const blockLength = 64
/** So many HMACs are made together, which are four lanes of a vector. */
const lanes = 4
