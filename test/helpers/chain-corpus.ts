/**
 * Chains that a server must take or refuse, each with the verdict: what `verify` reports (`null`: authorized).
 * `test/credentials/chain/corpus.test.ts` holds our verifier to it, `test/interop/chain-oracle.test.ts` OpenSSL.
 */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { bitString, boolean, explicit, implicit, integer, namedBits, nullValue, octetString, oid, sequence, set, tlv } from './der.ts'
import {
  createAuthority, createSelfSigned, directoryName, encodeGeneralName, extension, generateKeys, otherName, pssAlgorithm
} from './pki.ts'
import type { CertificateOptions, Credential, Crl, CrlOptions, GeneralNameInput, NameAttribute } from './pki.ts'

export interface ChainCase {
  name: string
  /** What the client sends, the leaf first. */
  chain: readonly Uint8Array[]
  /** The leaf's private key. */
  key: KeyObject
  anchors: readonly Uint8Array[]
  crls: readonly Uint8Array[]
  /** The time of the verification. */
  time: Date
  /** `authorizationError` of ours. */
  expected: string | null
  /** Why we refuse what OpenSSL takes. */
  stricter?: string
  /** Why our problems are not the ones that OpenSSL names, although both refuse. */
  otherProblems?: string
}

interface CaseOptions {
  crls?: readonly Crl[]
  time?: Date
  stricter?: string
  otherProblems?: string
}

export const cases: ChainCase[] = []

/** The verification's time unless a case says otherwise; not the present, so that the verdicts are the same for ever. */
export const present = new Date('2030-06-01T12:00:00Z')
const past = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2022-01-01T00:00:00Z') }
const future = { notBefore: new Date('2041-01-01T00:00:00Z'), notAfter: new Date('2043-01-01T00:00:00Z') }

function add (name: string, expected: string | null, chain: readonly Credential[], anchors: readonly Credential[], options: CaseOptions = {}): void {
  const { crls = [], time = present, ...rest } = options
  cases.push({
    name,
    chain: chain.map(({ certificate }) => certificate),
    key: chain[0]!.privateKey,
    anchors: anchors.map(({ certificate }) => certificate),
    crls: crls.map(({ der }) => der),
    time,
    expected,
    ...rest
  })
}

const root = createAuthority({ name: 'Root' })
const intermediate = root.issueAuthority({ name: 'Intermediate' })
const stranger = createAuthority({ name: 'Stranger' })

/** One chain of leaf, intermediate and root with something particular about one of them. */
function addLeaf (name: string, expected: string | null, options: Partial<CertificateOptions>, caseOptions?: CaseOptions): void {
  add(name, expected, [intermediate.issueClient(options), intermediate], [root], caseOptions)
}

function addIntermediate (name: string, expected: string | null, options: Partial<CertificateOptions>, caseOptions?: CaseOptions): void {
  const authority = root.issueAuthority({ name: 'Particular Intermediate', ...options })
  add(name, expected, [authority.issueClient(), authority], [root], caseOptions)
}

function addRoot (name: string, expected: string | null, options: Partial<CertificateOptions>, caseOptions?: CaseOptions): void {
  const authority = createAuthority({ name: 'Particular Root', ...options })
  add(name, expected, [authority.issueClient()], [authority], caseOptions)
}

// Paths.

add('direct', null, [root.issueClient()], [root])
add('through an intermediate', null, [intermediate.issueClient(), intermediate], [root])
add('the root is sent, too', null, [intermediate.issueClient(), intermediate, root], [root])
add('wrong order', null, [intermediate.issueClient(), root, intermediate], [root])
add('duplicates', null, [intermediate.issueClient(), intermediate, intermediate, root, root], [root])
add('unrelated certificates are sent, too', null, [intermediate.issueClient(), stranger, intermediate], [root])
add('the intermediate is configured, not sent', null, [intermediate.issueClient()], [root, intermediate])
add('the intermediate alone is configured: no partial chains', 'UNABLE_TO_GET_ISSUER_CERT',
  [intermediate.issueClient(), intermediate], [intermediate])
