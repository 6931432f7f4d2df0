/**
 * A peer's X25519 or X448 share as a KeyObject. The encodings say the same and cost what is far apart, in µs on Node 20,
 * 24 and 26: JWK 9, 26 and 4; PEM 340, 11 and 11; raw none, 26 and 3. Node 24 finds out that an object is no KeyObject by
 * exceptions, four for each object, and a string cannot be one; Node 20 has OpenSSL look for a decoder among all.
 */
import { createPublicKey } from 'node:crypto'
import type { KeyObject, PublicKeyInput } from 'node:crypto'

export type MontgomeryCurve = 'x25519' | 'x448'
export type ImportShare = (curve: MontgomeryCurve, share: Buffer) => KeyObject

export const shareEncodings = {
  jwk: (curve, share) => createPublicKey({ key: { kty: 'OKP', crv: curve === 'x25519' ? 'X25519' : 'X448', x: share.toString('base64url') }, format: 'jwk' }),
  pem: (curve, share) => createPublicKey(`-----BEGIN PUBLIC KEY-----\n${spkiPrefixes[curve]}${share.toString('base64')}\n-----END PUBLIC KEY-----\n`),
  // The types of Node 20 do not have it.
  raw: (curve, share) => createPublicKey({ key: share, format: 'raw-public', asymmetricKeyType: curve } as unknown as PublicKeyInput)
} satisfies Record<string, ImportShare>

/** @returns the cheapest for a version of Node */
export function importShareOn (major: number): ImportShare {
  if (major >= 26) return shareEncodings.raw
  return major >= 24 ? shareEncodings.pem : shareEncodings.jwk
}

/** SubjectPublicKeyInfo up to the key itself (RFC 8410 §3): twelve bytes, which base64 ends with. */
const spkiPrefixes: Readonly<Record<MontgomeryCurve, string>> = { x25519: 'MCowBQYDK2VuAyEA', x448: 'MEIwBQYDK2VvAzkA' }
