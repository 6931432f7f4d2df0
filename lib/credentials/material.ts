/** The options of a secure context, read and checked: everything but what a crypto provider has to add. */
import type { KeyObject } from 'node:crypto'
import type { SecureContextOptions } from '../../types/options.ts'
import { invalidOption } from '../errors.ts'
import { refuseUnknown } from '../option-names.ts'
import { readCertificates, readRevocationLists, readTrustAnchors } from './certificates.ts'
import type { KeyedChain } from './chains.ts'
import { pairKeysWithChains } from './chains.ts'
import { subjectOf } from './der.ts'
import { readKeys } from './keys.ts'
import { passphraseOf } from './lists.ts'
import { readArchives } from './pfx.ts'

/** Holds private keys: keep it out of everything that is shown. */
export interface Material {
  readonly credentials: readonly CredentialMaterial[]
  /** Trust anchors in DER. */
  readonly trustAnchors: readonly Uint8Array[]
  /** The trust anchors' subjects, each once, as DER Names. */
  readonly certificateAuthorities: readonly Uint8Array[]
  /** Certificate revocation lists in DER. */
  readonly revocationLists: readonly Uint8Array[]
}

export interface CredentialMaterial {
  /** Where the key came from: `key[1]`. */
  readonly option: string
  readonly kind: string
  readonly key: KeyObject
  /** DER, the leaf first. */
  readonly chain: readonly Uint8Array[]
  /** Unix time in milliseconds. */
  readonly notAfter: number
}

/** @throws FST_TLS13_INVALID_OPTION with the option's name and the reason, and nothing secret */
export function readMaterial (options: SecureContextOptions): Material {
  if (typeof options !== 'object' || options === null) throw invalidOption('secure context', 'must be an object with key and cert')
  refuseUnknown(options, secureContextOptions)
  const passphrase = passphraseOf('passphrase', options.passphrase)
  const archives = readArchives(options.pfx, passphrase)
  const chains = pairKeysWithChains(
    [...readKeys(options.key, passphrase), ...archives.flatMap(({ keys }) => keys)],
    [...readCertificates('cert', options.cert), ...archives.map(({ bundle }) => bundle)]
  )
  const trustAnchors = distinct(readTrustAnchors('ca', options.ca).map(({ raw }) => raw))
  return {
    credentials: chains.map(credentialOf),
    trustAnchors,
    certificateAuthorities: authoritiesOf(trustAnchors),
    revocationLists: distinct(readRevocationLists('crl', options.crl))
  }
}

/** The names of the options of a secure context. */
export const secureContextOptions = ['key', 'cert', 'pfx', 'passphrase', 'ca', 'crl'] as const satisfies Array<keyof SecureContextOptions>

function credentialOf ({ key: { option, kind, key }, chain }: KeyedChain): CredentialMaterial {
  return { option, kind, key, chain: chain.map(({ raw }) => raw), notAfter: Date.parse(chain[0]!.validTo) }
}

/** RFC 8446 §4.2.4: `DistinguishedName authorities<3..2^16-1>`, each with a length of two bytes. */
function authoritiesOf (trustAnchors: readonly Uint8Array[]): Uint8Array[] {
  const names = distinct(trustAnchors.map((der) => subjectOf(der)!))
  const length = names.reduce((sum, name) => sum + 2 + name.length, 0)
  if (length > maxAuthoritiesLength) {
    throw invalidOption('ca', `has names of ${length} bytes in all, and a CertificateRequest takes ${maxAuthoritiesLength}`)
  }
  return names
}

function distinct<Bytes extends Uint8Array> (list: readonly Bytes[]): Bytes[] {
  return [...new Map(list.map((bytes) => [Buffer.from(bytes).toString('latin1'), bytes])).values()]
}

/** The list itself and its two bytes of length are in an extension, whose length has two bytes too. */
const maxAuthoritiesLength = 2 ** 16 - 1 - 2
