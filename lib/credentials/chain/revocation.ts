/** Revocation by CRLs (RFC 5280 §6.3.3): every certificate of the path must be covered, as node:tls asks of OpenSSL. */
import { AsnConvert } from '@peculiar/asn1-schema'
import { KeyUsageFlags } from '@peculiar/asn1-x509'
import type { DistributionPoint, DistributionPointName } from '@peculiar/asn1-x509'
import { isIdentifiedBy } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import type { Crl } from './crl.ts'
import { sameOctets } from './decode.ts'
import { canonicalName, sameName } from './name.ts'
import type { Path } from './path.ts'
import type { Problems } from './problems.ts'
import { allowsUsage } from './usage.ts'

export function checkRevocation ({ certificates }: Path, crls: readonly Crl[], now: number, problems: Problems): void {
  certificates.forEach((certificate, depth) => {
    const candidates = crls.flatMap((crl) => assess(crl, certificate, certificates, depth, now))
    if (candidates.length === 0) return problems.add('UNABLE_TO_GET_CRL', depth)
    checkAgainst(candidates.reduce(better), certificate, depth, now, problems)
  })
}

/** A CRL of the certificate's issuer, and how well it suits. */
interface Candidate {
  readonly crl: Crl
  readonly signer: Certificate
  readonly inScope: boolean
  /** What OpenSSL weighs, the heaviest first. */
  readonly score: number
}

/** @returns nothing when the CRL is not one of the certificate's issuer, or of a sort that is not processed */
function assess (crl: Crl, certificate: Certificate, path: readonly Certificate[], depth: number, now: number): Candidate[] {
  const { scope, issuer } = crl
  if (scope !== undefined && (scope.indirectCRL || scope.onlySomeReasons !== undefined)) return []
  if (!sameName(issuer, certificate.issuer)) return []
  const issuedBy = path[depth + 1] ?? path[depth]!
  const signer = isIdentifiedBy(issuedBy, crl.authorityKeyIdentifier)
    ? issuedBy
    : path.slice(depth + 2).find((other) => sameName(other.subject, issuer) && isIdentifiedBy(other, crl.authorityKeyIdentifier))
  if (signer === undefined) return []
  const inScope = covers(crl, certificate)
  const score = (crl.unhandledCritical ? 0 : 8) + (inScope ? 4 : 0) + (isCurrent(crl, now) ? 2 : 0) + (signer === issuedBy ? 1 : 0)
  return [{ crl, signer, inScope, score }]
}

/** The newer of two that suit alike. */
function better (a: Candidate, b: Candidate): Candidate {
  if (a.score !== b.score) return a.score > b.score ? a : b
  return b.crl.thisUpdate > a.crl.thisUpdate ? b : a
}

function checkAgainst ({ crl, signer, inScope }: Candidate, { serial }: Certificate, depth: number, now: number, problems: Problems): void {
  if (!allowsUsage(signer, KeyUsageFlags.cRLSign)) problems.add('KEYUSAGE_NO_CRL_SIGN', depth)
  if (!inScope) problems.add('DIFFERENT_CRL_SCOPE', depth)
  if (crl.thisUpdate > now) problems.add('CRL_NOT_YET_VALID', depth)
  if (crl.nextUpdate <= now) problems.add('CRL_HAS_EXPIRED', depth)
  if (!crl.isSignedBy(signer.publicKey!)) problems.add('CRL_SIGNATURE_FAILURE', depth)
  if (crl.unhandledCritical) problems.add('UNHANDLED_CRITICAL_CRL_EXTENSION', depth)
  if (crl.isRevoked(serial)) problems.add('CERT_REVOKED', depth)
  // The CRL that covers the certificate is still to be got.
  if (!inScope) problems.add('UNABLE_TO_GET_CRL', depth)
}

function isCurrent ({ thisUpdate, nextUpdate }: Crl, now: number): boolean {
  return thisUpdate <= now && now < nextUpdate
}

/** Is the certificate one that the CRL speaks of (RFC 5280 §6.3.3 (b)(2))? */
function covers ({ scope, issuer }: Crl, { extensions }: Certificate): boolean {
  if (scope === undefined) return (extensions.distributionPoints ?? []).every(({ reasons }) => reasons === undefined)
  if (scope.onlyContainsAttributeCerts) return false
  if (extensions.basicConstraints?.ca ? scope.onlyContainsUserCerts : scope.onlyContainsCACerts) return false
  if (scope.distributionPoint === undefined) return true
  return (extensions.distributionPoints ?? []).some((point) => isOfIssuer(point, issuer) && isSamePoint(point, scope.distributionPoint!))
}

function isOfIssuer ({ cRLIssuer, reasons }: DistributionPoint, issuer: Crl['issuer']): boolean {
  // A point that gives some reasons only covers the certificate in part, and no other CRL fills the rest.
  if (reasons !== undefined) return false
  return cRLIssuer === undefined ||
    cRLIssuer.some(({ directoryName }) => directoryName !== undefined && sameName(canonicalName(directoryName), issuer))
}

/** One name in common is enough. Names relative to the CRL issuer are not processed. */
function isSamePoint ({ distributionPoint }: DistributionPoint, { fullName: ours = [] }: DistributionPointName): boolean {
  if (distributionPoint === undefined) return true
  const encoded = ours.map((name) => AsnConvert.serialize(name))
  return (distributionPoint.fullName ?? []).some((name) => {
    const theirs = AsnConvert.serialize(name)
    return encoded.some((our) => sameOctets(our, theirs))
  })
}
