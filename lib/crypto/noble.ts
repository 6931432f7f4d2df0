/**
 * The provider on @noble/*: audited JavaScript, readable to the last line, slower than node:crypto. It has no RSA;
 * `index.ts` composes that in.
 */
import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha384 } from '@noble/hashes/sha2.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { wipe } from '../core/wire/memory.ts'
import { shortened } from './hmac.ts'
import { readPrivateKey, readPublicKey, writePublicKey } from './keys.ts'
import type { Curve, KeyType } from './keys.ts'
import { createNobleGroups } from './noble-groups.ts'
import { orNull } from './or-null.ts'
import { refuseScheme, schemeNumbered, schemes, schemesOf } from './schemes.ts'
import { cipherSuites, tagLength } from './suites.ts'
import type { CreateAesCcm } from './suites.ts'
import type { Aead, CryptoProvider, Hash, RunningHash, Signer } from '../../types/crypto.ts'

/**
 * A provider whose `signer` and `verify` know ECDSA and EdDSA.
 * @param aesCcm AES-CCM, which @noble/ciphers has not
 */
export function createNobleProvider (aesCcm: CreateAesCcm): CryptoProvider {
  const hashes = { sha256: createHashFunction('sha256', sha256), sha384: createHashFunction('sha384', sha384) }
  return Object.freeze({
    name: 'noble',
    cipherSuites: cipherSuites({
      ...hashes,
      aesGcm: (key: Uint8Array) => new NobleAead(aesGcm, key),
      chacha20Poly1305: (key: Uint8Array) => new NobleAead(chacha20Poly1305, key),
      prefersChaCha20Poly1305: false,
      aesCcm
    }),
    namedGroups: createNobleGroups(),
    signatureSchemes: schemesOf('ec', 'ed25519', 'ed448'),
    ...hashes,
    random: (length: number) => randomBytes(length),
    timingSafeEqual: equalInConstantTime,
    signer: createSigner,
    verify: verifySignature
  })
}

// Hashes

function createHashFunction (name: Hash['name'], hash: typeof sha256 | typeof sha384): Hash {
  return Object.freeze({
    name,
    length: hash.outputLen,
    digest: (data: Uint8Array): Uint8Array => hash(data),
    hmac: (key: Uint8Array, data: Uint8Array): Uint8Array => hmac(hash, key, data),
    hmacs: (key: Uint8Array, inputs: readonly Uint8Array[], lengths?: readonly number[]): Uint8Array[] => shortened(hmacs(hash, key, inputs), lengths),
    start: (): RunningHash => new NobleRunningHash(hash.create())
  })
}

/** The padded key is hashed once. */
function hmacs (hash: typeof sha256 | typeof sha384, key: Uint8Array, inputs: readonly Uint8Array[]): Uint8Array[] {
  const keyed = hmac.create(hash, key)
  const codes = inputs.map((input) => keyed.clone().update(input).digest())
  keyed.destroy()
  return codes
}

class NobleRunningHash implements RunningHash {
  readonly #hash: HashObject

  constructor (hash: HashObject) {
    this.#hash = hash
  }

  update (data: Uint8Array): void {
    this.#hash.update(data)
  }

