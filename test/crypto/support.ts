/** What the tests of the providers share: both of them, bytes, and keys made by node:crypto. */
import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { CryptoProvider } from '../../types/crypto.ts'

/** Each provider with the other one, its oracle. */
export const pairs: ReadonlyArray<{ provider: CryptoProvider, other: CryptoProvider }> = [
  { provider: cryptoProvider('node'), other: cryptoProvider('noble') },
  { provider: cryptoProvider('noble'), other: cryptoProvider('node') }
]

export function bytes (hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
}

export function hex (data: Uint8Array): string {
  return Buffer.from(data).toString('hex')
}

export function ascii (text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

/** A copy with one bit turned over. */
export function corrupted (data: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(data)
  copy[index]! ^= 1
  return copy
}

export interface TestKey {
  readonly privateKey: KeyObject
  /** PrivateKeyInfo, DER. */
  readonly pkcs8: Uint8Array
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
}

export function testKey (type: string, options: object = {}): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync(type as 'ed25519', options) as { privateKey: KeyObject, publicKey: KeyObject }
  return {
    privateKey,
    pkcs8: privateKey.export({ format: 'der', type: 'pkcs8' }),
    spki: publicKey.export({ format: 'der', type: 'spki' })
  }
}

/** A key of every type that signs under TLS 1.3. */
export function everyKey (): Record<string, TestKey> {
  return {
    'P-256': testKey('ec', { namedCurve: 'P-256' }),
    'P-384': testKey('ec', { namedCurve: 'P-384' }),
    'P-521': testKey('ec', { namedCurve: 'P-521' }),
    ed25519: testKey('ed25519'),
    ed448: testKey('ed448'),
    rsa: testKey('rsa', { modulusLength: 2048 }),
    'small rsa': testKey('rsa', { modulusLength: 1024 }),
    'rsa-pss': testKey('rsa-pss', { modulusLength: 2048 }),
    'rsa-pss for SHA-384': testKey('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha384', saltLength: 48 })
  }
}
