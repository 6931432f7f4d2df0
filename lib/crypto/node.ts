/** The provider on node:crypto: the default, and the only one that has RSA. */
import crypto, {
  constants, createCipheriv, createDecipheriv, createECDH, createHash, createPrivateKey, createPublicKey, createSecretKey,
  diffieHellman, generateKeyPairSync, randomBytes, sign, timingSafeEqual, verify
} from 'node:crypto'
import type { CipherGCMTypes, Hash as HashObject, KeyObject, SignKeyObjectInput } from 'node:crypto'
import { isUncompressedPoint, namedGroups, x25519Length } from './groups.ts'
import type { Encapsulate, EncapsulateMlKem } from './groups.ts'
import { hmacOf } from './hmac.ts'
import { namesCurve } from './keys.ts'
import type { Curve } from './keys.ts'
import { orNull } from './or-null.ts'
import { refuseScheme, schemeNumbered, schemes } from './schemes.ts'
import type { Scheme } from './schemes.ts'
import { cipherSuites, tagLength } from './suites.ts'
import type { Aead, Awaitable, CryptoProvider, Hash, RunningHash, Signer } from '../../types/crypto.ts'

/** @param mlKem768 what to use where the runtime has no ML-KEM (before Node 24.7, or built without OpenSSL 3.5) */
export function createNodeProvider (mlKem768: EncapsulateMlKem): CryptoProvider {
  const sha256 = createHashFunction('sha256', 32, 64)
  const sha384 = createHashFunction('sha384', 48, 128)
  return Object.freeze({
    name: 'node',
    cipherSuites: cipherSuites({
      sha256,
      sha384,
      aesGcm: (key: Uint8Array) => new NodeAead(`aes-${key.length * 8}-gcm`, key),
      chacha20Poly1305: (key: Uint8Array) => new NodeAead('chacha20-poly1305', key)
    }),
    namedGroups: namedGroups({
      x25519: encapsulateX25519,
      secp256r1: ecdh('prime256v1', 32),
      secp384r1: ecdh('secp384r1', 48),
      secp521r1: ecdh('secp521r1', 66),
      mlKem768: nodeMlKem768() ?? mlKem768
    }),
    signatureSchemes: Object.freeze(schemes.map((scheme) => scheme.id)),
    sha256,
    sha384,
    random: (length: number) => randomBytes(length),
    timingSafeEqual: (a: Uint8Array, b: Uint8Array) => a.length === b.length && timingSafeEqual(a, b),
    signer: createSigner,
    verify: verifySignature
  })
}

// Hashes

function createHashFunction (name: Hash['name'], length: number, blockLength: number): Hash {
  const digest = (data: Uint8Array): Uint8Array => crypto.hash(name, data, 'buffer')
  return Object.freeze({
    name,
    length,
    digest,
    hmac: hmacOf(digest, length, blockLength),
    start: (): RunningHash => new NodeRunningHash(createHash(name))
  })
}

class NodeRunningHash implements RunningHash {
  readonly #hash: HashObject

  constructor (hash: HashObject) {
    this.#hash = hash
  }

  update (data: Uint8Array): void {
    this.#hash.update(data)
  }

  fork (): RunningHash {
    return new NodeRunningHash(this.#hash.copy())
  }

  digest (): Uint8Array {
    return this.#hash.copy().digest()
  }
}

// AEADs

class NodeAead implements Aead {
  readonly #algorithm: CipherGCMTypes
  #key: KeyObject | null

