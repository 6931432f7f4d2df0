/**
 * Certificates, keys and CRLs for tests, made on the spot and synchronously.
 *
 *     const root = createAuthority({ name: 'Test Root' })
 *     const intermediate = root.issueAuthority({ name: 'Test Intermediate', keyType: 'rsa' })
 *     const server = intermediate.issueServer()                       // localhost, 127.0.0.1, ::1
 *     const client = intermediate.issueClient({ name: 'alice', keyType: 'ed25519' })
 *     const crl = intermediate.issueCrl({ revoked: [client] })
 *     https.createServer({ key: server.keyPem, cert: server.pem + intermediate.pem, ca: root.pem, crl: crl.pem })
 *
 * Everything can be had wrong on purpose through `CertificateOptions` and `CrlOptions`.
 */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject, RSAPSSKeyPairKeyObjectOptions } from 'node:crypto'
import {
  bitString, boolean, explicit, implicit, integer, namedBits, nullValue, octetString, oid, oidContent, sequence, set,
  time, tlv, toPem
} from './der.ts'

export type KeyType =
  | 'rsa' | 'rsa-768' | 'rsa-1024' | 'rsa-pss' | 'P-256' | 'P-384' | 'P-521' | 'ed25519' | 'ed448'
  | 'P-192' | 'secp112r1' | 'secp256k1' | 'dsa'

/** A common name, or attributes in order, or a whole Name in DER. */
export type NameInput = string | readonly NameAttribute[] | Uint8Array
export interface NameAttribute {
  type: keyof typeof attributeTypes
  value: string
  /** Default `utf8`. */
  encoding?: keyof typeof stringTags
}

/** `DNS:…`, `IP:…` (with `/mask` in name constraints), `email:…`, `URI:…`, `RID:…`; or a GeneralName in DER. */
export type GeneralNameInput = string | Uint8Array

export interface CertificateOptions {
  /** The subject. */
  name: NameInput
  /** Default `P-256`. */
  keyType?: KeyType
  /** A private key of one's own, instead of a fresh one of `keyType`. */
  privateKey?: KeyObject
  /** A SubjectPublicKeyInfo in DER instead of that of the key. */
  spki?: Uint8Array
  /** Default 2024-01-01. */
  notBefore?: Date
  /** Default 2044-01-01. */
  notAfter?: Date
  /** Content octets of the serial number; default 8 random ones. */
  serial?: Uint8Array
  /** null leaves the extension out. */
  basicConstraints?: { ca: boolean, pathLength?: number, critical?: boolean } | null
  keyUsage?: ReadonlyArray<keyof typeof keyUsageBits> | null
  /** Names or OIDs; null leaves the extension out. */
  extendedKeyUsage?: readonly string[] | null
  subjectAltName?: readonly GeneralNameInput[]
  nameConstraints?: { permitted?: readonly GeneralNameInput[], excluded?: readonly GeneralNameInput[] }
  /** Default both true: subjectKeyIdentifier, authorityKeyIdentifier (keyid). */
  subjectKeyIdentifier?: boolean
  authorityKeyIdentifier?: boolean
  /** Further extensions, after the others: `extension(oid, critical, der)`. */
  extensions?: readonly Uint8Array[]
  /** Digest of the issuer's signature where the key lets one choose; default `sha256`. */
  digest?: Digest
  /** Sign with RSASSA-PSS although the issuer's key is a plain RSA key. */
  pss?: boolean
  /** The issuer the certificate names; default the issuer's subject. */
  issuerName?: NameInput
  /** The key that signs; default the issuer's. */
  signWith?: KeyObject
  /** AlgorithmIdentifier in DER of the outer signatureAlgorithm, where it shall differ from the inner. */
  outerAlgorithm?: Uint8Array
  /** 0 for v1; default 2 for v3. */
  version?: number
}

export interface CrlOptions {
  /** Certificates, or serial numbers by content octets. */
  revoked?: ReadonlyArray<Credential | RevokedEntry>
  /** Default 2024-01-01. */
  thisUpdate?: Date
  /** Default 2044-01-01; null leaves it out. */
  nextUpdate?: Date | null
  number?: number
  extensions?: readonly Uint8Array[]
  authorityKeyIdentifier?: boolean
  digest?: Digest
  pss?: boolean
  issuerName?: NameInput
  signWith?: KeyObject
}

export interface RevokedEntry {
  serial: Uint8Array
  revocationDate?: Date
  /** Extensions of the entry. */
  extensions?: readonly Uint8Array[]
}

