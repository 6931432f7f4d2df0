/** The cipher suites, whatever library does the work (RFC 8446 Appendix B.4). */
import { CipherSuite as CipherSuiteId } from '../core/constants.ts'
import type { Aead, CipherSuite, Hash } from '../../types/crypto.ts'

/** What a library brings. The AEADs are called with a key of the suite's length. */
export interface SuitePrimitives {
  readonly sha256: Hash
  readonly sha384: Hash
  aesGcm (key: Uint8Array): Aead
  chacha20Poly1305 (key: Uint8Array): Aead
  /** Does ChaCha20-Poly1305 cost less than AES-GCM for a short record? */
  readonly prefersChaCha20Poly1305: boolean
  aesCcm: CreateAesCcm
}

/** AES-CCM (RFC 3610) with a tag of that many bytes. */
export type CreateAesCcm = (key: Uint8Array, tagLength: number) => Aead

/** Of AES-GCM, AES-CCM and ChaCha20-Poly1305 (RFC 5116 §5.1 and §5.3, RFC 8439 §2.8). */
export const tagLength = 16

/** Of AES-CCM-8 (RFC 6655 §6.1). */
const shortTagLength = 8

/**
 * @returns the suites in order of preference: that of RFC 8446 §9.1, the mandatory one first, but for
 *   ChaCha20-Poly1305, which comes before them where a request and its response cost less with it. Off by default are
 *   those for small devices: CCM runs AES twice over every block, and a forged tag of 8 bytes passes once in 2^64 tries.
 */
export function cipherSuites (primitives: SuitePrimitives): readonly CipherSuite[] {
  const { sha256, sha384, aesGcm, chacha20Poly1305, prefersChaCha20Poly1305, aesCcm } = primitives
  const aesCcm16 = (key: Uint8Array): Aead => aesCcm(key, tagLength)
  const aesCcm8 = (key: Uint8Array): Aead => aesCcm(key, shortTagLength)
  const chaCha20 = [suite('TLS_CHACHA20_POLY1305_SHA256', { hash: sha256, keyLength: 32, tagLength, recordLimit: unlimited, byDefault: true }, chacha20Poly1305)]
  return Object.freeze([
    ...(prefersChaCha20Poly1305 ? chaCha20 : []),
    suite('TLS_AES_128_GCM_SHA256', { hash: sha256, keyLength: 16, tagLength, recordLimit: gcmRecordLimit, byDefault: true }, aesGcm),
    suite('TLS_AES_256_GCM_SHA384', { hash: sha384, keyLength: 32, tagLength, recordLimit: gcmRecordLimit, byDefault: true }, aesGcm),
    ...(prefersChaCha20Poly1305 ? [] : chaCha20),
    suite('TLS_AES_128_CCM_SHA256', { hash: sha256, keyLength: 16, tagLength, recordLimit: ccmRecordLimit, byDefault: false }, aesCcm16),
    suite('TLS_AES_128_CCM_8_SHA256', { hash: sha256, keyLength: 16, tagLength: shortTagLength, recordLimit: ccmRecordLimit, byDefault: false }, aesCcm8)
  ])
}

function suite (name: keyof typeof CipherSuiteId, properties: Properties, create: (key: Uint8Array) => Aead): CipherSuite {
  return Object.freeze({
    id: CipherSuiteId[name],
    name,
    ...properties,
    aead (key: Uint8Array): Aead {
      if (key.length !== properties.keyLength) throw new RangeError(`${name} takes a key of ${properties.keyLength} bytes, not ${key.length}`)
      return create(key)
    }
  })
}

type Properties = Omit<CipherSuite, 'id' | 'name' | 'aead'>

/** RFC 8446 §5.5: 2^24.5 full-size records under one AES-GCM key. */
const gcmRecordLimit = Math.floor(2 ** 24.5)

/** RFC 9147 §4.5.3: what gives AES-CCM, of which RFC 8446 §5.5 says nothing, the confidentiality that it asks of the others. */
const ccmRecordLimit = 2 ** 23

/** RFC 8446 §5.5: with ChaCha20-Poly1305 the sequence number would wrap before the limit is reached. */
const unlimited = Number.MAX_SAFE_INTEGER
