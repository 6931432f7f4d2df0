/** Which certificate belongs to which key, and in which order a chain is sent (RFC 8446 §4.4.2). */
import type { X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate, KeyUsage, KeyUsageFlags, id_ce_keyUsage as keyUsageId } from '@peculiar/asn1-x509'
import { invalidOption } from '../errors.ts'
import { attempt } from './certificates.ts'
import type { Bundle } from './certificates.ts'
import type { PrivateKey } from './keys.ts'

/** A key and the chain that proves it. */
export interface KeyedChain {
  readonly key: PrivateKey
  /** The leaf first, each followed by its issuer as far as it was given. */
  readonly chain: readonly X509Certificate[]
}

/**
 * Finds each key's certificate by the public key, wherever it stands, and orders the chain behind it.
 * @throws FST_TLS13_INVALID_OPTION when a key or a bundle is of no use
 */
export function pairKeysWithChains (keys: readonly PrivateKey[], bundles: readonly Bundle[]): KeyedChain[] {
  if (keys.length === 0) throw invalidOption('key', 'is missing: give key and cert, or pfx')
  if (bundles.length === 0) throw invalidOption('cert', 'is missing: a key needs its certificate')
  refuseSecondOfAKind(keys)
  const leaves = keys.map((key) => leafOf(key, bundles))
  const chains = keys.map((key, index) => ({ key, chain: chainOf(leaves[index]!, leaves, bundles) }))
  const used = new Set(chains.flatMap(({ chain }) => chain))
  const useless = bundles.find(({ certificates }) => !certificates.some((certificate) => used.has(certificate)))
  if (useless !== undefined) throw invalidOption(useless.option, 'no key belongs to it, and no chain needs it')
  return chains
}

/** Of two keys of one kind the second would never be chosen, since they make the same signatures. */
function refuseSecondOfAKind (keys: readonly PrivateKey[]): void {
  for (const [index, { kind, option }] of keys.entries()) {
    const first = keys.slice(0, index).find((other) => other.kind === kind)
    if (first !== undefined) {
      throw invalidOption(option, `is a second ${kind} key beside ${first.option === option ? 'the first in it' : first.option}: only one of a kind is ever used`)
    }
  }
}

function leafOf ({ key, option }: PrivateKey, bundles: readonly Bundle[]): X509Certificate {
  for (const bundle of bundles) {
    const leaf = bundle.certificates.find((certificate) => matches(certificate, key))
    if (leaf === undefined) continue
    requireDigitalSignature(leaf, bundle.option)
    if (Number.isNaN(Date.parse(leaf.validTo))) throw invalidOption(bundle.option, 'has a certificate whose end cannot be read')
    return leaf
  }
  const names = bundles.map((bundle) => bundle.option).join(', ')
  throw invalidOption(option, `belongs to none of the certificates in ${names}: their public keys are other ones`)
}

/**
 * The leaf, then the path of issuers, taken first from the leaf's own bundle; then what else that bundle holds (a
 * cross-signed issuer), because who wrote the file meant it to be sent.
 */
function chainOf (leaf: X509Certificate, leaves: readonly X509Certificate[], bundles: readonly Bundle[]): X509Certificate[] {
  const own = bundles.find(({ certificates }) => certificates.includes(leaf))!.certificates
  const pool = distinct([...own, ...bundles.flatMap(({ certificates }) => certificates)])
  const chain = [leaf]
  for (let last: X509Certificate | undefined = leaf; last !== undefined;) {
    const child: X509Certificate = last
    last = isIssuedBy(child, child) ? undefined : pool.find((other) => !chain.includes(other) && isIssuedBy(child, other))
    if (last !== undefined) chain.push(last)
  }
  const rest = distinct(own).filter((certificate) => !contains(chain, certificate) && !contains(leaves, certificate))
  return [...chain, ...rest]
}

/** RFC 8446 §4.4.2.2: digitalSignature MUST be set if the Key Usage extension is present. */
function requireDigitalSignature (leaf: X509Certificate, option: string): void {
  const allowed = attempt(() => {
    const { extensions = [] } = AsnConvert.parse(leaf.raw, Certificate).tbsCertificate
    const usage = extensions.find(({ extnID }) => extnID === keyUsageId)
    return usage === undefined || (AsnConvert.parse(usage.extnValue, KeyUsage).toNumber() & KeyUsageFlags.digitalSignature) !== 0
  })
  if (allowed === null) throw invalidOption(option, 'has a certificate whose extensions cannot be read')
  if (!allowed) {
    throw invalidOption(option, 'its key usage has no digitalSignature, without which TLS 1.3 may not use it (RFC 8446 §4.4.2.2)')
  }
}

/** OpenSSL throws for a public key or an algorithm it does not know: that is no match. */
function matches (certificate: X509Certificate, key: PrivateKey['key']): boolean {
  return attempt(() => certificate.checkPrivateKey(key)) ?? false
}

function isIssuedBy (certificate: X509Certificate, issuer: X509Certificate): boolean {
  return attempt(() => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)) ?? false
}

function distinct (certificates: readonly X509Certificate[]): X509Certificate[] {
  return certificates.filter((certificate, index) => !contains(certificates.slice(0, index), certificate))
}

function contains (certificates: readonly X509Certificate[], certificate: X509Certificate): boolean {
  return certificates.some((other) => other.raw.equals(certificate.raw))
}