export interface Crl {
  der: Uint8Array
  pem: string
}

export type Digest = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

/** A certificate and its private key. */
export class Credential {
  readonly certificate: Uint8Array
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The subject as a DER Name. */
  readonly subject: Uint8Array
  /** Content octets of the serial number. */
  readonly serial: Uint8Array

  constructor (certificate: Uint8Array, keys: KeyPair, subject: Uint8Array, serial: Uint8Array) {
    this.certificate = certificate
    this.privateKey = keys.privateKey
    this.publicKey = keys.publicKey
    this.subject = subject
    this.serial = serial
  }

  get pem (): string {
    return toPem('CERTIFICATE', this.certificate)
  }

  /** The private key as PKCS #8 DER. */
  get key (): Uint8Array {
    return this.privateKey.export({ format: 'der', type: 'pkcs8' })
  }

  get keyPem (): string {
    return this.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  }
}

/** A certificate that issues others. */
export class Authority extends Credential {
  /** A certificate of any sort; no extension but the key identifiers unless asked for. */
  issue (options: CertificateOptions): Credential {
    return createCertificate(options, this)
  }

  /** An intermediate. */
  issueAuthority (options: CertificateOptions): Authority {
    return asAuthority(createCertificate({ ...authorityDefaults, ...options }, this))
  }

  /** A server for `localhost`, 127.0.0.1 and ::1 unless told otherwise. */
  issueServer (options: Partial<CertificateOptions> = {}): Credential {
    return createCertificate({ ...serverDefaults, ...options }, this)
  }

  issueClient (options: Partial<CertificateOptions> = {}): Credential {
    return createCertificate({ ...clientDefaults, ...options }, this)
  }

  issueCrl (options: CrlOptions = {}): Crl {
    return createCrl(options, this)
  }
}

/** A self-signed root. */
export function createAuthority (options: CertificateOptions): Authority {
  return asAuthority(createCertificate({ ...authorityDefaults, ...options }, null))
}

/** A self-signed certificate that is no authority unless asked for. */
export function createSelfSigned (options: CertificateOptions): Credential {
  return createCertificate(options, null)
}

export function generateKeys (keyType: KeyType): KeyPair {
  switch (keyType) {
    case 'rsa': return generateKeyPairSync('rsa', { modulusLength: 2048 })
    case 'rsa-768': case 'rsa-1024':
      return generateKeyPairSync('rsa', { modulusLength: Number(keyType.slice(4)) })
    case 'rsa-pss':
      return generateKeyPairSync('rsa-pss', rsaPssParameters as unknown as RSAPSSKeyPairKeyObjectOptions)
    case 'dsa': return generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
    case 'ed25519': return generateKeyPairSync('ed25519')
    case 'ed448': return generateKeyPairSync('ed448')
    default: return generateKeyPairSync('ec', { namedCurve: keyType === 'P-192' ? 'prime192v1' : keyType })
  }
}

/** Both halves of a private key. */
export interface KeyPair {
  privateKey: KeyObject
  publicKey: KeyObject
}

/** An Extension in DER. */
export function extension (extnId: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(oid(extnId), ...(critical ? [boolean(true)] : []), octetString(value))
}

/** A Name in DER. */
export function encodeName (input: NameInput): Uint8Array {
  if (input instanceof Uint8Array) return input
  const attributes: readonly NameAttribute[] = typeof input === 'string' ? [{ type: 'CN', value: input }] : input
  return sequence(...attributes.map(({ type, value, encoding = 'utf8' }) =>
    set(sequence(oid(attributeTypes[type]), tlv(stringTags[encoding], encodeString(value, encoding))))))
}

/** A GeneralName in DER (RFC 5280 §4.2.1.6). */
export function encodeGeneralName (input: GeneralNameInput): Uint8Array {
  if (input instanceof Uint8Array) return input
  const colon = input.indexOf(':')
  const kind = input.slice(0, colon)
  const value = input.slice(colon + 1)
  switch (kind) {
    case 'email': return implicit(1, Buffer.from(value, 'latin1'))
    case 'DNS': return implicit(2, Buffer.from(value, 'latin1'))
    case 'URI': return implicit(6, Buffer.from(value, 'latin1'))
    case 'IP': return implicit(7, Buffer.concat(value.split('/').map(encodeAddress)))
    case 'RID': return implicit(8, oidContent(value))
    default: throw new TypeError(`a general name must start with email:, DNS:, URI:, IP: or RID:, not ${input}`)
  }
}

