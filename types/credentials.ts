/** What the core asks of keys, certificates and the verification of a client's chain. */
import type { Awaitable, Signer } from './crypto.ts'

/** A certificate chain and its key. */
export interface Credential {
  /** DER certificates, the leaf first, each followed by its issuer. */
  readonly chain: readonly Uint8Array[]
  readonly signer: Signer
  /** What metrics call it: the name of the configuration, never a name a peer sent. */
  readonly name: string
  /** The leaf's expiry, Unix time in milliseconds. */
  readonly notAfter: number
}

/** What a ClientHello says that may decide which context answers it. */
export interface ClientHelloInfo {
  /** SNI in lower case without a trailing dot, or null (RFC 6066 §3). */
  readonly serverName: string | null
  readonly alpnProtocols: readonly string[]
}

/** What a server is under one name: its credentials, and whom it trusts. */
export interface SecureContext {
  /** The name of the configuration that it was made from (`default`, or the name given to `addContext`). */
  readonly name: string
  readonly credentials: readonly Credential[]
  /** DER-encoded distinguished names for CertificateRequest's certificate_authorities (RFC 8446 §4.2.4). */
  readonly certificateAuthorities: readonly Uint8Array[]
  readonly verifier: ClientVerifier
  /**
   * 32 bytes that change with everything that decides who may resume a session of this context: certificates, trust
   * anchors, CRLs. A ticket of one policy is refused under another.
   */
  readonly policy: Uint8Array
}

/** Which context answers a ClientHello; null refuses the name with `unrecognized_name`. */
export type ContextResolver = (hello: ClientHelloInfo) => Awaitable<SecureContext | null>

/** The verdict on a client's chain. */
export interface ClientVerification {
  readonly authorized: boolean
  /** Why not, in the words of node:tls: `CERT_HAS_EXPIRED`, `UNABLE_TO_VERIFY_LEAF_SIGNATURE` …; null when authorized. */
  readonly authorizationError: string | null
  /** The AlertDescription to refuse it with; meaningless when authorized. */
  readonly alert: number
  /** The leaf's SubjectPublicKeyInfo (DER), to verify CertificateVerify with; null when the leaf cannot be read. */
  readonly publicKey: Uint8Array | null
}

/** Verifies a client's chain against what this server trusts now (RFC 5280 §6.1). */
export interface ClientVerifier {
  /** @param chain DER certificates as the client sent them, at least one */
  verify (chain: readonly Uint8Array[]): Awaitable<ClientVerification>
}

/** Who the client is, published only after Certificate, CertificateVerify and Finished were verified. */
export interface ClientIdentity {
  /** DER certificates as the client sent them, the leaf first. */
  readonly chain: readonly Uint8Array[]
  readonly authorized: boolean
  readonly authorizationError: string | null
}