  fork (): RunningHash {
    return new NobleRunningHash(this.#hash.clone())
  }

  digest (): Uint8Array {
    return this.#hash.clone().digest()
  }

  digestWith (data: Uint8Array): Uint8Array {
    return this.#hash.clone().update(data).digest()
  }
}

type HashObject = ReturnType<typeof sha256.create> | ReturnType<typeof sha384.create>

// AEADs

/** One of @noble's AEADs. Its objects are for one nonce, so that all an Aead can keep is the key. */
interface NobleCipher {
  seal (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void
  /** @throws {Error} when the tag is wrong, before anything is decrypted */
  open (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array
}

const aesGcm: NobleCipher = {
  seal (key, nonce, additionalData, buffer, start, end) {
    buffer.set(gcm(key, nonce, additionalData).encrypt(buffer.subarray(start, end)), start)
  },
  open (key, nonce, additionalData, sealed) {
    return gcm(key, nonce, additionalData).decrypt(sealed)
  }
}

const chacha20Poly1305: NobleCipher = {
  seal (key, nonce, additionalData, buffer, start, end) {
    chacha20poly1305(key, nonce, additionalData).encrypt(buffer.subarray(start, end), buffer.subarray(start, end + tagLength))
  },
  open (key, nonce, additionalData, sealed) {
    return chacha20poly1305(key, nonce, additionalData).decrypt(sealed)
  }
}

class NobleAead implements Aead {
  readonly #cipher: NobleCipher
  readonly #key: Uint8Array
  #destroyed: boolean

  constructor (cipher: NobleCipher, key: Uint8Array) {
    this.#cipher = cipher
    this.#key = Uint8Array.from(key)
    this.#destroyed = false
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    this.#cipher.seal(this.#livingKey(), nonce, additionalData, buffer, start, end)
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    if (end - start < tagLength) return null
    const key = this.#livingKey()
    return orNull(() => this.#cipher.open(key, nonce, additionalData, buffer.subarray(start, end)))
  }

  destroy (): void {
    wipe(this.#key)
    this.#destroyed = true
  }

  #livingKey (): Uint8Array {
    if (this.#destroyed) throw new Error('the AEAD has forgotten its key')
    return this.#key
  }
}

// Signatures

/** ECDSA or EdDSA with the parameters TLS 1.3 gives them. */
interface Algorithm {
  publicKey (privateKey: Uint8Array): Uint8Array
  sign (privateKey: Uint8Array, content: Uint8Array): Uint8Array
  verify (publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean
}

function createSigner (pkcs8: Uint8Array): Signer {
  const { type, curve, bytes } = readPrivateKey(pkcs8)
  const scheme = schemes.find((scheme) => scheme.keyType === type && scheme.curve === curve)
  const algorithm = algorithmOf(type, curve)
  if (scheme === undefined || algorithm === undefined) throw new Error(`@noble does not sign with a key of type ${type}`)
  return Object.freeze({
    keyType: type,
    signatureSchemes: Object.freeze([scheme.id]),
    publicKey: writePublicKey(type, curve, algorithm.publicKey(bytes)),
    sign (id: number, content: Uint8Array): Uint8Array {
      return id === scheme.id ? algorithm.sign(bytes, content) : refuseScheme(id)
    }
  })
}

function verifySignature (id: number, publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean | null {
  const scheme = schemeNumbered(id)
  if (scheme === undefined) return null
  const key = orNull(() => readPublicKey(publicKey))
  // RFC 8446 §4.2.3: a scheme is for one type of key, and an ECDSA scheme for one curve.
  if (key === null || key.type !== scheme.keyType || key.curve !== scheme.curve) return null
  const algorithm = algorithmOf(key.type, key.curve)
  return algorithm === undefined ? null : (orNull(() => algorithm.verify(key.bytes, content, signature)) ?? false)
}

function algorithmOf (type: KeyType, curve: Curve | null): Algorithm | undefined {
  return algorithms[curve ?? type]
}

/** RFC 8446 §4.2.3: signatures are DER. The nonce is that of RFC 6979 with fresh entropy mixed in (§3.6). */
function ecdsa (curve: typeof p256): Algorithm {
  return {
    publicKey: (privateKey) => curve.getPublicKey(privateKey, false),
    sign: (privateKey, content) => curve.sign(content, privateKey, { format: 'der', lowS: false, extraEntropy: true }),
    verify: (publicKey, content, signature) => curve.verify(signature, content, publicKey, { format: 'der', lowS: false })
  }
}

/** RFC 8032, and not the looser ZIP 215 that @noble has as the default. */
function eddsa (curve: typeof ed25519): Algorithm {
  return {
    publicKey: (privateKey) => curve.getPublicKey(privateKey),
    sign: (privateKey, content) => curve.sign(content, privateKey),
    verify: (publicKey, content, signature) => curve.verify(signature, content, publicKey, { zip215: false })
  }
}

const algorithms: Readonly<Partial<Record<Curve | KeyType, Algorithm>>> = {
  prime256v1: ecdsa(p256),
  secp384r1: ecdsa(p384),
  secp521r1: ecdsa(p521),
  ed25519: eddsa(ed25519),
  ed448: eddsa(ed448)
}

// Comparison

function equalInConstantTime (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}
