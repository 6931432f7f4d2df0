/**
 * SHA-256 from two implementations, whichever is faster for the length: the WebAssembly kernel takes an HMAC of the key
 * schedule in a third of the time of node:crypto, and up to four under one key in that of one and a half; long inputs
 * node:crypto takes in with the processor's instructions.
 */
import type { Hash } from '../../types/crypto.ts'
import { shortened } from './hmac.ts'
import type { Sha256Kernel } from './wasm/sha256.ts'

/** @param long SHA-256 for long inputs */
export function sha256Of (kernel: Sha256Kernel, long: Hash): Hash {
  const hmac: Hash['hmac'] = (key, data) => kernel.takes(data.length, key.length) ? kernel.hmac(key, data) : long.hmac(key, data)
  return Object.freeze({
    ...long,
    digest: (data: Uint8Array): Uint8Array => data.length <= longestDigested ? kernel.digest(data) : long.digest(data),
    hmac,
    hmacs: (key: Uint8Array, inputs: readonly Uint8Array[], lengths?: readonly number[]): Uint8Array[] =>
      kernel.takesTogether(inputs, key.length) ? kernel.hmacs(key, inputs, lengths) : shortened(inputs.map((data) => hmac(key, data)), lengths)
  })
}

/** Where node:crypto catches up, in bytes: measured on Node 20 to 26. HMAC, which costs it two digests, does at the kernel's limit. */
const longestDigested = 256
