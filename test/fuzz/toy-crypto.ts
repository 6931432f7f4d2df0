/**
 * A CryptoProvider with the shapes of TLS 1.3's algorithms and none of their strength: mixing functions of 64 bits where
 * node:crypto would take most of the time of a handshake. What is not sealed, signed or hashed right is noticed as surely
 * as a mutation is blind. It shows what the server does with it, which is how the fuzzer comes by the keys of a connection
 * without the server's help.
 */
import type { Aead, CipherSuite, CryptoProvider, Hash, NamedGroup, RunningHash, Signer } from '../../types/crypto.ts'

/** The keys of one direction of a connection, as the core made them. */
export interface ToyProtection {
  readonly aead: ToyAead
  readonly secret: Uint8Array
  readonly iv: Uint8Array
}

/** What was asked of the provider since the connection began. */
export class Tap {
  /** The client's present keys, and how many records it sealed under them. */
  read: ToyProtection | null = null
  readSequence = 0
  /** TLSInnerPlaintexts, as they were sealed. */
  readonly sealed: Uint8Array[] = []
  transcript: ToyRunningHash | null = null
  fork: ToyRunningHash | null = null
  /** Bytes hashed, opened and sealed, and 64 for every call: the measure of work. */
  work = 0
  /** Keys that no AEAD was made of yet. */
  #derived: Array<{ secret: Uint8Array, key: Uint8Array, iv: Uint8Array }> = []
  #last: ToyProtection | null = null
  #protections = 0
  #counter = 0

  reset (): void {
    this.sealed.length = 0
    this.transcript = this.fork = this.#last = this.read = null
    this.#derived.length = 0
    this.#protections = 0
    this.work = 0
    this.#counter = 0
  }

  /** From one secret a key is derived and then an IV; the AEAD of that key may follow later. */
  key (secret: Uint8Array, key: Uint8Array): void {
    this.#derived.push({ secret: secret.slice(), key: key.slice(), iv: noIv })
  }

  iv (iv: Uint8Array): void {
    this.#derived.at(-1)!.iv = iv.slice(0, 12)
  }

  aead (aead: ToyAead, key: Uint8Array): ToyAead {
    const index = this.#derived.findIndex((derived) => equal(derived.key.subarray(0, key.length), key))
    if (index === -1) return aead
    const { secret, iv } = this.#derived.splice(index, 1)[0]!
    this.#last = { aead, secret, iv }
    // Handshake keys: read, write. Application keys: write, and read once Finished is there. Then only KeyUpdates.
    this.#protections++
    if (this.#protections === 1 || this.#protections === 4) this.readKeysChanged()
    return aead
  }

  /** The server made keys to read with, just now. */
  readKeysChanged (): void {
    this.read = this.#last
    this.readSequence = 0
  }

  random (length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let state = ++this.#counter
    for (let i = 0; i < length; i++) {
      state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
      bytes[i] = state >>> 24
    }
    return bytes
  }
}

export interface Toy {
  readonly provider: CryptoProvider
  readonly tap: Tap
  readonly sha256: ToyHash
}

export function createToy (): Toy {
  const tap = new Tap()
  const sha256 = new ToyHash('sha256', 32, tap)
  const sha384 = new ToyHash('sha384', 48, tap)
  const suite = (id: number, name: string, hash: Hash, keyLength: number, recordLimit = 2 ** 24): CipherSuite => ({
    id, name, hash, keyLength, tagLength, recordLimit, byDefault: true, aead: (key) => tap.aead(new ToyAead(key, tap), key)
  })
  const provider: CryptoProvider = {
    name: 'toy',
    cipherSuites: [
      suite(0x1301, 'TLS_AES_128_GCM_SHA256', sha256, 16),
      suite(0x1302, 'TLS_AES_256_GCM_SHA384', sha384, 32),
      // One whose keys are used up soon.
      suite(0x1303, 'TLS_CHACHA20_POLY1305_SHA256', sha256, 32, 12)
    ],
    namedGroups: [toyGroup(0x001d, 'x25519', 32, sha256), toyGroup(0x0017, 'secp256r1', 65, sha256)],
    signatureSchemes: [0x0403, 0x0804, 0x0807],
    sha256,
    sha384,
    random: (length) => tap.random(length),
    timingSafeEqual: equal,
    signer: (pkcs8) => toySigner(pkcs8, sha256),
    verify: (scheme, publicKey, content, signature) => {
      tap.work += 64
      return publicKey.length < 4 || scheme === 0x0804 ? null : equal(signature, toySignature(sha256, publicKey, content))
    }
  }
  return { provider, tap, sha256 }
}

/** A signature is a hash of key and content; whoever knows the public key can make it. */
export function toySignature (hash: Hash, publicKey: Uint8Array, content: Uint8Array): Uint8Array {
  return hash.hmac(publicKey, content)
}

export class ToyHash implements Hash {
  readonly name: 'sha256' | 'sha384'
  readonly length: number
  readonly #tap: Tap

  constructor (name: 'sha256' | 'sha384', length: number, tap: Tap) {
    this.name = name
    this.length = length
    this.#tap = tap
  }

  digest (data: Uint8Array): Uint8Array {
    return this.#mix(data, null)
  }

  hmac (key: Uint8Array, data: Uint8Array): Uint8Array {
    const code = this.#mix(key, data)
    // HkdfLabel: length, then the label "tls13 key" or "tls13 iv".
    if (data.length > 11 && data[2] === 9 && data[9] === 0x6b && data[11] === 0x79) this.#tap.key(key, code)
    if (data.length > 11 && data[2] === 8 && data[9] === 0x69 && data[10] === 0x76) this.#tap.iv(code)
    return code
  }

