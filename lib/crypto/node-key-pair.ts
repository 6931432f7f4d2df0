import { generateKeyPairSync } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import type { MontgomeryCurve } from './node-shares.ts'

/** A key pair for one key exchange. */
export interface ExchangeKeyPair {
  readonly privateKey: KeyObject
  /** The public key as it is sent. */
  readonly share: Uint8Array
}

export function exchangeKeyPair (curve: MontgomeryCurve): ExchangeKeyPair {
  const { privateKey, publicKey } = generateKeyPair<JsonWebKey>(curve, asJwk)
  return { privateKey, share: Buffer.from(publicKey.x as string, 'base64url') }
}

/**
 * With the public key encoded already, and not by its `export` afterwards: on Node 20 that holds the key's mutex while it makes
 * strings, and when V8 collects garbage for one of them, what has made the pair waits for this mutex in its destructor, in the
 * same thread, for ever. While the pair is made, nothing of it is garbage.
 */
export function generateKeyPair<PublicKey> (type: string, options: object): KeyPair<PublicKey> {
  return (generateKeyPairSync as unknown as (type: string, options: object) => KeyPair<PublicKey>)(type, options) // the types leave these forms out
}

interface KeyPair<PublicKey> { readonly privateKey: KeyObject, readonly publicKey: PublicKey }

const asJwk = { publicKeyEncoding: { format: 'jwk' } }
