/**
 * What the TLS core asks of a cryptographic library. Two providers implement it, `lib/crypto/node.ts` and
 * `lib/crypto/noble.ts`; the core is handed one and never imports either.
 *
 * The shapes suit both: an AEAD works in place in the caller's buffer, so that a library that returns a fresh
 * buffer copies once and one that takes an output copies nothing; groups are KEM-shaped (RFC 8446 §4.2.8), so that
 * a hybrid with ML-KEM is a group like any other.
 */

/** A value, or a promise of it. The core never awaits: it reports that it waits, and is resumed. */
export type Awaitable<T> = T | Promise<T>

/**
 * A hash function and its HMAC (RFC 8446 §7.1). Nothing of what it is given is kept, so that the caller may use that memory
 * again; what it returns is fresh memory.
 */
export interface Hash {
  readonly name: 'sha256' | 'sha384'
  /** Digest length in bytes. */
  readonly length: number
  digest (data: Uint8Array): Uint8Array
  hmac (key: Uint8Array, data: Uint8Array): Uint8Array
  /**
   * Of several inputs under one key, which costs less than one by one: `hmac` of each, in their order.
   * @param lengths how many bytes of each, from its first on; all of them where it is left out
   */
  hmacs (key: Uint8Array, inputs: readonly Uint8Array[], lengths?: readonly number[]): Uint8Array[]
  /** A hash that takes its input in pieces. */
  start (): RunningHash
}

/** A hash in progress, as the transcript needs it (RFC 8446 §4.4.1). */
export interface RunningHash {
  update (data: Uint8Array): void
  /** An independent copy of the present state, which may be kept for long: it takes little memory, whatever went in. */
  fork (): RunningHash
  /** The digest of all that was put in so far; the hash goes on afterwards. */
  digest (): Uint8Array
  /** What `digest` would be if `data` had been put in, too; it is not. */
  digestWith (data: Uint8Array): Uint8Array
  /** Nothing is asked of this one any more: memory that it has may serve again. Optional; not called where a handshake fails. */
  end? (): void
}

/** An AEAD under one key, for one direction of a connection (RFC 8446 §5.2). */
export interface Aead {
  /**
   * Encrypts `buffer[start, end)` in place and writes the tag (`CipherSuite.tagLength` bytes) at `end`.
   * The caller has left the room. `nonce` is 12 bytes and may be reused by the caller afterwards.
   */
  seal (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): void
  /**
   * Decrypts `buffer[start, end)`, whose last `tagLength` bytes are the tag. The buffer stays as it is.
   * @returns the plaintext, in memory that is the caller's; null when the tag is wrong: nothing of the plaintext has left the library
   */
  open (nonce: Uint8Array, additionalData: Uint8Array, buffer: Uint8Array, start: number, end: number): Uint8Array | null
  /** Forgets the key; the object is not used afterwards. */
  destroy (): void
}

/** A TLS 1.3 cipher suite (RFC 8446 Appendix B.4). */
export interface CipherSuite {
  readonly id: number
  /** The IANA name, `TLS_AES_128_GCM_SHA256`. */
  readonly name: string
  readonly hash: Hash
  readonly keyLength: number
  readonly tagLength: number
  /** Records that may be sealed under one key (RFC 8446 §5.5); beyond it the key must be updated. */
  readonly recordLimit: number
  /** Is it enabled where the user's list does not say? */
  readonly byDefault: boolean
  aead (key: Uint8Array): Aead
}

/** A key exchange group (RFC 8446 §4.2.7), seen from the side that answers. */
export interface NamedGroup {
  readonly id: number
  /** The IANA name: `x25519`, `secp256r1`, `X25519MLKEM768`. */
  readonly name: string
  /** Is it enabled where the user's list does not say? */
  readonly byDefault: boolean
  /**
   * Answers a client's share with an ephemeral key of our own, used once.
   * @returns our share and the shared secret; null when the client's share is not valid (wrong length, not on the
   *   curve, small order), which is `illegal_parameter`
   */
  encapsulate (clientShare: Uint8Array): { share: Uint8Array, secret: Uint8Array } | null
}

/** A private key that signs CertificateVerify (RFC 8446 §4.4.3). */
export interface Signer {
  /** `rsa`, `rsa-pss`, `ec`, `ed25519`, `ed448`: the names of `KeyObject.asymmetricKeyType`. */
  readonly keyType: string
  /** The SignatureSchemes this key can make, in order of preference. */
  readonly signatureSchemes: readonly number[]
  /** The public key as SubjectPublicKeyInfo (DER), to hold against the certificate's. */
  readonly publicKey: Uint8Array
  sign (scheme: number, content: Uint8Array): Awaitable<Uint8Array>
}

/** All that TLS 1.3 needs of a cryptographic library. Plain frozen objects. */
export interface CryptoProvider {
  readonly name: string
  /** In order of preference. */
  readonly cipherSuites: readonly CipherSuite[]
  /** In order of preference. */
  readonly namedGroups: readonly NamedGroup[]
  /** The SignatureSchemes `verify` knows, in order of preference. */
  readonly signatureSchemes: readonly number[]
  readonly sha256: Hash
  readonly sha384: Hash
  /** Cryptographically secure random bytes. */
  random (length: number): Uint8Array
  /** Compares in time that depends on the lengths only; false when they differ. */
  timingSafeEqual (a: Uint8Array, b: Uint8Array): boolean
  /**
   * @param pkcs8 a PrivateKeyInfo (DER, not encrypted)
   * @throws {Error} when the key cannot be read or its type signs no TLS 1.3 scheme
   */
  signer (pkcs8: Uint8Array): Signer
  /**
   * Verifies a signature made under a TLS 1.3 SignatureScheme.
   * @param publicKey a SubjectPublicKeyInfo (DER)
   * @returns null when the key cannot be read or is not of the scheme's type: then there is nothing to verify
   */
  verify (scheme: number, publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean | null
}
