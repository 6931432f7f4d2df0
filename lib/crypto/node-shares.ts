/**
 * A peer's X25519 or X448 share as `crypto.diffieHellman` takes it. The encodings say the same and cost what is far apart, in
 * µs on Node 20, 24 and 26: JWK 9, 26 and 4; PEM 340, 11 and 11; raw none, 26 and 3. Node 24 finds out that an object is no
 * KeyObject by exceptions, four for each object, and a string cannot be one; Node 20 has OpenSSL look for a decoder among all.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import type { KeyObject, PublicKeyInput } from 'node:crypto'

export type MontgomeryCurve = 'x25519' | 'x448'
/** What `diffieHellman` takes: its types leave out that some versions take encoded keys, too. */
export type EncodeShare = (curve: MontgomeryCurve, share: Buffer) => KeyObject

/** What `createPublicKey` takes. */
export const shareEncodings = {
  jwk: (curve, share) => ({ key: { kty: 'OKP', crv: curve === 'x25519' ? 'X25519' : 'X448', x: share.toString('base64url') }, format: 'jwk' }),
  pem: (curve, share) => `-----BEGIN PUBLIC KEY-----\n${spkiPrefixes[curve]}${share.toString('base64')}\n-----END PUBLIC KEY-----\n`,
  // The types of Node 20 do not have it.
  raw: (curve, share) => ({ key: share, format: 'raw-public', asymmetricKeyType: curve }) as unknown as PublicKeyInput
} satisfies Record<string, (curve: MontgomeryCurve, share: Buffer) => Parameters<typeof createPublicKey>[0]>

/**
 * @param takesEncoded does `diffieHellman` take keys that are no KeyObjects? Each that is not made is one object
 *   less with memory outside of the heap, for the garbage collector to free.
 * @returns the cheapest for a version of Node
 */
export function shareEncoderOn (major: number, takesEncoded: boolean): EncodeShare {
  const encode = shareEncodings[major >= 26 ? 'raw' : major >= 24 ? 'pem' : 'jwk']
  return takesEncoded ? encode as unknown as EncodeShare : (curve, share) => createPublicKey(encode(curve, share))
}

/** Some versions of Node 24 do. An OpenSSL without X25519 (a FIPS provider) does not either. */
export function takesEncodedKeys (): boolean {
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const
  try {
    const { privateKey, publicKey } = generateKeyPairSync('x25519', { publicKeyEncoding }) as unknown as { privateKey: KeyObject, publicKey: KeyObject }
    return diffieHellman({ privateKey, publicKey }).length > 0
  } catch {
    return false
  }
}

/** SubjectPublicKeyInfo up to the key itself (RFC 8410 §3): twelve bytes, which base64 ends with. */
const spkiPrefixes: Readonly<Record<MontgomeryCurve, string>> = { x25519: 'MCowBQYDK2VuAyEA', x448: 'MEIwBQYDK2VvAzkA' }
