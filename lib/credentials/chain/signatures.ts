/** Signatures and dates of a path, from the top down (RFC 5280 §6.1.3 (a)(1), (2)). */
import { KeyUsageFlags } from '@peculiar/asn1-x509'
import { mayHaveIssued } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import type { Path } from './path.ts'
import type { Problems } from './problems.ts'
import { allowsUsage } from './usage.ts'

/** @returns whether every signature stands; the dates are not part of that */
export function checkSignatures ({ certificates }: Path, now: number, problems: Problems): boolean {
  const last = certificates.length - 1
  const top = certificates[last]!
  let stands = true
  // Who signed the top of a path that does not end in a self-signed certificate is not known.
  const complete = mayHaveIssued(top, top)
  if (!complete && last === 0) problems.add('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 0)
  for (let depth = complete || last === 0 ? last : last - 1; depth >= 0; depth--) {
    if (depth < last) stands = checkSignature(certificates, depth, problems) && stands
    checkDates(certificates[depth]!, depth, now, problems)
  }
  return stands
}

function checkSignature (certificates: readonly Certificate[], depth: number, problems: Problems): boolean {
  const subject = certificates[depth]!
  const issuer = certificates[depth + 1]!
  if (!allowsUsage(issuer, KeyUsageFlags.keyCertSign)) problems.add('KEYUSAGE_NO_CERTSIGN', depth + 1)
  // OpenSSL checks here, too, that the algorithm inside the signature and outside is one (RFC 5280 §4.1.1.2).
  if (subject.x509.verify(issuer.publicKey!)) return true
  problems.add('CERT_SIGNATURE_FAILURE', depth)
  return false
}

function checkDates ({ notBefore, notAfter }: Certificate, depth: number, now: number, problems: Problems): void {
  if (Number.isNaN(notBefore)) problems.add('ERROR_IN_CERT_NOT_BEFORE_FIELD', depth)
  if (notBefore > now) problems.add('CERT_NOT_YET_VALID', depth)
  if (Number.isNaN(notAfter)) problems.add('ERROR_IN_CERT_NOT_AFTER_FIELD', depth)
  if (notAfter <= now) problems.add('CERT_HAS_EXPIRED', depth)
}