/** A directoryName in DER. */
export function directoryName (name: NameInput): Uint8Array {
  return explicit(4, encodeName(name))
}

/** An otherName of a UTF8String (RFC 5280 §4.2.1.6). */
export function otherName (typeId: string, value: string): Uint8Array {
  return explicit(0, oid(typeId), explicit(0, tlv(0x0c, Buffer.from(value))))
}

/** The AlgorithmIdentifier of a signature in DER, and how node:crypto makes it. */
export function signatureAlgorithm (key: KeyObject, digest: Digest, pss = false): { der: Uint8Array, sign (data: Uint8Array): Uint8Array } {
  switch (key.asymmetricKeyType) {
    case 'ed25519': return { der: sequence(oid('1.3.101.112')), sign: (data) => sign(null, data, key) }
    case 'ed448': return { der: sequence(oid('1.3.101.113')), sign: (data) => sign(null, data, key) }
    case 'ec': return { der: sequence(oid(ecdsaWith[digest])), sign: (data) => sign(digest, data, key) }
    case 'dsa': return { der: sequence(oid('2.16.840.1.101.3.4.3.2')), sign: (data) => sign('sha256', data, key) }
    case 'rsa':
      if (!pss) return { der: sequence(oid(rsaWith[digest]), nullValue), sign: (data) => sign(digest, data, key) }
      break
    case 'rsa-pss': break
    default: throw new TypeError(`no signature for keys of type ${key.asymmetricKeyType}`)
  }
  const saltLength = createHash(digest).digest().length
  return {
    der: pssAlgorithm(digest, saltLength),
    // RSA_PKCS1_PSS_PADDING
    sign: (data) => sign(digest, data, { key, padding: 6, saltLength })
  }
}

/** RSASSA-PSS with its parameters (RFC 4055 §3.1). */
export function pssAlgorithm (digest: Digest, saltLength: number): Uint8Array {
  const hash = sequence(oid(digestOids[digest]), nullValue)
  const mgf1 = sequence(oid('1.2.840.113549.1.1.8'), hash)
  return sequence(oid('1.2.840.113549.1.1.10'),
    sequence(explicit(0, hash), explicit(1, mgf1), explicit(2, integer(saltLength))))
}

function createCertificate (options: CertificateOptions, issuer: Authority | null): Credential {
  const keys = options.privateKey === undefined ? generateKeys(options.keyType ?? 'P-256') : keysOf(options.privateKey)
  const subject = encodeName(options.name)
  const serial = options.serial ?? randomSerial()
  const algorithm = signatureAlgorithm(options.signWith ?? (issuer ?? keys).privateKey, options.digest ?? 'sha256', options.pss)
  const version = options.version ?? 2
  const tbs = sequence(
    ...(version === 0 ? [] : [explicit(0, integer(version))]),
    integer(serial),
    algorithm.der,
    options.issuerName === undefined ? (issuer ?? { subject }).subject : encodeName(options.issuerName),
    sequence(time(options.notBefore ?? defaultNotBefore), time(options.notAfter ?? defaultNotAfter)),
    subject,
    options.spki ?? spkiOf(keys.publicKey),
    ...(version === 2 ? encodeExtensions(options, keys.publicKey, (issuer ?? keys).publicKey) : [])
  )
  const certificate = sequence(tbs, options.outerAlgorithm ?? algorithm.der, bitString(algorithm.sign(tbs)))
  return new Credential(certificate, keys, subject, serial)
}

function encodeExtensions (options: CertificateOptions, subjectKey: KeyObject, issuerKey: KeyObject): Uint8Array[] {
  const { basicConstraints, keyUsage, extendedKeyUsage, subjectAltName, nameConstraints } = options
  const list: Uint8Array[] = []
  if (basicConstraints != null) {
    const { ca, pathLength, critical = true } = basicConstraints
    list.push(extension('2.5.29.19', critical,
      sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)]))))
  }
  if (keyUsage != null) list.push(extension('2.5.29.15', true, namedBits(keyUsage.map((usage) => keyUsageBits[usage]))))
  if (extendedKeyUsage != null) {
    list.push(extension('2.5.29.37', false, sequence(...extendedKeyUsage.map((usage) => oid(extendedKeyUsages[usage] ?? usage)))))
  }
  if (subjectAltName !== undefined) {
    list.push(extension('2.5.29.17', false, sequence(...subjectAltName.map(encodeGeneralName))))
  }
  if (nameConstraints !== undefined) {
    const { permitted, excluded } = nameConstraints
    const subtrees = (tag: number, names: readonly GeneralNameInput[] | undefined): Uint8Array[] =>
      names === undefined ? [] : [explicit(tag, ...names.map((name) => sequence(encodeGeneralName(name))))]
    list.push(extension('2.5.29.30', true, sequence(...subtrees(0, permitted), ...subtrees(1, excluded))))
  }
  if (options.subjectKeyIdentifier !== false) list.push(extension('2.5.29.14', false, octetString(keyIdentifier(subjectKey))))
  if (options.authorityKeyIdentifier !== false) list.push(authorityKeyIdentifier(issuerKey))
  list.push(...(options.extensions ?? []))
  return list.length === 0 ? [] : [explicit(3, sequence(...list))]
}

