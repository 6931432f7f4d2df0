/** Certificates and revocation lists, out of options. */
import { X509Certificate } from 'node:crypto'
import { invalidOption } from '../errors.ts'
import { readCertificate } from './chain/certificate.ts'
import { Crl } from './chain/crl.ts'
import { subjectOf } from './der.ts'
import { itemsOf } from './lists.ts'
import { describe, isCertificate, isRevocationList, readBlocks } from './pem.ts'

/** The certificates of one member of an option, in the order given. */
export interface Bundle {
  /** `cert`, `cert[1]`, `ca`, `pfx`. */
  readonly option: string
  readonly certificates: readonly X509Certificate[]
}

/** @param option `cert` or `ca` */
export function readCertificates (option: string, value: unknown): Bundle[] {
  return itemsOf(option, value).map(({ option, value }) => {
    const blocks = readBlocks(option, value)
    const certificates = blocks.filter(isCertificate)
    if (certificates.length === 0) throw invalidOption(option, `holds no certificate but ${describe(blocks)}`)
    return { option, certificates: certificates.map(({ der }) => parseCertificate(option, der)) }
  })
}

/** @returns the trust anchors; a certificate that the verifier cannot read is refused here, where its option is known */
export function readTrustAnchors (option: string, value: unknown): X509Certificate[] {
  return readCertificates(option, value).flatMap(({ option, certificates }) => {
    if (certificates.every(({ raw }) => readCertificate(raw) !== null)) return certificates
    throw invalidOption(option, 'has a certificate by which nothing can be verified: it breaks RFC 5280, or has thousands of parts')
  })
}

export function parseCertificate (option: string, der: Uint8Array): X509Certificate {
  const certificate = attempt(() => new X509Certificate(der))
  if (certificate === null) throw invalidOption(option, 'has a certificate that cannot be read')
  // OpenSSL reads BER too, and peers are sent what it read.
  if (subjectOf(certificate.raw) === null) throw invalidOption(option, 'has a certificate that is not DER (X.690 §10)')
  return certificate
}

/** @returns the lists in DER */
export function readRevocationLists (option: string, value: unknown): Uint8Array[] {
  return itemsOf(option, value).flatMap(({ option, value }) => {
    const blocks = readBlocks(option, value)
    const lists = blocks.filter(isRevocationList)
    if (lists.length === 0) throw invalidOption(option, `holds no certificate revocation list but ${describe(blocks)}`)
    for (const { der } of lists) requireReadable(option, der)
    return lists.map(({ der }) => der)
  })
}

/** By the verifier's own reader, so that nothing is accepted here that it refuses later. */
function requireReadable (option: string, list: Uint8Array): void {
  try {
    // eslint-disable-next-line no-new
    new Crl(list)
  } catch (error) {
    throw invalidOption(option, `has a certificate revocation list that cannot be read: ${(error as Error).message}`)
  }
}

/** @returns null where it throws: what a library says of damaged input is not for the user */
export function attempt<Result> (read: () => Result): Result | null {
  try {
    return read()
  } catch {
    return null
  }
}
