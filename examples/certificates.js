/**
 * A development authority with one server and one client certificate, made on the first start into
 * `examples/.certificates` (which git ignores) and read from there afterwards.
 */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier, AttributeTypeAndValue, AttributeValue, AuthorityKeyIdentifier, BasicConstraints, Certificate,
  ExtendedKeyUsage, Extension, Extensions, GeneralName, KeyIdentifier, KeyUsage, KeyUsageFlags, Name,
  RelativeDistinguishedName, SubjectAlternativeName, SubjectKeyIdentifier, SubjectPublicKeyInfo, TBSCertificate, Validity,
  Version
} from '@peculiar/asn1-x509'

const folder = fileURLToPath(new URL('.certificates/', import.meta.url))

/** PEM texts, and the paths they have for the command lines. */
export function developmentCertificates () {
  if (!isUsable()) create()
  const read = (name) => readFileSync(join(folder, name), 'utf8')
  const pair = (name) => ({
    cert: read(`${name}.pem`),
    key: read(`${name}.key.pem`),
    certPath: relative('', join(folder, `${name}.pem`)),
    keyPath: relative('', join(folder, `${name}.key.pem`))
  })
  return {
    ca: read('ca.pem'),
    caPath: relative('', join(folder, 'ca.pem')),
    server: pair('server'),
    client: pair('client')
  }
}

function isUsable () {
  if (!fileNames.every((name) => existsSync(join(folder, name)))) return false
  const { validTo } = new X509Certificate(readFileSync(join(folder, 'server.pem')))
  return Date.parse(validTo) > Date.now() + day
}

function create () {
  const authority = issue({ name: 'fastify-tls13 development CA', ca: true })
  const server = issue({ name: 'localhost', issuer: authority, purpose: oid.serverAuth, names: ['localhost'], addresses: ['127.0.0.1', '::1'] })
  const client = issue({ name: 'alice', issuer: authority, purpose: oid.clientAuth })

  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'ca.pem'), authority.cert)
  for (const [name, pair] of Object.entries({ server, client })) {
    writeFileSync(join(folder, `${name}.pem`), pair.cert)
    writeFileSync(join(folder, `${name}.key.pem`), pair.key, { mode: 0o600 })
    chmodSync(join(folder, `${name}.key.pem`), 0o600) // the mode above counts for new files only
  }
}

/** A P-256 key and a certificate for it (RFC 5280 §4); without an issuer it signs itself. The CA's key is never stored. */
function issue ({ name, issuer, ca = false, purpose, names = [], addresses = [] }) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { name, privateKey, spki: publicKeyInfo(privateKey) }
  const signer = issuer ?? subject

  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: Uint8Array.from([1, ...randomBytes(15)]).buffer,
    signature: ecdsaWithSha256(),
    issuer: commonName(signer.name),
    validity: new Validity({ notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 365 * day) }),
    subject: commonName(name),
    subjectPublicKeyInfo: subject.spki,
    extensions: new Extensions([
      extension(oid.basicConstraints, true, new BasicConstraints({ cA: ca })),
      extension(oid.keyUsage, true, new KeyUsage(ca ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature)),
      extension(oid.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(subject.spki))),
      extension(oid.authorityKeyIdentifier, false, new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(signer.spki)) })),
      ...(purpose === undefined ? [] : [extension(oid.extKeyUsage, false, new ExtendedKeyUsage([purpose]))]),
      ...(names.length === 0 ? [] : [extension(oid.subjectAltName, false, alternativeNames(names, addresses))])
    ])
  })
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: ecdsaWithSha256(),
    signatureValue: arrayBuffer(sign('sha256', Buffer.from(AsnConvert.serialize(tbs)), signer.privateKey))
  })
  return {
    ...subject,
    cert: new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString(),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' })
  }
}

function publicKeyInfo (privateKey) {
  return AsnConvert.parse(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }), SubjectPublicKeyInfo)
}

/** RFC 5280 §4.2.1.2, method (1). */
function keyIdentifier (spki) {
  return arrayBuffer(createHash('sha1').update(Buffer.from(spki.subjectPublicKey)).digest())
}

function commonName (name) {
  const attribute = new AttributeTypeAndValue({ type: oid.commonName, value: new AttributeValue({ utf8String: name }) })
  return new Name([new RelativeDistinguishedName([attribute])])
}

function alternativeNames (names, addresses) {
  return new SubjectAlternativeName([
    ...names.map((dNSName) => new GeneralName({ dNSName })),
    ...addresses.map((iPAddress) => new GeneralName({ iPAddress }))
  ])
}

function extension (extnID, critical, value) {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
}

function ecdsaWithSha256 () {
  return new AlgorithmIdentifier({ algorithm: oid.ecdsaWithSha256 })
}

function arrayBuffer (buffer) {
  return Uint8Array.from(buffer).buffer
}

const day = 24 * 60 * 60 * 1000
/** RFC 5280 §4.2 and Appendix A, RFC 5758 §3.2. */
const oid = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2'
}

const fileNames = ['ca.pem', 'server.pem', 'server.key.pem', 'client.pem', 'client.key.pem']
