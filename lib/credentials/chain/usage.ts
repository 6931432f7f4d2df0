/** What the extensions of a path's certificates allow (RFC 5280 §6.1.4, §4.2.1), certificate by certificate. */
import { KeyUsageFlags } from '@peculiar/asn1-x509'
import { isKeyStrongEnough, isStrongEnough } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import { clientAuth } from './object-ids.ts'
import type { Path } from './path.ts'
import type { Problems } from './problems.ts'

/** Critical extensions, who is an authority, purpose, path length. */
export function checkUsage ({ certificates }: Path, problems: Problems): void {
  const last = certificates.length - 1
  let intermediates = 0
  certificates.forEach((certificate, depth) => {
    const { extensions, publicKey, explicitCurve, selfIssued } = certificate
    if (extensions.unhandledCritical) problems.add('UNHANDLED_CRITICAL_EXTENSION', depth)
    if (extensions.proxy) problems.add('PROXY_CERTIFICATES_NOT_ALLOWED', depth)
    if (depth > 0 && !isAuthority(certificate, depth === last)) problems.add('INVALID_CA', depth)
    if (last > 0 && publicKey === null) problems.add('UNSPECIFIED', depth)
    if (last > 0 && explicitCurve) problems.add('EC_KEY_EXPLICIT_PARAMS', depth)
    if (!isForClients(certificate, depth)) problems.add('INVALID_PURPOSE', depth)
    const pathLength = extensions.basicConstraints?.pathLength ?? Infinity
    if (depth > 1 && intermediates > pathLength) problems.add('PATH_LENGTH_EXCEEDED', depth)
    // RFC 5280 §6.1.4 (l): self-issued certificates do not count.
    if (depth > 0 && !selfIssued) intermediates++
  })
}

/** Keys that are too short, digests that collide. The leaf's key is looked at by `checkLeafKey`. */
export function checkStrength ({ certificates }: Path, problems: Problems): void {
  const last = certificates.length - 1
  certificates.forEach(({ publicKey, algorithm }, depth) => {
    if (depth > 0 && !isKeyStrongEnough(publicKey)) problems.add('CA_KEY_TOO_SMALL', depth)
    // The signature of a trust anchor is not what makes it trusted.
    if (depth < last && (algorithm === null || !isStrongEnough(algorithm))) problems.add('CA_MD_TOO_WEAK', depth)
  })
}

export function checkLeafKey ({ publicKey }: Certificate, problems: Problems): void {
  if (!isKeyStrongEnough(publicKey)) problems.add('EE_KEY_TOO_SMALL', 0)
}

/** RFC 5280 §4.2.1.3: a key usage that is not there restricts nothing. */
export function allowsUsage ({ extensions: { keyUsage } }: Certificate, flag: number): boolean {
  return keyUsage === undefined || (keyUsage & flag) !== 0
}

/**
 * May it issue certificates (RFC 5280 §6.1.4 (k), (n))? At the end of the path OpenSSL still takes what was an
 * authority before basicConstraints was: a version 1 root, and one that has keyCertSign alone.
 */
function isAuthority (certificate: Certificate, isLast: boolean): boolean {
  const { basicConstraints, keyUsage } = certificate.extensions
  if (!allowsUsage(certificate, KeyUsageFlags.keyCertSign)) return false
  if (basicConstraints !== undefined) return basicConstraints.ca
  return isLast && (keyUsage !== undefined || (certificate.version === 1 && certificate.selfSigned))
}

/**
 * As `openssl verify -purpose sslclient`: extendedKeyUsage, where there is one, must have clientAuth in every
 * certificate of the path, the trust anchor included, and anyExtendedKeyUsage is not that.
 */
function isForClients (certificate: Certificate, depth: number): boolean {
  const { extendedKeyUsage, netscapeType } = certificate.extensions
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.includes(clientAuth)) return false
  if (depth > 0) return isAuthority(certificate, true)
  if (netscapeType !== undefined && (netscapeType & netscapeSslClient) === 0) return false
  // OpenSSL takes keyAgreement, too. A TLS 1.3 client signs: RFC 8446 §4.4.2.2 asks for digitalSignature.
  return allowsUsage(certificate, KeyUsageFlags.digitalSignature)
}

const netscapeSslClient = 1