  hmacs (key: Uint8Array, inputs: readonly Uint8Array[], lengths?: readonly number[]): Uint8Array[] {
    return inputs.map((data, i) => this.hmac(key, data).slice(0, lengths?.[i]))
  }

  start (): RunningHash {
    return (this.#tap.transcript = new ToyRunningHash(this.length, this.#tap))
  }

  #mix (first: Uint8Array, second: Uint8Array | null): Uint8Array {
    scratch.restart(this.length, this.#tap)
    scratch.update(first)
    if (second !== null) {
      scratch.separate()
      scratch.update(second)
    }
    return scratch.digest()
  }
}

export class ToyRunningHash implements RunningHash {
  #length: number
  #tap: Tap
  #a = 0x243f6a88
  #b = 0x13198a2e
  #count = 0

  constructor (length: number, tap: Tap) {
    this.#length = length
    this.#tap = tap
  }

  restart (length: number, tap: Tap): void {
    this.#length = length
    this.#tap = tap
    this.#a = 0x243f6a88
    this.#b = 0x13198a2e
    this.#count = 0
  }

  update (data: Uint8Array): void {
    this.#tap.work += 64 + data.length
    let a = this.#a
    let b = this.#b
    for (let i = 0; i < data.length; i++) {
      a = Math.imul(a ^ data[i]!, 0x01000193)
      b = Math.imul(b + data[i]! ^ a >>> 15, 0x85ebca6b)
    }
    this.#a = a
    this.#b = b
    this.#count += data.length
  }

  separate (): void {
    this.#a = Math.imul(this.#a ^ this.#count, 0xc2b2ae35)
    this.#b ^= this.#a >>> 13
  }

  fork (): ToyRunningHash {
    return (this.#tap.fork = this.#copy())
  }

  #copy (): ToyRunningHash {
    const copy = new ToyRunningHash(this.#length, this.#tap)
    copy.#a = this.#a
    copy.#b = this.#b
    copy.#count = this.#count
    return copy
  }

  digest (): Uint8Array {
    const out = new Uint8Array(this.#length)
    fill(out, this.#a ^ this.#count, this.#b + this.#length | 0)
    return out
  }

  digestWith (data: Uint8Array): Uint8Array {
    const copy = this.#copy()
    copy.update(data)
    return copy.digest()
  }
}

export class ToyAead implements Aead {
  readonly #a: number
  readonly #b: number
  readonly #tap: Tap

  constructor (key: Uint8Array, tap: Tap) {
    const state = new ToyRunningHash(8, tap)
    state.update(key)
    const seed = new DataView(state.digest().buffer)
    this.#a = seed.getInt32(0)
    this.#b = seed.getInt32(4)
    this.#tap = tap
  }

  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    this.#tap.sealed.push(Uint8Array.from(buffer.subarray(start, end))) // of a Buffer `slice` is a view
    this.sealUnseen(nonce, additionalData, buffer, start, end)
  }

  /** The same for the other end of the connection. */
  sealUnseen (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    this.#stream(nonce, buffer, start, end)
    this.#tag(nonce, additionalData, buffer, start, end, buffer.subarray(end, end + tagLength))
  }

  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    const tag = end - tagLength
    if (tag < start) return null
    this.#tag(nonce, additionalData, buffer, start, tag, expectedTag)
    for (let i = 0; i < tagLength; i++) if (expectedTag[i] !== buffer[tag + i]) return null
    const plaintext = Uint8Array.from(buffer.subarray(start, tag))
    this.#stream(nonce, plaintext, 0, plaintext.length)
    return plaintext
  }

  destroy (): void {}

  #stream (nonce: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    this.#tap.work += 64 + end - start
    let state = this.#a ^ (nonce[8]! << 24 | nonce[9]! << 16 | nonce[10]! << 8 | nonce[11]!)
    for (let i = start; i < end; i++) {
      state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + this.#b | 0
      buffer[i]! ^= state >>> 24
    }
  }

  #tag (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number, out: Uint8Array): void {
    let a = this.#a
    let b = this.#b
    for (const byte of nonce) a = Math.imul(a ^ byte, 0x01000193)
    for (const byte of additionalData) a = Math.imul(a ^ byte, 0x01000193)
    for (let i = start; i < end; i++) {
      a = Math.imul(a ^ buffer[i]!, 0x01000193)
      b = Math.imul(b + buffer[i]! ^ a >>> 15, 0x85ebca6b)
    }
    fill(out, a, b)
  }
}

function toyGroup (id: number, name: string, length: number, hash: Hash): NamedGroup {
  return {
    id,
    name,
    byDefault: true,
    encapsulate: (clientShare) => clientShare.length !== length || clientShare.every((byte) => byte === 0)
      ? null
      : { share: new Uint8Array(length).fill(9), secret: hash.digest(clientShare) }
  }
}

function toySigner (pkcs8: Uint8Array, hash: Hash): Signer {
  return { keyType: 'ec', signatureSchemes: [0x0403], publicKey: pkcs8, sign: (_scheme, content) => toySignature(hash, pkcs8, content) }
}

function fill (out: Uint8Array, first: number, second: number): void {
  let a = first
  let b = second
  for (let i = 0; i < out.length; i += 4) {
    a = Math.imul(a ^ a >>> 16, 0x85ebca6b) + b | 0
    b = Math.imul(b ^ b >>> 13, 0xc2b2ae35) + a | 0
    const word = a ^ b >>> 16
    out[i] = word
    out[i + 1] = word >>> 8
    out[i + 2] = word >>> 16
    out[i + 3] = word >>> 24
  }
}

function equal (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export const tagLength = 16

const noIv = new Uint8Array(0)
const expectedTag = new Uint8Array(tagLength)
const scratch = new ToyRunningHash(0, new Tap())
