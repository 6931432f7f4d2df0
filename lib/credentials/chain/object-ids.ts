/** The object identifiers that path validation knows by name. */

/** Extensions of certificates, CRLs and their entries: RFC 5280 §4.2, §5.2, §5.3, and where another source is named. */
export const extensionId = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLReason: '2.5.29.21',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  /** RFC 3779. */
  ipAddrBlocks: '1.3.6.1.5.5.7.1.7',
  autonomousSysIds: '1.3.6.1.5.5.7.1.8',
  /** RFC 3820. */
  proxyCertInfo: '1.3.6.1.5.5.7.1.14',
  /** RFC 6960 §4.2.2.2.1. */
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  /** Netscape's certificate type, before there were key usages. */
  netscapeCertType: '2.16.840.1.113730.1.1'
} as const

/** RFC 5280 §4.2.1.12. */
export const clientAuth = '1.3.6.1.5.5.7.3.2'

/** RFC 5280 Appendix A.1. */
export const attributeId = { commonName: '2.5.4.3', emailAddress: '1.2.840.113549.1.9.1' } as const

/** RFC 9598 §3, an otherName. */
export const smtpUtf8Mailbox = '1.3.6.1.5.5.7.8.9'
