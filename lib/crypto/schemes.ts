/** What each SignatureScheme of TLS 1.3 asks of a key (RFC 8446 §4.2.3). */
import { SignatureScheme } from '../core/constants.ts'
import type { Curve, KeyType, SignatureHash } from './keys.ts'

/** A scheme that may sign CertificateVerify. */
export interface Scheme {
  readonly id: number
  readonly keyType: KeyType
  /** The one curve an ECDSA scheme is for: TLS 1.3 ties curve and hash together. */
  readonly curve: Curve | null
  /** Null for EdDSA, which has its own. */
  readonly hash: SignatureHash | null
  /** Digest length in bytes; for RSASSA-PSS the salt's length too. */
  readonly hashLength: number
}

/** A scheme of RSASSA-PSS, which alone TLS 1.3 has of RSA. */
export interface PssScheme extends Scheme {
  readonly hash: SignatureHash
}

export function isPss (scheme: Scheme): scheme is PssScheme {
  return scheme.keyType === 'rsa' || scheme.keyType === 'rsa-pss'
}

/** @returns undefined for what may not sign CertificateVerify, such as rsa_pkcs1_sha256 */
export function schemeNumbered (id: number): Scheme | undefined {
  return schemes.find((scheme) => scheme.id === id)
}

/** @returns the SignatureSchemes of some key types, in order of preference */
export function schemesOf (...keyTypes: readonly KeyType[]): readonly number[] {
  return Object.freeze(schemes.filter((scheme) => keyTypes.includes(scheme.keyType)).map((scheme) => scheme.id))
}

/** @throws {Error} always: a signer was asked for a scheme that it does not list */
export function refuseScheme (id: number): never {
  throw new Error(`the key does not sign SignatureScheme 0x${id.toString(16).padStart(4, '0')}`)
}

/** The one scheme order of both providers: short signatures first. */
export const schemes: readonly Scheme[] = Object.freeze([
  scheme(SignatureScheme.ecdsa_secp256r1_sha256, 'ec', 'prime256v1', 'sha256', 32),
  scheme(SignatureScheme.ecdsa_secp384r1_sha384, 'ec', 'secp384r1', 'sha384', 48),
  scheme(SignatureScheme.ecdsa_secp521r1_sha512, 'ec', 'secp521r1', 'sha512', 64),
  scheme(SignatureScheme.ed25519, 'ed25519', null, null, 0),
  scheme(SignatureScheme.ed448, 'ed448', null, null, 0),
  scheme(SignatureScheme.rsa_pss_rsae_sha256, 'rsa', null, 'sha256', 32),
  scheme(SignatureScheme.rsa_pss_rsae_sha384, 'rsa', null, 'sha384', 48),
  scheme(SignatureScheme.rsa_pss_rsae_sha512, 'rsa', null, 'sha512', 64),
  scheme(SignatureScheme.rsa_pss_pss_sha256, 'rsa-pss', null, 'sha256', 32),
  scheme(SignatureScheme.rsa_pss_pss_sha384, 'rsa-pss', null, 'sha384', 48),
  scheme(SignatureScheme.rsa_pss_pss_sha512, 'rsa-pss', null, 'sha512', 64)
])

function scheme (id: number, keyType: KeyType, curve: Scheme['curve'], hash: Scheme['hash'], hashLength: number): Scheme {
  return Object.freeze({ id, keyType, curve, hash, hashLength })
}