  /** @param algorithm an AES-GCM or chacha20-poly1305, which node:crypto handles alike and types apart */
  constructor (algorithm: string, key: Uint8Array) {
    this.#algorithm = algorithm as CipherGCMTypes
    // A raw key is wrapped anew for every record, which costs 17 µs on Node 24.
    this.#key = createSecretKey(key)
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    const cipher = createCipheriv(this.#algorithm, this.#livingKey(), nonce, aeadOptions)
    cipher.setAAD(additionalData)
    buffer.set(cipher.update(buffer.subarray(start, end)), start)
    cipher.final()
    buffer.set(cipher.getAuthTag(), end)
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    if (end - start < tagLength) return null
    const decipher = createDecipheriv(this.#algorithm, this.#livingKey(), nonce, aeadOptions)
    decipher.setAAD(additionalData)
    decipher.setAuthTag(buffer.subarray(end - tagLength, end))
    const plaintext = decipher.update(buffer.subarray(start, end - tagLength))
    try {
      decipher.final()
    } catch {
      return null // the one thing final() checks is the tag
    }
    return plaintext
  }

  destroy (): void {
    this.#key = null
  }

  #livingKey (): KeyObject {
    if (this.#key === null) throw new Error('the AEAD has forgotten its key')
    return this.#key
  }
}

// Key exchange

function encapsulateX25519 (clientShare: Uint8Array): ReturnType<Encapsulate> {
  if (clientShare.length !== x25519Length) return null
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  // JWK is the cheapest way in and out on Node 20 and 24, and near it on 26; DER costs ten times as much.
  const peer = { kty: 'OKP', crv: 'X25519', x: bufferOf(clientShare).toString('base64url') }
  const secret = orNull(() => diffieHellman({ privateKey, publicKey: createPublicKey({ key: peer, format: 'jwk' }) }))
  if (secret === null) return null // RFC 7748 §6.1, RFC 8446 §7.4.2: a point of small order gives zero
  return { share: Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'), secret }
}

function ecdh (curve: Curve, coordinateLength: number): Encapsulate {
  return (clientShare) => {
    if (!isUncompressedPoint(clientShare, coordinateLength)) return null
    const ours = createECDH(curve)
    const share = ours.generateKeys()
    const secret = orNull(() => ours.computeSecret(clientShare)) // RFC 8446 §4.2.8.2: the point must be on the curve
    return secret === null ? null : { share, secret }
  }
}

/** @returns null where the runtime has no ML-KEM */
function nodeMlKem768 (): EncapsulateMlKem | null {
  const { encapsulate } = crypto as { encapsulate?: (key: KeyObject) => { ciphertext: Buffer, sharedKey: Buffer } }
  if (encapsulate === undefined) return null
  const mlKem768: EncapsulateMlKem = (encapsulationKey) => {
    // OpenSSL checks the modulus when it reads the key (FIPS 203 §7.2).
    const key = orNull(() => readSpki(Buffer.concat([mlKem768SpkiPrefix, encapsulationKey])))
    if (key === null) return null
    const { ciphertext, sharedKey } = encapsulate(key)
    return { ciphertext, secret: sharedKey }
  }
  const isSupported = mlKem768(new Uint8Array(1184)) !== null // OpenSSL may be older than Node
  return isSupported ? mlKem768 : null
}

// Signatures

function createSigner (pkcs8: Uint8Array): Signer {
  const privateKey = readPkcs8(pkcs8)
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const usable = schemes.filter((scheme) => suits(privateKey, publicKey, scheme))
  if (usable.length === 0) {
    throw new Error(`a key of type ${privateKey.asymmetricKeyType} with these parameters signs no TLS 1.3 SignatureScheme`)
  }
  return Object.freeze({
    keyType: privateKey.asymmetricKeyType as string,
    signatureSchemes: Object.freeze(usable.map((scheme) => scheme.id)),
    publicKey,
    sign (id: number, content: Uint8Array): Awaitable<Uint8Array> {
      const scheme = usable.find((scheme) => scheme.id === id)
      if (scheme === undefined) return refuseScheme(id)
      const key = withPadding(privateKey, scheme)
      return isQuick(scheme) ? sign(scheme.hash, content, key) : signInThreadPool(scheme.hash, content, key)
    }
  })
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
function withPadding (key: KeyObject, scheme: Scheme): SignKeyObjectInput {
  const isPss = scheme.keyType === 'rsa' || scheme.keyType === 'rsa-pss'
  return isPss ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.hashLength } : { key }
}

/** P-256 and Ed25519 sign in 30 to 60 µs, less than a thread costs; the others take 0.1 to 4 ms. */
function isQuick (scheme: Scheme): boolean {
  return scheme.curve === 'prime256v1' || scheme.keyType === 'ed25519'
}

function signInThreadPool (hash: string | null, content: Uint8Array, key: SignKeyObjectInput): Promise<Uint8Array> {
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

function bufferOf (bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Without it a decipher would take a shorter tag. */
const aeadOptions = { authTagLength: tagLength }

/** SubjectPublicKeyInfo of ML-KEM-768 up to the key itself (RFC 9935 §4): id-alg-ml-kem-768, a BIT STRING of 1184 bytes. */
const mlKem768SpkiPrefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex')