function createCrl (options: CrlOptions, issuer: Authority): Crl {
  const { revoked = [], number = 1, extensions = [], nextUpdate = defaultNotAfter } = options
  const algorithm = signatureAlgorithm(options.signWith ?? issuer.privateKey, options.digest ?? 'sha256', options.pss)
  const entries = revoked.map((entry) => {
    const { revocationDate = defaultNotBefore, extensions = [] }: Partial<RevokedEntry> = entry instanceof Credential ? {} : entry
    return sequence(integer(entry.serial), time(revocationDate), ...(extensions.length === 0 ? [] : [sequence(...extensions)]))
  })
  const tbs = sequence(
    integer(1),
    algorithm.der,
    options.issuerName === undefined ? issuer.subject : encodeName(options.issuerName),
    time(options.thisUpdate ?? defaultNotBefore),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(0, sequence(
      ...(options.authorityKeyIdentifier === false ? [] : [authorityKeyIdentifier(issuer.publicKey)]),
      extension('2.5.29.20', false, integer(number)),
      ...extensions
    ))
  )
  const der = sequence(tbs, algorithm.der, bitString(algorithm.sign(tbs)))
  return { der, pem: toPem('X509 CRL', der) }
}

function asAuthority ({ certificate, privateKey, publicKey, subject, serial }: Credential): Authority {
  return new Authority(certificate, { privateKey, publicKey }, subject, serial)
}

function keysOf (privateKey: KeyObject): KeyPair {
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function spkiOf (key: KeyObject): Uint8Array {
  return key.export({ format: 'der', type: 'spki' })
}

function keyIdentifier (key: KeyObject): Uint8Array {
  return createHash('sha1').update(spkiOf(key)).digest()
}

function authorityKeyIdentifier (issuerKey: KeyObject): Uint8Array {
  return extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(issuerKey))))
}

function randomSerial (): Uint8Array {
  const serial = randomBytes(8)
  // Positive, and minimal in DER.
  serial[0] = (serial[0]! & 0x3f) | 0x40
  return serial
}

function encodeString (value: string, encoding: keyof typeof stringTags): Uint8Array {
  if (encoding === 'bmp') return Buffer.from(value, 'utf16le').swap16()
  return Buffer.from(value, encoding === 'utf8' ? 'utf8' : 'latin1')
}

/** The octets of an IPv4 or IPv6 address in text. */
function encodeAddress (text: string): Uint8Array {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number))
  const [head = '', tail] = text.split('::')
  const groups = (part: string): string[] => part === '' ? [] : part.split(':')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = new Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0')
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** The types have the salt length as a string, node:crypto wants a number. */
const rsaPssParameters = { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 32 }

const defaultNotBefore = new Date('2024-01-01T00:00:00Z')
const defaultNotAfter = new Date('2044-01-01T00:00:00Z')

const authorityDefaults = {
  basicConstraints: { ca: true },
  keyUsage: ['keyCertSign', 'cRLSign']
} satisfies Partial<CertificateOptions>

const serverDefaults = {
  name: 'localhost',
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['serverAuth'],
  subjectAltName: ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1']
} satisfies Partial<CertificateOptions>

const clientDefaults = {
  name: 'client',
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['clientAuth']
} satisfies Partial<CertificateOptions>

const attributeTypes = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1'
} as const

const stringTags = { utf8: 0x0c, printable: 0x13, teletex: 0x14, ia5: 0x16, bmp: 0x1e } as const

/** RFC 5280 §4.2.1.3. */
const keyUsageBits = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
  encipherOnly: 7,
  decipherOnly: 8
} as const

const extendedKeyUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8'
}

const digestOids: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3'
}

const rsaWith: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13'
}

const ecdsaWith: Readonly<Record<Digest, string>> = {
  md5: '1.2.840.10045.4.3.2',
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4'
}