add('the leaf alone is configured: no partial chains', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', ...pair((client) => [[client], [client]]))
add('the intermediate is missing', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [intermediate.issueClient()], [root])
add('unknown root, not sent', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', [intermediate.issueClient(), intermediate], [stranger])
add('unknown root, sent', 'SELF_SIGNED_CERT_IN_CHAIN', [intermediate.issueClient(), intermediate, root], [stranger])
add('no trust anchors', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', [intermediate.issueClient(), intermediate], [])
add('no trust anchors, the root is sent', 'SELF_SIGNED_CERT_IN_CHAIN', [root.issueClient(), root], [])
add('a root of the same name with another key is sent', 'CERT_SIGNATURE_FAILURE',
  [createAuthority({ name: 'Root', subjectKeyIdentifier: false, authorityKeyIdentifier: false }).issueClient({ authorityKeyIdentifier: false })],
  [createAuthority({ name: 'Root' })])
add('a mimic of the root, with its name, is sent', 'SELF_SIGNED_CERT_IN_CHAIN',
  ...((mimic) => [[mimic.issueClient(), mimic], [root]] as const)(createAuthority({ name: 'Root' })))

function pair (make: (client: Credential) => [Credential[], Credential[]]): [Credential[], Credential[]] {
  return make(intermediate.issueClient())
}

for (const order of ['first', 'last']) {
  const one = createAuthority({ name: 'Namesake' })
  const other = createAuthority({ name: 'Namesake' })
  const anchors = order === 'first' ? [one, other] : [other, one]
  add(`two roots of one name, told by key identifier, the right one ${order}`, null, [one.issueClient()], anchors)
  const expired = createAuthority({ name: 'Namesake', privateKey: one.privateKey, ...past })
  add(`two roots of one name and key, one of them expired, the right one ${order}`, null, [one.issueClient()],
    order === 'first' ? [one, expired] : [expired, one])
  const rsa = createAuthority({ name: 'Namesake', keyType: 'rsa', subjectKeyIdentifier: false, authorityKeyIdentifier: false })
  add(`two roots of one name, told by algorithm, the right one ${order}`, null, [rsa.issueClient({ authorityKeyIdentifier: false })],
    order === 'first' ? [rsa, one] : [one, rsa])
}

{
  const one = createAuthority({ name: 'Namesake', subjectKeyIdentifier: false, authorityKeyIdentifier: false })
  const other = createAuthority({ name: 'Namesake', subjectKeyIdentifier: false, authorityKeyIdentifier: false })
  const client = one.issueClient({ authorityKeyIdentifier: false })
  add('two roots of one name that nothing tells apart, the right one first', null, [client], [one, other])
  add('two roots of one name that nothing tells apart, the right one last', 'CERT_SIGNATURE_FAILURE', [client], [other, one])
}

{
  const crossed = stranger.issueAuthority({ name: 'Root', privateKey: root.privateKey })
  const client = intermediate.issueClient()
  add('cross-signed: by the old root', null, [client, intermediate, crossed], [stranger])
  add('cross-signed: the new root is an anchor, the cross certificate is sent', null, [client, intermediate, crossed], [root])
  add('cross-signed: both roots are anchors', null, [client, intermediate, crossed], [stranger, root])
  add('cross-signed: neither root is an anchor', 'SELF_SIGNED_CERT_IN_CHAIN', [client, intermediate, crossed, stranger], [createAuthority({ name: 'Third' })])
  const expired = stranger.issueAuthority({ name: 'Root', privateKey: root.privateKey, ...past })
  add('cross-signed: one cross certificate has expired, the other has not', null, [client, intermediate, expired, crossed], [stranger])
  add('cross-signed: the cross certificate has expired', 'CERT_HAS_EXPIRED', [client, intermediate, expired], [stranger])
}

{
  const one = createAuthority({ name: 'One' })
  const two = createAuthority({ name: 'Two' })
  const oneByTwo = two.issueAuthority({ name: 'One', privateKey: one.privateKey })
  const twoByOne = one.issueAuthority({ name: 'Two', privateKey: two.privateKey })
  add('a loop of intermediates without a way out', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', [one.issueClient(), oneByTwo, twoByOne], [root])
  add('a loop of intermediates with a way out', null, [one.issueClient(), oneByTwo, twoByOne], [two])
  add('a loop of configured intermediates', 'UNABLE_TO_GET_ISSUER_CERT', [one.issueClient()], [oneByTwo, twoByOne])
}

{
  const authorities = [root]
  while (authorities.length < 12) authorities.push(authorities.at(-1)!.issueAuthority({ name: `Level ${authorities.length}` }))
  for (const count of [9, 10, 11]) {
    const [anchor, ...intermediates] = authorities.slice(0, count + 1)
    const client = intermediates.at(-1)!.issueClient()
    add(`${count} intermediates`, count > 10 ? 'UNABLE_TO_GET_ISSUER_CERT' : null, [client], [anchor!, ...intermediates])
  }
}

// Self-signed clients.

{
  const selfSigned = createSelfSigned({ name: 'self', keyUsage: ['digitalSignature'], extendedKeyUsage: ['clientAuth'] })
  add('self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT', [selfSigned], [root])
  add('self-signed and an anchor', null, [selfSigned], [root, selfSigned])
  add('self-signed and an anchor, for servers', 'INVALID_PURPOSE',
    ...((server) => [[server], [server]] as const)(createSelfSigned({ name: 'self', extendedKeyUsage: ['serverAuth'] })))
  add('self-signed, an anchor and expired', 'CERT_HAS_EXPIRED',
    ...((expired) => [[expired], [expired]] as const)(createSelfSigned({ name: 'self', ...past })))
  add('a root as a client', 'INVALID_PURPOSE', [root], [root])
  add('an authority without key usage as a client', null,
    ...((authority) => [[authority], [authority]] as const)(createAuthority({ name: 'Root', keyUsage: null })))
}

// Names of issuers and subjects.

{
  const folded = createAuthority({ name: [{ type: 'O', value: 'Example  Company', encoding: 'utf8' }, { type: 'CN', value: 'root' }] })
  const spelled: NameAttribute[] = [
    { type: 'O', value: ' EXAMPLE company ', encoding: 'printable' }, { type: 'CN', value: 'Root', encoding: 'bmp' }
  ]
  add('the issuer is spelled with other case, spaces and string types', null, [folded.issueClient({ issuerName: spelled })], [folded])
  add('the issuer is another name', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [folded.issueClient({ issuerName: [...spelled].reverse() })], [folded])
  const accented = createAuthority({ name: [{ type: 'CN', value: 'Añí', encoding: 'teletex' }] })
  add('the issuer is spelled in another character set', null, [accented.issueClient({ issuerName: 'Añí' })], [accented])
  add('letters beyond ASCII keep their case', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [accented.issueClient({ issuerName: 'AÑÍ' })], [accented])
  const attribute = (type: string, value: string): Uint8Array => sequence(oid(type), tlv(0x0c, Buffer.from(value)))
  const [cn, ou] = [attribute('2.5.4.3', 'Multi'), attribute('2.5.4.11', 'Valued')]
  const multi = createAuthority({ name: sequence(set(cn, ou)) })
  add('a multi-valued RDN in another order', null, [multi.issueClient({ issuerName: sequence(set(ou, cn)) })], [multi])
  add('a multi-valued RDN is not two RDNs', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [multi.issueClient({ issuerName: sequence(set(cn), set(ou)) })], [multi])
  const numeric = (tag: number): Uint8Array => sequence(set(sequence(oid('2.5.4.5'), tlv(tag, Buffer.from('12')))))
  const counted = createAuthority({ name: numeric(0x12) })
  add('a NumericString is not text', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [counted.issueClient({ issuerName: numeric(0x13) })], [counted])
  add('an empty subject', null, [root.issueClient({ name: [], subjectAltName: ['DNS:client.example'] })], [root])
}

// Authority key identifiers.

{
  const keyId = (...parts: Uint8Array[]): Uint8Array => extension('2.5.29.35', false, sequence(...parts))
  const issuer = explicit(1, directoryName('Root'))
  const by = (identifier: Uint8Array): Credential => root.issueClient({ authorityKeyIdentifier: false, extensions: [identifier] })
  add('the authority key identifier is of another key', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [by(keyId(implicit(0, Buffer.alloc(20))))], [root])
  add('the authority is identified by issuer and serial number', null, [by(keyId(issuer, implicit(2, root.serial)))], [root])
  add('the authority is identified by another serial number', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [by(keyId(issuer, implicit(2, Buffer.from([1]))))], [root])
  add('the authority is identified by another issuer', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    [by(keyId(explicit(1, directoryName('Other')), implicit(2, root.serial)))], [root])
  add('no key identifiers', null, [root.issueClient({ authorityKeyIdentifier: false, subjectKeyIdentifier: false })], [root])
}

// Dates.

addLeaf('the leaf has expired', 'CERT_HAS_EXPIRED', past)
addLeaf('the leaf is not yet valid', 'CERT_NOT_YET_VALID', future)
addIntermediate('the intermediate has expired', 'CERT_HAS_EXPIRED', past)
addIntermediate('the intermediate is not yet valid', 'CERT_NOT_YET_VALID', future)
addRoot('the root has expired', 'CERT_HAS_EXPIRED', past)
addRoot('the root is not yet valid', 'CERT_NOT_YET_VALID', future)
addLeaf('the second before the leaf expires', null, { notAfter: new Date(present.getTime() + 1000) })
addLeaf('the second in which the leaf expires', 'CERT_HAS_EXPIRED', { notAfter: present })
addLeaf('the second from which on the leaf is valid', null, { notBefore: present })
addLeaf('the second before the leaf is valid', 'CERT_NOT_YET_VALID', { notBefore: new Date(present.getTime() + 1000) })
addLeaf('no expiry: 99991231235959Z (RFC 5280 §4.1.2.5)', null, { notAfter: new Date('9999-12-31T23:59:59Z') })
addLeaf('dates before 1950 and after 2050', null, { notBefore: new Date('1949-12-31T00:00:00Z'), notAfter: new Date('2051-01-01T00:00:00Z') })
add('expired, and of an unknown issuer', 'CERT_HAS_EXPIRED', [stranger.issueClient(past)], [root])

// Authorities.

addIntermediate('the intermediate has no basicConstraints', 'INVALID_PURPOSE', { basicConstraints: null, keyUsage: null })
addIntermediate('the intermediate has keyCertSign but no basicConstraints', 'INVALID_CA', { basicConstraints: null })
addIntermediate('the intermediate is no authority', 'INVALID_PURPOSE', { basicConstraints: { ca: false } })
addIntermediate('the intermediate has no keyCertSign', 'KEYUSAGE_NO_CERTSIGN', { keyUsage: ['digitalSignature', 'cRLSign'] })
addIntermediate('the intermediate has no key usage', null, { keyUsage: null })
addIntermediate('basicConstraints that are not critical', null, { basicConstraints: { ca: true, critical: false } })
addIntermediate('a version 1 intermediate', 'INVALID_PURPOSE', { version: 0 })
addRoot('a version 1 root', null, { version: 0 })
addRoot('a version 3 root without extensions', 'INVALID_PURPOSE', { basicConstraints: null, keyUsage: null })
addRoot('a root with keyCertSign but no basicConstraints', null, { basicConstraints: null })
addRoot('a root without keyCertSign', 'KEYUSAGE_NO_CERTSIGN', { keyUsage: ['cRLSign'] })
addRoot('a root that is no authority', 'INVALID_PURPOSE', { basicConstraints: { ca: false } })
{
  const client = intermediate.issueClient({ keyUsage: ['digitalSignature', 'keyCertSign'] })
  const impostor = createAuthority({ name: 'client', privateKey: client.privateKey })
  add('a leaf issues a leaf', 'INVALID_CA', [impostor.issueClient({ name: 'admin' }), client, intermediate], [root])
}

// Path lengths.

{
  const zero = root.issueAuthority({ name: 'Zero', basicConstraints: { ca: true, pathLength: 0 } })
  const below = zero.issueAuthority({ name: 'Below' })
  const renewed = zero.issueAuthority({ name: 'Zero' })
  add('path length 0, a leaf below', null, [zero.issueClient(), zero], [root])
  add('path length 0, an authority below', 'PATH_LENGTH_EXCEEDED', [below.issueClient(), below, zero], [root])
  add('path length 0, a self-issued authority below', null, [renewed.issueClient(), renewed, zero], [root])
  const one = createAuthority({ name: 'One', basicConstraints: { ca: true, pathLength: 1 } })
  const first = one.issueAuthority({ name: 'First' })
  const second = first.issueAuthority({ name: 'Second' })
  add('a root of path length 1, one authority below', null, [first.issueClient(), first], [one])
  add('a root of path length 1, two authorities below', 'PATH_LENGTH_EXCEEDED', [second.issueClient(), second, first], [one])
}

// Key usage and purpose.

addLeaf('no key usage', null, { keyUsage: null })
addLeaf('no extendedKeyUsage', null, { extendedKeyUsage: null })
addLeaf('key usage without digitalSignature', 'INVALID_PURPOSE', { keyUsage: ['keyEncipherment'] })
addLeaf('key usage with digitalSignature and more', null, { keyUsage: ['digitalSignature', 'keyEncipherment', 'decipherOnly'] })
addLeaf('key usage keyAgreement', 'INVALID_PURPOSE', { keyUsage: ['keyAgreement'] }, { stricter: 'a TLS 1.3 client signs: RFC 8446 §4.4.2.2' })
addLeaf('extendedKeyUsage serverAuth', 'INVALID_PURPOSE', { extendedKeyUsage: ['serverAuth'] })
addLeaf('extendedKeyUsage serverAuth and clientAuth', null, { extendedKeyUsage: ['serverAuth', 'clientAuth'] })
addLeaf('extendedKeyUsage anyExtendedKeyUsage', 'INVALID_PURPOSE', { extendedKeyUsage: ['any'] })
addIntermediate('the intermediate is for servers', 'INVALID_PURPOSE', { extendedKeyUsage: ['serverAuth'] })
addIntermediate('the intermediate is for clients', null, { extendedKeyUsage: ['clientAuth'] })
addIntermediate('the intermediate has anyExtendedKeyUsage', 'INVALID_PURPOSE', { extendedKeyUsage: ['any'] })
addRoot('the root is for servers', 'INVALID_PURPOSE', { extendedKeyUsage: ['serverAuth'] })
const netscapeType = (...bits: number[]): Uint8Array => extension('2.16.840.1.113730.1.1', true, namedBits(bits))
addLeaf('Netscape certificate type: client', null, { extensions: [netscapeType(0)] })
addLeaf('Netscape certificate type: server', 'INVALID_PURPOSE', { extensions: [netscapeType(1)] })

// Extensions.

const unknown = (critical: boolean): Uint8Array => extension('1.3.6.1.4.1.55555.1', critical, nullValue)
addLeaf('an unknown critical extension in the leaf', 'UNHANDLED_CRITICAL_EXTENSION', { extensions: [unknown(true)] })
addIntermediate('an unknown critical extension in the intermediate', 'UNHANDLED_CRITICAL_EXTENSION', { extensions: [unknown(true)] })
addRoot('an unknown critical extension in the root', 'UNHANDLED_CRITICAL_EXTENSION', { extensions: [unknown(true)] })
addLeaf('an unknown extension', null, { extensions: [unknown(false)] })
addLeaf('a critical subjectKeyIdentifier', 'UNHANDLED_CRITICAL_EXTENSION',
  { subjectKeyIdentifier: false, extensions: [extension('2.5.29.14', true, octetString(Buffer.alloc(20)))] })
addLeaf('a critical subjectAltName', null, { extensions: [extension('2.5.29.17', true, sequence(encodeGeneralName('DNS:client.example')))] })
addLeaf('a critical issuerAltName', 'UNHANDLED_CRITICAL_EXTENSION',
  { extensions: [extension('2.5.29.18', true, sequence(encodeGeneralName('DNS:ca.example')))] })
const policies = sequence(sequence(oid('1.3.6.1.4.1.55555.2')))
addLeaf('critical policies', null, { extensions: [extension('2.5.29.32', true, policies)] })
addIntermediate('policies are asked for, the leaf has none: policies are not checked', null,
  { extensions: [extension('2.5.29.36', true, sequence(implicit(0, Buffer.from([0]))))] })
addLeaf('key usage twice', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  { extensions: [extension('2.5.29.15', true, namedBits([0]))] })
addLeaf('an unknown extension twice', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', { extensions: [unknown(false), unknown(false)] },
  { stricter: 'RFC 5280 §4.2: a certificate MUST NOT include more than one instance of a particular extension' })
addLeaf('an empty key usage', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', { keyUsage: [] })
addLeaf('basicConstraints with cA FALSE written down', null, { extensions: [extension('2.5.29.19', true, sequence(boolean(false)))] })
addLeaf('basicConstraints that are no SEQUENCE', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', { extensions: [extension('2.5.29.19', true, boolean(true))] })
addIntermediate('a negative path length', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  { basicConstraints: null, extensions: [extension('2.5.29.19', true, sequence(boolean(true), integer(Buffer.from([0xff]))))] })
addIntermediate('basicConstraints with members in the wrong order', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  { basicConstraints: null, extensions: [extension('2.5.29.19', true, sequence(integer(0), boolean(true)))] })
addLeaf('a proxy certificate', 'PROXY_CERTIFICATES_NOT_ALLOWED',
  { extensions: [extension('1.3.6.1.5.5.7.1.14', true, sequence(sequence(oid('1.3.6.1.5.5.7.21.1'))))] })
addLeaf('RFC 3779 resources', 'UNHANDLED_CRITICAL_EXTENSION',
  { extensions: [extension('1.3.6.1.5.5.7.1.8', true, sequence(explicit(0, nullValue)))] }, { stricter: 'they are not validated' })
addLeaf('RFC 3779 resources that are not critical', 'UNHANDLED_CRITICAL_EXTENSION',
  { extensions: [extension('1.3.6.1.5.5.7.1.8', false, sequence(explicit(0, nullValue)))] }, { stricter: 'they are not validated' })

// Algorithms.

for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] as const) {
  const authority = createAuthority({ name: 'Root', keyType })
  const below = authority.issueAuthority({ name: 'Below', keyType })
  const client = below.issueClient({ keyType })
  add(`${keyType} throughout`, null, [client, below], [authority], { crls: [authority.issueCrl(), below.issueCrl()] })
}
{
  const rsa = createAuthority({ name: 'Root', keyType: 'rsa' })
  for (const digest of ['sha224', 'sha384', 'sha512'] as const) add(`RSA with ${digest}`, null, [rsa.issueClient({ digest })], [rsa])
  for (const digest of ['md5', 'sha1'] as const) add(`RSA with ${digest}`, 'CA_MD_TOO_WEAK', [rsa.issueClient({ digest })], [rsa])
  add('RSASSA-PSS by a plain RSA key', null, [rsa.issueClient({ pss: true })], [rsa])
  add('RSASSA-PSS by a plain RSA key, SHA-512', null, [rsa.issueClient({ pss: true, digest: 'sha512' })], [rsa])
  add('RSASSA-PSS with SHA-1', 'CA_MD_TOO_WEAK', [rsa.issueClient({ pss: true, digest: 'sha1' })], [rsa])
  add('ECDSA with SHA-1', 'CA_MD_TOO_WEAK', [root.issueClient({ digest: 'sha1' })], [root])
  const weak = root.issueAuthority({ name: 'Weak', digest: 'sha1' })
  add('the intermediate is signed with SHA-1', 'CA_MD_TOO_WEAK', [weak.issueClient(), weak], [root])
  addRoot('the root is signed with SHA-1, which says nothing', null, { digest: 'sha1' })
  add('the algorithm inside the signature is not the one outside', 'CERT_SIGNATURE_FAILURE',
    [rsa.issueClient({ outerAlgorithm: sequence(oid('1.2.840.113549.1.1.12'), nullValue) })], [rsa])
  add('RSA signature of an authority with another algorithm', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [rsa.issueClient({ issuerName: 'Root', authorityKeyIdentifier: false })], [root])
  add('PSS parameters outside that are not those inside', 'CERT_SIGNATURE_FAILURE',
    [rsa.issueClient({ pss: true, outerAlgorithm: pssAlgorithm('sha256', 20) })], [rsa])
  addLeaf('a leaf of RSA 768', 'EE_KEY_TOO_SMALL', { keyType: 'rsa-768' })
  addLeaf('a leaf of RSA 1024', null, { keyType: 'rsa-1024' })
  addIntermediate('an intermediate of RSA 768', 'CA_KEY_TOO_SMALL', { keyType: 'rsa-768' })
  addRoot('a root of RSA 768', 'CA_KEY_TOO_SMALL', { keyType: 'rsa-768' })
  addLeaf('a leaf of P-192', null, { keyType: 'P-192' })
  addLeaf('a leaf of secp256k1', null, { keyType: 'secp256k1' })
  addLeaf('a leaf of secp112r1', 'EE_KEY_TOO_SMALL', { keyType: 'secp112r1' })
  const dsa = createAuthority({ name: 'Root', keyType: 'dsa' })
  addLeaf('a leaf of DSA', 'EE_KEY_TOO_SMALL', { privateKey: dsa.privateKey }, { stricter: 'TLS 1.3 has no DSA' })
  add('signed by DSA', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', [dsa.issueClient()], [dsa], { stricter: 'TLS 1.3 has no DSA' })
  addLeaf('a leaf with an explicit curve', 'EC_KEY_EXPLICIT_PARAMS', { privateKey: explicitCurveKey() })
  addIntermediate('an intermediate with an explicit curve', 'EC_KEY_EXPLICIT_PARAMS', { privateKey: explicitCurveKey() })
}

/** A P-256 key that spells its curve out (RFC 3279 §2.3.5). */
function explicitCurveKey (): KeyObject {
  const { d, x, y } = generateKeys('P-256').privateKey.export({ format: 'jwk' })
  const number = (hex: string): Uint8Array => integer(Buffer.from(hex, 'hex'))
  const octets = (hex: string): Uint8Array => octetString(Buffer.from(hex, 'hex'))
  const curve = sequence(
    integer(1),
    sequence(oid('1.2.840.10045.1.1'), number('00ffffffff00000001000000000000000000000000ffffffffffffffffffffffff')),
    sequence(
      octets('ffffffff00000001000000000000000000000000fffffffffffffffffffffffc'),
      octets('5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b')),
    octets('046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
    number('00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
    integer(1)
  )
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')])
  const key = sequence(integer(1), octetString(Buffer.from(d!, 'base64url')), explicit(1, bitString(point)))
  const pkcs8 = sequence(integer(0), sequence(oid('1.2.840.10045.2.1'), curve), octetString(key))
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}

// Signatures.

add('the leaf is signed by another key', 'CERT_SIGNATURE_FAILURE', [intermediate.issueClient({ signWith: stranger.privateKey }), intermediate], [root])
addIntermediate('the intermediate is signed by another key', 'CERT_SIGNATURE_FAILURE', { signWith: stranger.privateKey })
addRoot('the root is signed by another key, which says nothing', null, { signWith: stranger.privateKey })

// Name constraints.

interface Constrained {
  permitted?: GeneralNameInput[]
  excluded?: GeneralNameInput[]
  names?: GeneralNameInput[]
  subject?: CertificateOptions['name']
}

function addConstrained (name: string, expected: string | null, { permitted, excluded, names, subject = 'client' }: Constrained, options?: CaseOptions): void {
  const authority = root.issueAuthority({ name: 'Constrained', nameConstraints: { permitted, excluded } })
  add('name constraints: ' + name, expected, [authority.issueClient({ name: subject, subjectAltName: names }), authority], [root], options)
}

const violated = 'PERMITTED_VIOLATION'
addConstrained('DNS, permitted', null, { permitted: ['DNS:example.com'], names: ['DNS:example.com', 'DNS:a.b.example.COM'] })
addConstrained('DNS, another domain', violated, { permitted: ['DNS:example.com'], names: ['DNS:example.org'] })
addConstrained('DNS, a domain that ends alike', violated, { permitted: ['DNS:example.com'], names: ['DNS:badexample.com'] })
addConstrained('DNS, one of the names', violated, { permitted: ['DNS:example.com'], names: ['DNS:a.example.com', 'DNS:b.example.org'] })
addConstrained('DNS, one of the constraints', null, { permitted: ['DNS:example.org', 'DNS:example.com'], names: ['DNS:a.example.com'] })
addConstrained('DNS, with a leading dot', null, { permitted: ['DNS:.example.com'], names: ['DNS:a.example.com'] })
addConstrained('DNS, with a leading dot, the domain itself', violated, { permitted: ['DNS:.example.com'], names: ['DNS:example.com'] })
addConstrained('DNS, everything permitted', null, { permitted: ['DNS:'], names: ['DNS:anything.example'] })
addConstrained('DNS, excluded', 'EXCLUDED_VIOLATION', { excluded: ['DNS:example.com'], names: ['DNS:a.example.com'] })
addConstrained('DNS, everything excluded', 'EXCLUDED_VIOLATION', { excluded: ['DNS:'], names: ['DNS:a.example.com'] })
addConstrained('DNS, not excluded', null, { excluded: ['DNS:example.com'], names: ['DNS:a.example.org'] })
addConstrained('DNS, permitted and within it excluded', 'EXCLUDED_VIOLATION',
  { permitted: ['DNS:example.com'], excluded: ['DNS:secret.example.com'], names: ['DNS:a.secret.example.com'] })
addConstrained('DNS, no names of that kind', null, { permitted: ['DNS:example.com'], names: ['email:a@b.example'] })
addConstrained('DNS, a common name that is a host', violated, { permitted: ['DNS:example.com'], subject: 'www.example.org' })
addConstrained('DNS, a common name that is a permitted host', null, { permitted: ['DNS:example.com'], subject: 'www.example.com' })
addConstrained('DNS, a common name with a hyphen and an underscore', violated, { permitted: ['DNS:example.com'], subject: 'a-b._c.example.org' })
addConstrained('DNS, a common name of one label', null, { permitted: ['DNS:example.com'], subject: 'alice' })
addConstrained('DNS, a common name that is no host', null, { permitted: ['DNS:example.com'], subject: 'Alice B. Example' })
addConstrained('DNS, a common name beside a DNS name', null, { permitted: ['DNS:example.com'], subject: 'www.example.org', names: ['DNS:example.com'] })
addConstrained('DNS, a common name with a NUL inside', 'UNSUPPORTED_NAME_SYNTAX', { permitted: ['DNS:example.com'], subject: 'www.example.com\0.example.org' })
addConstrained('email, a host', null, { permitted: ['email:example.com'], names: ['email:a@EXAMPLE.com'] })
addConstrained('email, a host below', violated, { permitted: ['email:example.com'], names: ['email:a@b.example.com'] })
addConstrained('email, a domain', null, { permitted: ['email:.example.com'], names: ['email:a@b.example.com'] })
addConstrained('email, a domain, the domain itself', violated, { permitted: ['email:.example.com'], names: ['email:a@example.com'] })
addConstrained('email, a mailbox', null, { permitted: ['email:a@example.com'], names: ['email:a@Example.com'] })
addConstrained('email, a mailbox in another case', violated, { permitted: ['email:a@example.com'], names: ['email:A@example.com'] })
addConstrained('email, a mailbox excluded', 'EXCLUDED_VIOLATION', { excluded: ['email:a@example.com'], names: ['email:a@example.com'] })
addConstrained('email without @', 'UNSUPPORTED_NAME_SYNTAX', { permitted: ['email:example.com'], names: ['email:example.com'] })
addConstrained('email, in the subject', violated,
  { permitted: ['email:example.com'], subject: [{ type: 'emailAddress', value: 'a@example.org', encoding: 'ia5' }] })
addConstrained('email, in the subject and permitted', null,
  { permitted: ['email:example.com'], subject: [{ type: 'emailAddress', value: 'a@example.com', encoding: 'ia5' }] })
addConstrained('email, in the subject with a wrong type', 'UNSUPPORTED_NAME_SYNTAX',
  { permitted: ['DNS:example.com'], subject: [{ type: 'emailAddress', value: 'a@example.com' }] })
addConstrained('URI, a host', null, { permitted: ['URI:example.com'], names: ['URI:https://Example.com:8443/path'] })
addConstrained('URI, another host', violated, { permitted: ['URI:example.com'], names: ['URI:https://a.example.com/'] })
addConstrained('URI, a domain', null, { permitted: ['URI:.example.com'], names: ['URI:spiffe://a.example.com/service'] })
addConstrained('URI, excluded', 'EXCLUDED_VIOLATION', { excluded: ['URI:example.com'], names: ['URI:https://example.com/'] })
addConstrained('URI without a host', 'UNSUPPORTED_NAME_SYNTAX', { excluded: ['URI:example.com'], names: ['URI:urn:example:client'] })
addConstrained('URI with an empty host', 'UNSUPPORTED_NAME_SYNTAX', { excluded: ['URI:example.com'], names: ['URI:https:///path'] })
const wrongHost = 'OpenSSL takes what ends at the last slash, or at the next colon, for the host'
addConstrained('URI with a colon in its path', 'UNSUPPORTED_NAME_SYNTAX',
  { permitted: ['URI:example.com'], names: ['URI:https://example.com/a:b'] }, { otherProblems: wrongHost })
addConstrained('URI with a colon in its path, excluded', 'UNSUPPORTED_NAME_SYNTAX',
  { excluded: ['URI:example.com'], names: ['URI:https://example.com/a:b'] }, { stricter: wrongHost })
addConstrained('URI with a user', 'UNSUPPORTED_NAME_SYNTAX',
  { permitted: ['URI:example.com'], names: ['URI:https://user@example.com/'] }, { otherProblems: wrongHost })
addConstrained('URI with a query that ends like a permitted host', 'UNSUPPORTED_NAME_SYNTAX',
  { permitted: ['URI:.example.com'], names: ['URI:https://evil.example?.example.com'] }, { stricter: wrongHost })
addConstrained('IP, IPv4 permitted', null, { permitted: ['IP:10.0.0.0/255.0.0.0'], names: ['IP:10.1.2.3'] })
addConstrained('IP, IPv4 outside', violated, { permitted: ['IP:10.0.0.0/255.0.0.0'], names: ['IP:11.1.2.3'] })
addConstrained('IP, IPv4 excluded', 'EXCLUDED_VIOLATION', { excluded: ['IP:10.0.0.0/255.0.0.0'], names: ['IP:10.1.2.3'] })
addConstrained('IP, all of IPv4 excluded', 'EXCLUDED_VIOLATION', { excluded: ['IP:0.0.0.0/0.0.0.0'], names: ['IP:10.1.2.3'] })
addConstrained('IP, IPv6 permitted', null, { permitted: ['IP:2001:db8::/ffff:ffff::'], names: ['IP:2001:db8::1'] })
addConstrained('IP, IPv6 outside', violated, { permitted: ['IP:2001:db8::/ffff:ffff::'], names: ['IP:2001:db9::1'] })
addConstrained('IP, IPv4 under a constraint of IPv6', violated, { permitted: ['IP:2001:db8::/ffff:ffff::'], names: ['IP:10.1.2.3'] })
addConstrained('IP, a mask with holes, in it', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', { permitted: ['IP:10.0.1.0/255.0.255.0'], names: ['IP:10.9.1.3'] },
  { stricter: 'RFC 5280 §4.2.1.10: a mask is written in the style of RFC 4632' })
const organization = (value: string, more: NameAttribute[] = []): NameAttribute[] => [{ type: 'O', value }, ...more]
addConstrained('directoryName, permitted', null,
  { permitted: [directoryName(organization('Example'))], subject: organization('EXAMPLE', [{ type: 'CN', value: 'a' }]) })
addConstrained('directoryName, another', violated,
  { permitted: [directoryName(organization('Example'))], subject: organization('Other', [{ type: 'CN', value: 'a' }]) })
addConstrained('directoryName, longer than the name', violated,
  { permitted: [directoryName(organization('Example', [{ type: 'OU', value: 'Unit' }]))], subject: organization('Example') })
addConstrained('directoryName, excluded', 'EXCLUDED_VIOLATION',
  { excluded: [directoryName(organization('Example'))], subject: organization('example', [{ type: 'CN', value: 'a' }]) })
addConstrained('directoryName, an alternative name', 'EXCLUDED_VIOLATION',
  { excluded: [directoryName(organization('Example'))], names: [directoryName(organization('Example'))] })
addConstrained('directoryName, an empty one is in no name', null, { permitted: [directoryName('client')], subject: [], names: ['DNS:a.example'] })
addConstrained('directoryName, the empty one holds every name', null, { permitted: [directoryName([])] })
addConstrained('otherName', 'UNSUPPORTED_CONSTRAINT_TYPE',
  { permitted: [otherName('1.3.6.1.4.1.311.20.2.3', 'a@b')], names: [otherName('1.3.6.1.4.1.311.20.2.3', 'a@b')] })
addConstrained('otherName of another type', null,
  { permitted: [otherName('1.3.6.1.4.1.311.20.2.3', 'a@b')], names: [otherName('1.3.6.1.4.1.55555.3', 'a@b')] })
addConstrained('registeredID', 'UNSUPPORTED_CONSTRAINT_TYPE', { excluded: ['RID:1.2.3.4'], names: ['RID:1.2.3.5'] })
addConstrained('registeredID, no such name', null, { excluded: ['RID:1.2.3.4'], names: ['DNS:a.example'] })
addConstrained('an internationalized mailbox', 'UNSUPPORTED_CONSTRAINT_TYPE',
  { permitted: ['email:example.com'], names: [otherName('1.3.6.1.5.5.7.8.9', 'ä@example.com')] },
  { stricter: 'comparing U-labels with A-labels is not done' })
{
  const subtree = (...bounds: Uint8Array[]): Uint8Array =>
    extension('2.5.29.30', true, sequence(explicit(0, sequence(encodeGeneralName('DNS:example.com'), ...bounds))))
  const constrained = (name: string, expected: string | null, constraints: Uint8Array, options?: CaseOptions): void => {
    const authority = root.issueAuthority({ name: 'Constrained', extensions: [constraints] })
    add('name constraints: ' + name, expected, [authority.issueClient({ subjectAltName: ['DNS:example.com'] }), authority], [root], options)
  }
  constrained('a minimum', 'SUBTREE_MINMAX', subtree(implicit(0, Buffer.from([1]))))
  constrained('a maximum', 'SUBTREE_MINMAX', subtree(implicit(1, Buffer.from([1]))))
  constrained('the minimum 0 written down', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', subtree(implicit(0, Buffer.from([0]))),
    { stricter: 'X.690 §11.5: DER leaves a default value out' })
  const hosts = (count: number): string[] => Array.from({ length: count }, (_, index) => `DNS:a${index}.example.com`)
  const many = root.issueAuthority({ name: 'Many', nameConstraints: { excluded: hosts(800) } })
  add('name constraints: more comparisons than are made', 'UNSPECIFIED', [many.issueClient({ subjectAltName: hosts(1500) }), many], [root])
  const base = (name: string): Uint8Array => sequence(encodeGeneralName(name))
  constrained('excluded before permitted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    extension('2.5.29.30', true, sequence(explicit(1, base('DNS:a.example')), explicit(0, base('DNS:example.org')))))
  const above = root.issueAuthority({ name: 'Above', nameConstraints: { permitted: [directoryName(organization('Example'))] } })
  const inside = above.issueAuthority({ name: organization('Example', [{ type: 'CN', value: 'Authority' }]) })
  const outside = above.issueAuthority({ name: organization('Other') })
  const selfIssued = above.issueAuthority({ name: 'Above' })
  const subject = organization('Example', [{ type: 'CN', value: 'client' }])
  add('name constraints: two levels up', null, [inside.issueClient({ name: subject }), inside, above], [root])
  add('name constraints: two levels up, violated', violated, [inside.issueClient(), inside, above], [root])
  add('name constraints: an authority violates them', violated, [outside.issueClient({ name: subject }), outside, above], [root])
  add('name constraints: a self-issued authority is not held to them', null, [selfIssued.issueClient({ name: subject }), selfIssued, above], [root])
  const strict = createAuthority({ name: 'Strict', nameConstraints: { permitted: ['DNS:example.com'] } })
  add('name constraints: in the root', violated, [strict.issueClient({ subjectAltName: ['DNS:example.org'] })], [strict])
}

// CRLs.

function addRevocation (name: string, expected: string | null, lists: (client: Credential) => Crl[], options?: CaseOptions & { client?: Partial<CertificateOptions> }): void {
  const { client: clientOptions, ...rest } = options ?? {}
  const client = intermediate.issueClient(clientOptions)
  add('CRL: ' + name, expected, [client, intermediate], [root], { crls: lists(client), ...rest })
}

const rootCrl = root.issueCrl()
const distributionPoint = (uri: string): Uint8Array => explicit(0, explicit(0, encodeGeneralName(uri)))
const scoped = (...parts: Uint8Array[]): CrlOptions => ({ extensions: [extension('2.5.29.28', true, sequence(...parts))] })
const pointed = (...parts: Uint8Array[]): Partial<CertificateOptions> =>
  ({ extensions: [extension('2.5.29.31', false, sequence(sequence(...parts)))] })
const reason = (code: number): Uint8Array => extension('2.5.29.21', false, tlv(0x0a, Buffer.from([code])))

addRevocation('nothing is revoked', null, () => [rootCrl, intermediate.issueCrl()])
addRevocation('others are revoked', null, () => [rootCrl, intermediate.issueCrl({ revoked: [intermediate.issueClient(), root] })])
addRevocation('the leaf is revoked', 'CERT_REVOKED', (client) => [rootCrl, intermediate.issueCrl({ revoked: [client] })])
addRevocation('the intermediate is revoked', 'CERT_REVOKED', () => [root.issueCrl({ revoked: [intermediate] }), intermediate.issueCrl()])
addRevocation('the root has revoked itself', 'CERT_REVOKED', () => [root.issueCrl({ revoked: [root] }), intermediate.issueCrl()])
addRevocation('the leaf is revoked, with a reason', 'CERT_REVOKED',
  ({ serial }) => [rootCrl, intermediate.issueCrl({ revoked: [{ serial, extensions: [reason(1)] }] })])
addRevocation('the leaf is on hold', 'CERT_REVOKED',
  ({ serial }) => [rootCrl, intermediate.issueCrl({ revoked: [{ serial, extensions: [reason(6)] }] })])
addRevocation('the leaf is removed from the CRL', null,
  ({ serial }) => [rootCrl, intermediate.issueCrl({ revoked: [{ serial, extensions: [reason(8)] }] })])
addRevocation('none for the leaf', 'UNABLE_TO_GET_CRL', () => [rootCrl])
addRevocation('none for the intermediate', 'UNABLE_TO_GET_CRL', () => [intermediate.issueCrl()])
addRevocation('of a stranger', 'UNABLE_TO_GET_CRL', () => [rootCrl, stranger.issueCrl()])
addRevocation('expired', 'CRL_HAS_EXPIRED', () => [rootCrl, intermediate.issueCrl({ nextUpdate: past.notAfter })])
addRevocation('expired, and the leaf is revoked', 'CERT_REVOKED',
  (client) => [rootCrl, intermediate.issueCrl({ revoked: [client], nextUpdate: past.notAfter })])
addRevocation('the second in which it expires', 'CRL_HAS_EXPIRED', () => [rootCrl, intermediate.issueCrl({ nextUpdate: present })])
addRevocation('not yet valid', 'CRL_NOT_YET_VALID', () => [rootCrl, intermediate.issueCrl({ thisUpdate: future.notBefore })])
addRevocation('a serial number whose first bit is set', 'CERT_REVOKED', (client) => [rootCrl, intermediate.issueCrl({ revoked: [client] })],
  { client: { serial: Buffer.from([0, 0xff, 1]) } })
addRevocation('without nextUpdate', null, () => [rootCrl, intermediate.issueCrl({ nextUpdate: null })])
addRevocation('signed by another key', 'CRL_SIGNATURE_FAILURE', () => [rootCrl, intermediate.issueCrl({ signWith: stranger.privateKey })])
addRevocation('signed with SHA-1: digests of CRLs are not weighed', null, () => [rootCrl, intermediate.issueCrl({ digest: 'sha1' })])
addRevocation('an expired and a current one', null, () => [rootCrl, intermediate.issueCrl({ nextUpdate: past.notAfter }), intermediate.issueCrl()])
addRevocation('an older and a newer one, revoked in the newer', 'CERT_REVOKED', (client) =>
  [rootCrl, intermediate.issueCrl({ revoked: [client], thisUpdate: new Date('2026-01-01T00:00:00Z') }), intermediate.issueCrl()])
addRevocation('an older and a newer one, revoked in the older', null, (client) =>
  [rootCrl, intermediate.issueCrl({ thisUpdate: new Date('2026-01-01T00:00:00Z') }), intermediate.issueCrl({ revoked: [client] })])
addRevocation('an unknown critical extension', 'UNHANDLED_CRITICAL_CRL_EXTENSION', () => [rootCrl, intermediate.issueCrl({ extensions: [unknown(true)] })])
addRevocation('an unknown extension', null, () => [rootCrl, intermediate.issueCrl({ extensions: [unknown(false)] })])
addRevocation('an unknown critical extension in an entry', 'UNHANDLED_CRITICAL_CRL_EXTENSION',
  () => [rootCrl, intermediate.issueCrl({ revoked: [{ serial: Buffer.from([1]), extensions: [unknown(true)] }] })])
addRevocation('for leaves only', null, () => [rootCrl, intermediate.issueCrl(scoped(implicit(1, Buffer.from([0xff]))))])
addRevocation('for authorities only', 'UNABLE_TO_GET_CRL', () => [rootCrl, intermediate.issueCrl(scoped(implicit(2, Buffer.from([0xff]))))])
addRevocation('for attribute certificates only', 'UNABLE_TO_GET_CRL', () => [rootCrl, intermediate.issueCrl(scoped(implicit(5, Buffer.from([0xff]))))])
addRevocation('for some reasons only', 'UNABLE_TO_GET_CRL', () => [rootCrl, intermediate.issueCrl(scoped(implicit(3, Buffer.from([6, 0x40]))))])
addRevocation('indirect', 'UNABLE_TO_GET_CRL', () => [rootCrl, intermediate.issueCrl(scoped(implicit(4, Buffer.from([0xff]))))])
addRevocation('of the certificate\'s distribution point', null,
  () => [rootCrl, intermediate.issueCrl(scoped(distributionPoint('URI:http://crl.example/a')))], { client: pointed(distributionPoint('URI:http://crl.example/a')) })
addRevocation('of another distribution point', 'UNABLE_TO_GET_CRL',
  () => [rootCrl, intermediate.issueCrl(scoped(distributionPoint('URI:http://crl.example/b')))], { client: pointed(distributionPoint('URI:http://crl.example/a')) })
addRevocation('of a distribution point, the certificate has none', 'UNABLE_TO_GET_CRL',
  () => [rootCrl, intermediate.issueCrl(scoped(distributionPoint('URI:http://crl.example/b')))])
addRevocation('complete, the certificate has a distribution point', null,
  () => [rootCrl, intermediate.issueCrl()], { client: pointed(distributionPoint('URI:http://crl.example/a')) })
addRevocation('the distribution point is for some reasons only', 'UNABLE_TO_GET_CRL', () => [rootCrl, intermediate.issueCrl()],
  { client: pointed(distributionPoint('URI:http://crl.example/a'), implicit(1, Buffer.from([6, 0x40]))), otherProblems: 'OpenSSL counts the reasons that are left' })
addRevocation('the issuer is spelled otherwise', null, () => [rootCrl, intermediate.issueCrl({ issuerName: ' INTERMEDIATE ' })])
addRevocation('its authority key identifier is of another key', 'UNABLE_TO_GET_CRL', () => [rootCrl, intermediate.issueCrl({
  authorityKeyIdentifier: false, extensions: [extension('2.5.29.35', false, sequence(implicit(0, Buffer.alloc(20))))]
})])
{
  const mute = root.issueAuthority({ name: 'Mute', keyUsage: ['keyCertSign'] })
  add('CRL: its issuer has no cRLSign', 'KEYUSAGE_NO_CRL_SIGN', [mute.issueClient(), mute], [root], { crls: [rootCrl, mute.issueCrl()] })
  const rsa = createAuthority({ name: 'Root', keyType: 'rsa' })
  add('CRL: RSASSA-PSS', null, [rsa.issueClient()], [rsa], { crls: [rsa.issueCrl({ pss: true })] })
  const namesake = createAuthority({ name: 'Root' })
  add('CRL: of a namesake', 'UNABLE_TO_GET_CRL', [root.issueClient()], [root], { crls: [namesake.issueCrl()] })
  add('CRL: of a namesake without key identifier', 'CRL_SIGNATURE_FAILURE', [root.issueClient()], [root],
    { crls: [namesake.issueCrl({ authorityKeyIdentifier: false })] })
  const client = root.issueClient(past)
  add('CRL: the leaf is revoked and has expired', 'CERT_HAS_EXPIRED', [client], [root], { crls: [root.issueCrl({ revoked: [client] })] })
}
