/** The provider on node:crypto: the default, and the only one that has RSA. */
import crypto, {
  constants, createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, createSecretKey, randomFillSync,
  sign, timingSafeEqual, verify
} from 'node:crypto'
import type { CipherCCMTypes, KeyObject, VerifyKeyObjectInput } from 'node:crypto'
import { bufferOf, wipe } from '../core/wire/memory.ts'
import { giveBack } from './give-back.ts'
import type { MlKem } from './groups.ts'
import { hmacOf } from './hmac.ts'
import { exchangeKeyPair } from './node-key-pair.ts'
import { KeyPairPool } from './key-pair-pool.ts'
import { KeyPairWorker } from './node-key-pair-worker.ts'
import { namesCurve, writePssKey } from './keys.ts'
import { createNodeGroups } from './node-groups.ts'
import { NodeRunningHash } from './node-running-hash.ts'
import { orNull } from './or-null.ts'
import { RandomPool } from './random-pool.ts'
import { isPss, refuseScheme, schemeNumbered, schemes } from './schemes.ts'
import type { Scheme } from './schemes.ts'
import { sha256Of } from './sha256.ts'
import { ShortRecords } from './short-records.ts'
import { cipherSuites, tagLength } from './suites.ts'
import type { CreateAesCcm, SuitePrimitives } from './suites.ts'
import { loadKernels } from './wasm/load.ts'
import type { Kernels } from './wasm/load.ts'
import type { Aead, Awaitable, CryptoProvider, Hash, RunningHash, Signer } from '../../types/crypto.ts'

/** @param mlKem what to use where the runtime has no ML-KEM (before Node 24.7, or built without OpenSSL 3.5) */
export function createNodeProvider (mlKem: MlKem): CryptoProvider {
  const kernels = loadKernels()
  const sha256 = createSha256(kernels)
  const sha384 = createHashFunction('sha384', 48, 128)
  const random = new RandomPool(randomFillSync)
  const keyPairs = new KeyPairPool(() => exchangeKeyPair('x25519'), (onPairs, onEnd) => new KeyPairWorker(onPairs, onEnd))
  return Object.freeze({
    name: 'node',
    cipherSuites: cipherSuites({
      sha256,
      sha384,
      aesGcm: aesGcm(kernels),
      ...chaCha20Poly1305(kernels),
      aesCcm
    }),
    namedGroups: createNodeGroups(mlKem, () => keyPairs.take()),
    signatureSchemes: Object.freeze(schemes.map((scheme) => scheme.id)),
    sha256,
    sha384,
    random: (length: number) => random.take(length),
    timingSafeEqual: (a: Uint8Array, b: Uint8Array) => a.length === b.length && timingSafeEqual(a, b),
    signer: (pkcs8: Uint8Array) => createSigner(pkcs8, () => keyPairs.note()),
    verify: verifySignature
  })
}

/** AES-CCM, for every provider whose library lacks it. */
export const aesCcm: CreateAesCcm = (key, tagLength) => new NodeAead(`aes-${key.length * 8}-ccm`, key, tagLength)

// Hashes

function createSha256 (kernels: Kernels | null): Hash {
  const ofNode = createHashFunction('sha256', 32, 64)
  return kernels === null ? ofNode : sha256Of(kernels.sha256, ofNode)
}

function createHashFunction (name: Hash['name'], length: number, blockLength: number): Hash {
  const digest = (data: Uint8Array): Uint8Array => crypto.hash(name, data, 'buffer')
  return Object.freeze({
    name,
    length,
    digest,
    ...hmacOf(digest, length, blockLength),
    start: (): RunningHash => new NodeRunningHash(name)
  })
}

// AEADs

/** Where there is no kernel, all records are node:crypto's, for which AES-GCM costs less. */
function chaCha20Poly1305 (kernels: Kernels | null): Pick<SuitePrimitives, 'chacha20Poly1305' | 'prefersChaCha20Poly1305'> {
  const ofNode = (key: Uint8Array): Aead => new NodeAead('chacha20-poly1305', key, tagLength)
  return kernels === null
    ? { chacha20Poly1305: ofNode, prefersChaCha20Poly1305: false }
    : { chacha20Poly1305: (key) => new ShortRecords(key, kernels.chacha20Poly1305, chaCha20Limits, ofNode), prefersChaCha20Poly1305: true }
}

/**
 * Where node:crypto catches up, measured on Node 20 to 26: in opening at 8 KiB. So it does in sealing one record after the
 * other, but one by itself takes a tenth more of a response; full ones come in numbers.
 */
const chaCha20Limits = { sealed: 16 * 1024, firstSealed: 16 * 1024, opened: 8 * 1024 }

function aesGcm (kernels: Kernels | null): SuitePrimitives['aesGcm'] {
  const ofNode = (key: Uint8Array): Aead => new NodeAead(`aes-${key.length * 8}-gcm`, key, tagLength)
  return kernels === null ? ofNode : (key) => new ShortRecords(key, kernels.aesGcm, aesGcmLimits, ofNode)
}

/** Where node:crypto catches up with AES-GCM, between the lengths for keys of 128 and of 256 bits, measured on Node 20 to 26. */
const aesGcmLimits = { sealed: 768, firstSealed: 3072, opened: 640 }

class NodeAead implements Aead {
  readonly #algorithm: CipherCCMTypes
  readonly #tagLength: number
  /** Without it a decipher of AES-GCM would take a shorter tag. */
  readonly #options: { authTagLength: number }
  #key: KeyObject | null

