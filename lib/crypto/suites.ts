/** The cipher suites, whatever library does the work (RFC 8446 Appendix B.4). */
import { CipherSuite as CipherSuiteId } from '../core/constants.ts'
import type { Aead, CipherSuite, Hash } from '../../types/crypto.ts'

/** What a library brings. The AEADs are called with a key of the suite's length. */
export interface SuitePrimitives {
  readonly sha256: Hash
  readonly sha384: Hash
  aesGcm (key: Uint8Array): Aead
  chacha20Poly1305 (key: Uint8Array): Aead
}

/** All three AEADs of ours have a tag of 16 bytes (RFC 5116 §5.1, RFC 8439 §2.8). */
export const tagLength = 16

/** @returns the suites in order of preference: that of RFC 8446 §9.1, the mandatory one first */
export function cipherSuites (primitives: SuitePrimitives): readonly CipherSuite[] {
  const { sha256, sha384, aesGcm, chacha20Poly1305 } = primitives
  return Object.freeze([
    suite('TLS_AES_128_GCM_SHA256', sha256, 16, gcmRecordLimit, aesGcm),
    suite('TLS_AES_256_GCM_SHA384', sha384, 32, gcmRecordLimit, aesGcm),
    suite('TLS_CHACHA20_POLY1305_SHA256', sha256, 32, unlimited, chacha20Poly1305)
  ])
}

function suite (name: keyof typeof CipherSuiteId, hash: Hash, keyLength: number, recordLimit: number, create: (key: Uint8Array) => Aead): CipherSuite {
  return Object.freeze({
    id: CipherSuiteId[name],
    name,
    hash,
    keyLength,
    tagLength,
    recordLimit,
    aead (key: Uint8Array): Aead {
      if (key.length !== keyLength) throw new RangeError(`${name} takes a key of ${keyLength} bytes, not ${key.length}`)
      return create(key)
    }
  })
}

/** RFC 8446 §5.5: 2^24.5 full-size records under one AES-GCM key. */
const gcmRecordLimit = Math.floor(2 ** 24.5)

/** RFC 8446 §5.5: with ChaCha20-Poly1305 the sequence number would wrap before the limit is reached. */
const unlimited = Number.MAX_SAFE_INTEGER
