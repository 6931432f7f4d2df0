/** What a certificate's extensions say, as far as path validation asks (RFC 5280 §4.2). */
import { BitString } from '@peculiar/asn1-schema'
import {
  AuthorityKeyIdentifier, BasicConstraints, CRLDistributionPoints, ExtendedKeyUsage, KeyUsage, NameConstraints,
  SubjectAlternativeName, SubjectKeyIdentifier
} from '@peculiar/asn1-x509'
import type { DistributionPoint, Extension, GeneralName } from '@peculiar/asn1-x509'
import { decodeExactly, hex, integerHex } from './decode.ts'
import { canonicalName } from './name.ts'
import type { DistinguishedName } from './name.ts'
import { extensionId } from './object-ids.ts'

/** Undefined is an extension that is not there. */
export interface Extensions {
  /** An extension twice, or one that cannot be read: such a certificate is neither issued nor issues. */
  malformed: boolean
  /** A critical extension that is not processed here (RFC 5280 §4.2: MUST reject). */
  unhandledCritical: boolean
  proxy: boolean
  basicConstraints?: { ca: boolean, pathLength: number | undefined }
  /** KeyUsageFlags of @peculiar/asn1-x509. */
  keyUsage?: number
  extendedKeyUsage?: readonly string[]
  /** The bits of Netscape's certificate type, the first being 1. */
  netscapeType?: number
  subjectAltName?: readonly GeneralName[]
  nameConstraints?: NameConstraints
  subjectKeyIdentifier?: string
  authorityKeyIdentifier?: KeyIdentifier
  distributionPoints?: readonly DistributionPoint[]
}

/** Which key signed: by its identifier, or by its certificate's issuer and serial number (RFC 5280 §4.2.1.1). */
export interface KeyIdentifier {
  readonly keyIdentifier: string | undefined
  readonly issuer: DistinguishedName | undefined
  readonly serial: string | undefined
}

export function readExtensions (list: Iterable<Extension>): Extensions {
  const extensions: Extensions = { malformed: false, unhandledCritical: false, proxy: false }
  const seen = new Set<string>()
  for (const { extnID, critical, extnValue } of list) {
    if (seen.has(extnID)) {
      extensions.malformed = true
      continue
    }
    seen.add(extnID)
    const read = readers[extnID]
    if (read === undefined || (critical && neverCritical.has(extnID))) {
      extensions.unhandledCritical ||= critical || resources.has(extnID)
    }
    try {
      read?.(extensions, extnValue.buffer)
    } catch {
      extensions.malformed = true
    }
  }
  return extensions
}

/** An authorityKeyIdentifier, of a certificate or of a CRL. */
export function readAuthorityKeyIdentifier (der: ArrayBuffer): KeyIdentifier {
  const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = decodeExactly(der, AuthorityKeyIdentifier)
  const issuer = authorityCertIssuer?.find(({ directoryName }) => directoryName !== undefined)?.directoryName
  return {
    keyIdentifier: keyIdentifier && hex(keyIdentifier.buffer),
    issuer: issuer && canonicalName(issuer),
    serial: authorityCertSerialNumber && integerHex(authorityCertSerialNumber)
  }
}

type Reader = (extensions: Extensions, der: ArrayBuffer) => void

/** What is processed, and so may be critical. */
const readers: Readonly<Record<string, Reader>> = {
  [extensionId.basicConstraints]: (extensions, der) => {
    const { cA, pathLenConstraint } = readBasicConstraints(der)
    const pathLength = pathLenConstraint === undefined ? undefined : Number(pathLenConstraint)
    if (pathLength! < 0) throw new RangeError('a negative path length')
    extensions.basicConstraints = { ca: cA, pathLength }
  },
  [extensionId.keyUsage]: (extensions, der) => {
    extensions.keyUsage = decodeExactly(der, KeyUsage).toNumber() || 0
    // RFC 5280 §4.2.1.3: at least one bit MUST be set.
    if (extensions.keyUsage === 0) throw new RangeError('no key usage')
  },
  [extensionId.extKeyUsage]: (extensions, der) => { extensions.extendedKeyUsage = decodeExactly(der, ExtendedKeyUsage) },
  [extensionId.netscapeCertType]: (extensions, der) => {
    extensions.netscapeType = decodeExactly(der, BitString).toNumber() || 0
  },
  [extensionId.subjectAltName]: (extensions, der) => { extensions.subjectAltName = decodeExactly(der, SubjectAlternativeName) },
  [extensionId.nameConstraints]: (extensions, der) => { extensions.nameConstraints = decodeExactly(der, NameConstraints) },
  [extensionId.subjectKeyIdentifier]: (extensions, der) => {
    extensions.subjectKeyIdentifier = hex(decodeExactly(der, SubjectKeyIdentifier).buffer)
  },
  [extensionId.authorityKeyIdentifier]: (extensions, der) => {
    extensions.authorityKeyIdentifier = readAuthorityKeyIdentifier(der)
  },
  [extensionId.cRLDistributionPoints]: (extensions, der) => {
    extensions.distributionPoints = decodeExactly(der, CRLDistributionPoints)
  },
  // Refused wherever it stands.
  [extensionId.proxyCertInfo]: (extensions) => { extensions.proxy = true },
  // Policies are not asked for: without a user-initial-policy-set and explicit policy every path has valid ones
  // (RFC 5280 §6.1.1), and OpenSSL looks at them under X509_V_FLAG_POLICY_CHECK only, which node:tls never sets.
  [extensionId.certificatePolicies]: () => {},
  [extensionId.policyMappings]: () => {},
  [extensionId.policyConstraints]: () => {},
  [extensionId.inhibitAnyPolicy]: () => {},
  // Says nothing to one who does not ask by OCSP.
  [extensionId.ocspNoCheck]: () => {}
}

/** RFC 5280 §4.2.1.1, §4.2.1.2: MUST be non-critical, and OpenSSL takes a critical one for unknown. */
const neverCritical = new Set<string>([extensionId.authorityKeyIdentifier, extensionId.subjectKeyIdentifier])

/** RFC 3779: IP addresses and AS numbers are not validated here, so whoever holds them is refused, critical or not. */
const resources = new Set<string>([extensionId.ipAddrBlocks, extensionId.autonomousSysIds])

/** DER leaves `cA` out when it is FALSE; enough authorities write it down that OpenSSL's leniency is needed. */
function readBasicConstraints (der: ArrayBuffer): BasicConstraints {
  return hex(der) === explicitlyNoAuthority ? new BasicConstraints() : decodeExactly(der, BasicConstraints)
}

const explicitlyNoAuthority = '3003010100'