  /** @param algorithm an AES-GCM, an AES-CCM or chacha20-poly1305, which node:crypto types apart; CCM asks for the most */
  constructor (algorithm: string, key: Uint8Array, tagLength: number) {
    this.#algorithm = algorithm as CipherCCMTypes
    this.#tagLength = tagLength
    this.#options = { authTagLength: tagLength }
    // A raw key is wrapped anew for every record, which costs 17 µs on Node 24.
    this.#key = createSecretKey(key)
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    const cipher = createCipheriv(this.#algorithm, this.#livingKey(), nonce, this.#options)
    cipher.setAAD(additionalData, { plaintextLength: end - start })
    const sealed = cipher.update(buffer.subarray(start, end))
    buffer.set(sealed, start)
    giveBack(sealed)
    cipher.final()
    buffer.set(cipher.getAuthTag(), end)
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    const tag = end - this.#tagLength
    if (tag < start) return null
    const decipher = createDecipheriv(this.#algorithm, this.#livingKey(), nonce, this.#options)
    decipher.setAuthTag(buffer.subarray(tag, end))
    decipher.setAAD(additionalData, { plaintextLength: tag - start })
    try {
      const plaintext = decipher.update(buffer.subarray(start, tag)) // of CCM it is empty when the tag is wrong
      decipher.final()
      return plaintext
    } catch {
      return null // the tag is wrong
    }
  }

  destroy (): void {
    this.#key = null
  }

  #livingKey (): KeyObject {
    if (this.#key === null) throw new Error('the AEAD has forgotten its key')
    return this.#key
  }
}

// Signatures

/** @param onThread called for each signature that is left to a thread */
function createSigner (pkcs8: Uint8Array, onThread: () => void): Signer {
  const privateKey = readPkcs8(pkcs8)
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const usable = schemes.filter((scheme) => suits(privateKey, publicKey, scheme))
  if (usable.length === 0) {
    throw new Error(`a key of type ${privateKey.asymmetricKeyType} with these parameters signs no TLS 1.3 SignatureScheme`)
  }
  const keys = new Map(usable.map((scheme) => [scheme.id, { scheme, key: signingKey(pkcs8, privateKey, scheme) }]))
  return Object.freeze({
    keyType: privateKey.asymmetricKeyType as string,
    signatureSchemes: Object.freeze(usable.map((scheme) => scheme.id)),
    publicKey,
    sign (id: number, content: Uint8Array): Awaitable<Uint8Array> {
      const { scheme, key } = keys.get(id) ?? refuseScheme(id)
      if (isQuick(scheme)) return sign(scheme.hash, content, key)
      onThread()
      return signInThreadPool(scheme.hash, content, key)
    }
  })
}

/**
 * For RSASSA-PSS a key that knows its parameters. They could be given with each signature, in an object around the key; but
 * Node 24, to learn that the object is no key, throws two errors and catches them, which takes longer than all else that
 * signing takes of the event loop.
 */
function signingKey (pkcs8: Uint8Array, key: KeyObject, scheme: Scheme): KeyObject {
  if (!isPss(scheme)) return key
  const fixed = writePssKey(pkcs8, scheme.hash, scheme.hashLength)
  try {
    return readPkcs8(fixed)
  } finally {
    wipe(fixed)
  }
}

function verifySignature (id: number, publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean | null {
  const scheme = schemeNumbered(id)
  if (scheme === undefined) return null
  const key = orNull(() => readSpki(publicKey))
  if (key === null || !suits(key, publicKey, scheme)) return null
  return orNull(() => verify(scheme.hash, content, withPadding(key, scheme), signature)) ?? false
}

/** RFC 8446 §4.2.3: a scheme is for one type of key, and an ECDSA scheme for one curve. */
function suits (key: KeyObject, spki: Uint8Array, scheme: Scheme): boolean {
  if (key.asymmetricKeyType !== scheme.keyType) return false
  if (scheme.curve !== null) return namesCurve(spki, scheme.curve)
  return scheme.hash === null || suitsPss(key, scheme.hash, scheme.hashLength)
}

function suitsPss (key: KeyObject, hash: string, hashLength: number): boolean {
  const { modulusLength = 0, hashAlgorithm, mgf1HashAlgorithm, saltLength = 0 } = key.asymmetricKeyDetails ?? {}
  // RFC 8017 §9.1.1: the encoded message holds the hash, the salt and two bytes more.
  if (Math.ceil((modulusLength - 1) / 8) < 2 * hashLength + 2) return false
  // RFC 4055 §3: an id-RSASSA-PSS key may be for one hash only, and ask for a longer salt than TLS gives it.
  return hashAlgorithm === undefined || (hashAlgorithm === hash && mgf1HashAlgorithm === hash && saltLength <= hashLength)
}

/** RFC 8446 §4.2.3: for RSASSA-PSS the salt is as long as the digest, and MGF1 has the same hash (OpenSSL's default). */
function withPadding (key: KeyObject, scheme: Scheme): KeyObject | VerifyKeyObjectInput {
  return isPss(scheme) ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.hashLength } : key
}

/** P-256 and Ed25519 sign in 30 to 60 µs, less than a thread costs; the others take 0.1 to 4 ms. */
function isQuick (scheme: Scheme): boolean {
  return scheme.curve === 'prime256v1' || scheme.keyType === 'ed25519'
}

function signInThreadPool (hash: string | null, content: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign(hash, content, key, (error, signature) => error === null ? resolve(signature) : reject(error))
  })
}

function readPkcs8 (pkcs8: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: bufferOf(pkcs8), format: 'der', type: 'pkcs8' })
  } catch (error) {
    throw new Error('the private key cannot be read as PKCS#8', { cause: error })
  }
}

function readSpki (spki: Uint8Array): KeyObject {
  return createPublicKey({ key: bufferOf(spki), format: 'der', type: 'spki' })
}
