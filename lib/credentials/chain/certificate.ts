/** A certificate as path validation sees it: the signature is OpenSSL's matter, the rest is read once. */
import { X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as Asn1Certificate } from '@peculiar/asn1-x509'
import type { Name } from '@peculiar/asn1-x509'
import { hasExplicitCurve, signatureAlgorithm } from './algorithms.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import { integerHex } from './decode.ts'
import { readExtensions } from './extensions.ts'
import type { Extensions, KeyIdentifier } from './extensions.ts'
import { maxValues } from './limits.ts'
import { canonicalName, sameName } from './name.ts'
import type { DistinguishedName } from './name.ts'

export interface Certificate {
  readonly der: Uint8Array
  readonly x509: X509Certificate
  /** Null when the key is of a sort that OpenSSL does not know. */
  readonly publicKey: KeyObject | null
  readonly explicitCurve: boolean
  /** 1, 2 or 3. */
  readonly version: number
  readonly serial: string
  readonly subject: DistinguishedName
  readonly subjectName: Name
  readonly issuer: DistinguishedName
  /** Unix time in milliseconds; NaN where the field is no time. */
  readonly notBefore: number
  readonly notAfter: number
  /** Null when it is not known. */
  readonly algorithm: SignatureAlgorithm | null
  readonly extensions: Extensions
  /** Subject and issuer are the same name. */
  readonly selfIssued: boolean
  /** Self-issued, and by its own key for all that the extensions say; the signature is not looked at. */
  readonly selfSigned: boolean
}

/**
 * @param maxNodes ASN.1 values that are read at most
 * @returns null when the octets are not exactly one certificate
 */
export function readCertificate (der: Uint8Array, maxNodes = maxValues): Certificate | null {
  try {
    const x509 = new X509Certificate(der)
    // Neither PEM nor anything behind the certificate.
    return x509.raw.equals(der) ? describe(der, x509, maxNodes) : null
  } catch {
    return null
  }
}

export function sameCertificate (a: Certificate, b: Certificate): boolean {
  return a === b || Buffer.from(a.der).equals(b.der)
}

/** May `issuer` be the one that issued `subject`, by names, key identifiers and algorithms? No signature is checked. */
export function mayHaveIssued (issuer: Certificate, subject: Certificate): boolean {
  return sameName(issuer.subject, subject.issuer) &&
    !issuer.extensions.malformed && !subject.extensions.malformed &&
    isIdentifiedBy(issuer, subject.extensions.authorityKeyIdentifier) &&
    signsBy(issuer, subject.algorithm)
}

/** Is this the certificate that an authorityKeyIdentifier speaks of? What either side leaves open is no contradiction. */
export function isIdentifiedBy (certificate: Certificate, identifier: KeyIdentifier | undefined): boolean {
  const { keyIdentifier, serial, issuer } = identifier ?? {}
  const { subjectKeyIdentifier = keyIdentifier } = certificate.extensions
  return (keyIdentifier === undefined || keyIdentifier === subjectKeyIdentifier) &&
    (serial === undefined || serial === certificate.serial) &&
    (issuer === undefined || sameName(issuer, certificate.issuer))
}

/** Is the certificate in force (RFC 5280 §6.1.3 (a)(2))? At `notAfter` it no longer is, as in OpenSSL. */
export function isInForce ({ notBefore, notAfter }: Certificate, now: number): boolean {
  return notBefore <= now && now < notAfter
}

function describe (der: Uint8Array, x509: X509Certificate, maxNodes: number): Certificate {
  // The values inside of extensions count, too: the library looks into octet strings.
  const { tbsCertificate: tbs } = AsnConvert.parse(der, Asn1Certificate, { berOptions: { maxNodes } })
  const certificate = {
    der,
    x509,
    publicKey: publicKeyOf(x509),
    explicitCurve: hasExplicitCurve(tbs.subjectPublicKeyInfo),
    version: tbs.version + 1,
    serial: integerHex(tbs.serialNumber),
    subject: canonicalName(tbs.subject),
    subjectName: tbs.subject,
    issuer: canonicalName(tbs.issuer),
    notBefore: readTime(x509.validFrom),
    notAfter: readTime(x509.validTo),
    algorithm: signatureAlgorithm(tbs.signature),
    extensions: readExtensions(tbs.extensions ?? []),
    selfIssued: false,
    selfSigned: false
  }
  certificate.selfIssued = sameName(certificate.subject, certificate.issuer)
  certificate.selfSigned = mayHaveIssued(certificate, certificate)
  return certificate
}

function signsBy (issuer: Certificate, algorithm: SignatureAlgorithm | null): boolean {
  return issuer.publicKey !== null && algorithm !== null && algorithm.keyTypes.includes(issuer.publicKey.asymmetricKeyType!)
}

function publicKeyOf (x509: X509Certificate): KeyObject | null {
  try {
    return x509.publicKey
  } catch {
    return null
  }
}

/** OpenSSL's rendering of a time, `Jan  1 00:00:00 2024 GMT`; anything else is no time (RFC 5280 §4.1.2.5). */
function readTime (text: string): number {
  return rendering.test(text) ? Date.parse(text) : NaN
}

const rendering = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/
