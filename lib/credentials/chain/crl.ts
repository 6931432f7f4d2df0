/** A certificate revocation list, read once when it is configured (RFC 5280 §5). */
import type { KeyObject } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificateList, CRLReason, CRLReasons, IssuingDistributionPoint } from '@peculiar/asn1-x509'
import type { Extension, RevokedCertificate } from '@peculiar/asn1-x509'
import { signatureAlgorithm, verifySignature } from './algorithms.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import { decodeExactly, integerHex, sameOctets } from './decode.ts'
import { readAuthorityKeyIdentifier } from './extensions.ts'
import type { KeyIdentifier } from './extensions.ts'
import { canonicalName } from './name.ts'
import type { DistinguishedName } from './name.ts'
import { extensionId } from './object-ids.ts'

export class Crl {
  readonly issuer: DistinguishedName
  /** Unix time in milliseconds. */
  readonly thisUpdate: number
  /** Infinity when the list does not say. */
  readonly nextUpdate: number
  readonly authorityKeyIdentifier: KeyIdentifier | undefined
  readonly scope: IssuingDistributionPoint | undefined
  /** A critical extension, of the list or of an entry, that is not processed here. */
  readonly unhandledCritical: boolean
  readonly #revoked: ReadonlySet<string>
  readonly #algorithm: SignatureAlgorithm | null
  readonly #tbs: Uint8Array
  readonly #signature: Uint8Array
  readonly #verifiedBy = new WeakSet<KeyObject>()

  /** @throws {Error} when the octets are no CRL that can be processed */
  constructor (der: Uint8Array) {
    const list = AsnConvert.parse(der, CertificateList, { berOptions: unbounded })
    const { issuer, thisUpdate, nextUpdate, revokedCertificates = [], crlExtensions = [], signature } = list.tbsCertList
    const extensions = new Map(crlExtensions.map((extension) => [extension.extnID, extension]))
    // Without its base a delta CRL says who is revoked, not who is not (RFC 5280 §5.2.4).
    if (extensions.has(extensionId.deltaCRLIndicator)) throw new TypeError('delta CRLs are not supported: give the complete CRL')
    this.issuer = canonicalName(issuer)
    this.thisUpdate = thisUpdate.getTime().getTime()
    this.nextUpdate = nextUpdate?.getTime().getTime() ?? Infinity
    this.authorityKeyIdentifier = valueOf(extensions, extensionId.authorityKeyIdentifier, readAuthorityKeyIdentifier)
    this.scope = valueOf(extensions, extensionId.issuingDistributionPoint, (value) => decodeExactly(value, IssuingDistributionPoint))
    this.unhandledCritical = crlExtensions.some(isUnhandled) || revokedCertificates.some(hasCritical)
    this.#revoked = new Set(revokedCertificates.filter(isStillRevoked).map(({ userCertificate }) => integerHex(userCertificate)))
    this.#algorithm = isSameAlgorithm(signature, list.signatureAlgorithm) ? signatureAlgorithm(signature) : null
    this.#tbs = new Uint8Array(list.tbsCertListRaw!)
    this.#signature = new Uint8Array(list.signature)
  }

  /** @param serial as `integerHex` writes it */
  isRevoked (serial: string): boolean {
    return this.#revoked.has(serial)
  }

  /** Does the signature stand under this key? A list can be long, so that it does is remembered. */
  isSignedBy (key: KeyObject): boolean {
    if (this.#verifiedBy.has(key)) return true
    if (this.#algorithm === null || !verifySignature(this.#algorithm, key, this.#tbs, this.#signature)) return false
    this.#verifiedBy.add(key)
    return true
  }
}

function valueOf<T> (extensions: ReadonlyMap<string, Extension>, id: string, read: (der: ArrayBuffer) => T): T | undefined {
  const extension = extensions.get(id)
  return extension && read(extension.extnValue.buffer)
}

/** RFC 5280 §5.2: a list with an unknown critical extension MUST NOT be used to tell who is not revoked. */
function isUnhandled ({ critical, extnID }: Extension): boolean {
  return critical && !handled.has(extnID)
}

/** RFC 5280 §5.3. Entries of other issuers (indirect CRLs) are critical, and not processed either. */
function hasCritical ({ crlEntryExtensions = [] }: RevokedCertificate): boolean {
  return crlEntryExtensions.some(({ critical }) => critical)
}

function isStillRevoked ({ crlEntryExtensions = [] }: RevokedCertificate): boolean {
  const reason = crlEntryExtensions.find(({ extnID }) => extnID === extensionId.cRLReason)
  return reason === undefined || decodeExactly(reason.extnValue.buffer, CRLReason).reason !== CRLReasons.removeFromCRL
}

function isSameAlgorithm (inside: object, outside: object): boolean {
  return sameOctets(AsnConvert.serialize(inside), AsnConvert.serialize(outside))
}

const handled = new Set<string>([extensionId.authorityKeyIdentifier, extensionId.issuingDistributionPoint])

/** The list is configured, not sent by a peer: it may be as long as it is. */
const unbounded = { maxNodes: Infinity, maxContentLength: Infinity }
