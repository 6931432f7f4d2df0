/**
 * PKCS#12 archives (RFC 7292). node:crypto cannot take keys out of them, so `node-forge`, an optional peer, does; it
 * is loaded when the first archive is read and not before.
 */
import { createRequire } from 'node:module'
import { createPrivateKey } from 'node:crypto'
import { invalidOption } from '../errors.ts'
import { parseCertificate } from './certificates.ts'
import type { Bundle } from './certificates.ts'
import { sealedItemsOf } from './lists.ts'
import type { Sealed } from './lists.ts'
import { usable } from './keys.ts'
import type { PrivateKey } from './keys.ts'

/** What an archive holds: as `key` and `cert` would have brought it. */
export interface Archive {
  readonly keys: readonly PrivateKey[]
  readonly bundle: Bundle
}

/** @param passphrase for archives that bring none of their own */
export function readArchives (value: unknown, passphrase: string | undefined): Archive[] {
  return sealedItemsOf('pfx', value, 'buf', passphrase).map((item) => {
    const forge = loadForge(item.option)
    const bags = open(forge, item)
    const keys = bags.flatMap((bag) => privateKeyOf(forge, bag) ?? [])
    const certificates = bags.flatMap((bag) => certificateOf(forge, bag) ?? [])
    if (keys.length === 0) throw invalidOption(item.option, 'holds no private key')
    if (certificates.length === 0) throw invalidOption(item.option, 'holds no certificate')
    return {
      keys: keys.map((der) => readKey(item.option, der)),
      bundle: { option: item.option, certificates: certificates.map((der) => parseCertificate(item.option, der)) }
    }
  })
}

function loadForge (option: string): Forge {
  try {
    return createRequire(import.meta.url)('node-forge') as Forge
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error
    throw invalidOption(option, 'needs the package node-forge: npm install node-forge')
  }
}

/** Without a passphrase an archive may be sealed with the empty one or with none at all: the two differ (RFC 7292 §B.1). */
function open (forge: Forge, item: Sealed): Bag[] {
  const pfx = parse(forge, item)
  const candidates = item.passphrase === undefined ? ['', null] : [item.passphrase]
  for (const candidate of candidates) {
    try {
      return forge.pkcs12.pkcs12FromAsn1(pfx, true, candidate).safeContents.flatMap(({ safeBags }) => safeBags)
    } catch {
      // The next candidate, or the error below. What the library says may repeat what it read.
    }
  }
  if (item.passphrase === undefined) throw invalidOption(item.option, 'does not open without a passphrase')
  throw invalidOption(item.passphraseOption, /^[ -~]*$/.test(item.passphrase)
    ? `does not open ${item.option}, or that uses algorithms that node-forge does not know`
    : `does not open ${item.option}: node-forge reads archives with ASCII passphrases only`)
}

function parse (forge: Forge, { option, value }: Sealed): Asn1 {
  // As node:tls: a string is taken byte by byte.
  const bytes = typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : null
  if (bytes === null) throw invalidOption(option, 'must be a PKCS#12 archive in a Buffer or Uint8Array')
  try {
    return forge.asn1.fromDer(bytes)
  } catch {
    throw invalidOption(option, 'is not a PKCS#12 archive')
  }
}

/** PKCS#8 of a bag; node-forge gives RSA keys as objects, all others as it found them. */
function privateKeyOf (forge: Forge, bag: Bag): Buffer | null {
  if (bag.type !== forge.pki.oids.keyBag && bag.type !== forge.pki.oids.pkcs8ShroudedKeyBag) return null
  return toDer(forge, bag.asn1 ?? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)))
}

function certificateOf (forge: Forge, bag: Bag): Buffer | null {
  if (bag.type !== forge.pki.oids.certBag) return null
  return toDer(forge, bag.asn1 ?? forge.pki.certificateToAsn1(bag.cert))
}

function readKey (option: string, der: Buffer): PrivateKey {
  try {
    return usable(option, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  } finally {
    der.fill(0)
  }
}

function toDer (forge: Forge, asn1: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1')
}

type Asn1 = object

interface Bag {
  type: string
  key?: unknown
  cert?: unknown
  asn1?: Asn1
}

/** As much of node-forge as is used here. */
interface Forge {
  asn1: { fromDer (bytes: string): Asn1, toDer (asn1: Asn1): { getBytes (): string } }
  pkcs12: { pkcs12FromAsn1 (pfx: Asn1, strict: boolean, password: string | null): { safeContents: Array<{ safeBags: Bag[] }> } }
  pki: {
    oids: Record<'keyBag' | 'pkcs8ShroudedKeyBag' | 'certBag', string>
    wrapRsaPrivateKey (key: Asn1): Asn1
    privateKeyToAsn1 (key: unknown): Asn1
    certificateToAsn1 (certificate: unknown): Asn1
  }
}
