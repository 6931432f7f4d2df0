/** Signatures of CertificateVerify (RFC 8446 §4.4.3), made and checked with node:crypto. */
import { constants, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ascii, concat } from './bytes.ts'

interface Scheme {
  readonly id: number
  readonly keyType: string
  readonly curve?: string
  readonly digest: string | null
  readonly pss?: boolean
}

const schemes: readonly Scheme[] = [
  { id: 0x0403, keyType: 'ec', curve: 'prime256v1', digest: 'sha256' },
  { id: 0x0503, keyType: 'ec', curve: 'secp384r1', digest: 'sha384' },
  { id: 0x0603, keyType: 'ec', curve: 'secp521r1', digest: 'sha512' },
  { id: 0x0804, keyType: 'rsa', digest: 'sha256', pss: true },
  { id: 0x0805, keyType: 'rsa', digest: 'sha384', pss: true },
  { id: 0x0806, keyType: 'rsa', digest: 'sha512', pss: true },
  { id: 0x0807, keyType: 'ed25519', digest: null },
  { id: 0x0808, keyType: 'ed448', digest: null },
  { id: 0x0809, keyType: 'rsa-pss', digest: 'sha256', pss: true },
  { id: 0x080a, keyType: 'rsa-pss', digest: 'sha384', pss: true },
  { id: 0x080b, keyType: 'rsa-pss', digest: 'sha512', pss: true },
  { id: 0x0401, keyType: 'rsa', digest: 'sha256' },
  { id: 0x0201, keyType: 'rsa', digest: 'sha1' },
  { id: 0x0203, keyType: 'ec', digest: 'sha1' }
]

/** All that TLS 1.3 allows in CertificateVerify, as the client offers them by default. */
export const signatureSchemes: readonly number[] = schemes.slice(0, 11).map((scheme) => scheme.id)

/** What both sides sign (RFC 8446 §4.4.3). */
export function signedContent (side: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  return concat(new Uint8Array(64).fill(0x20), ascii(`TLS 1.3, ${side} CertificateVerify`), [0], transcriptHash)
}

/** The schemes a key can make, strongest habit first. */
export function schemesOf (key: KeyObject): number[] {
  return schemes.slice(0, 11).filter((scheme) => fits(scheme, key)).map((scheme) => scheme.id)
}

/** @param scheme any that is known here, also one that TLS 1.3 forbids */
export function signWith (scheme: number, key: KeyObject, content: Uint8Array): Uint8Array {
  const known = schemeOf(scheme)
  return new Uint8Array(sign(known.digest, content, { key, ...padding(known) }))
}

export function verifyWith (scheme: number, key: KeyObject, content: Uint8Array, signature: Uint8Array): boolean {
  const known = schemeOf(scheme)
  if (!fits(known, key)) throw new Error(`the certificate's key does not fit scheme 0x${scheme.toString(16)}`)
  return verify(known.digest, content, { key, ...padding(known) }, signature)
}

function schemeOf (id: number): Scheme {
  const scheme = schemes.find((candidate) => candidate.id === id)
  if (scheme === undefined) throw new Error(`the client knows no signature scheme 0x${id.toString(16)}`)
  return scheme
}

function fits (scheme: Scheme, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== scheme.keyType) return false
  return scheme.curve === undefined || key.asymmetricKeyDetails?.namedCurve === scheme.curve
}

function padding (scheme: Scheme): object {
  return scheme.pss === true ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}
}
