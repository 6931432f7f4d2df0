/** PEM (RFC 7468, and OpenSSL's older labels) and DER: from what an option holds to labelled blocks. */
import { invalidOption } from '../errors.ts'
import { elements, sequenceContent, shape } from './der.ts'

export interface Block {
  /** `CERTIFICATE`, `PRIVATE KEY` … DER gets the label it would have in PEM. */
  readonly label: string
  /** The decoded content; of an encrypted key in the traditional format, the encrypted bytes. */
  readonly der: Uint8Array
  /** The block in PEM. */
  readonly text: string
}

/**
 * @param option what error messages call the input
 * @param input PEM text, PEM as bytes, or DER
 */
export function readBlocks (option: string, input: unknown): Block[] {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) {
    throw invalidOption(option, 'must be PEM (a string) or PEM or DER (a Buffer or Uint8Array)')
  }
  if (typeof input !== 'string' && input[0] === 0x30 && sequenceContent(input) !== null) return [blockOf(input)]
  const text = typeof input === 'string' ? input : Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1')
  const blocks = readPem(option, text)
  if (blocks.length > 0) return blocks
  throw invalidOption(option, whyNoPem(text, typeof input === 'string'))
}

/** What was found, for an error message: `a certificate, a private key`. */
export function describe (blocks: readonly Block[]): string {
  return [...new Set(blocks.map(({ label }) => descriptions[label] ?? `a block labelled "${label}"`))].join(', ')
}

export function isPrivateKey ({ label }: Block): boolean {
  return label.endsWith('PRIVATE KEY')
}

export function isCertificate ({ label }: Block): boolean {
  return label === 'CERTIFICATE' || label === 'X509 CERTIFICATE'
}

export function isRevocationList ({ label }: Block): boolean {
  return label === 'X509 CRL'
}

function readPem (option: string, text: string): Block[] {
  const blocks: Block[] = []
  for (const { 0: whole, 1: label = '', 2: body = '', 3: end } of text.matchAll(pemBlock)) {
    if (end === undefined) throw invalidOption(option, `has a -----BEGIN ${label}----- without its -----END ${label}-----`)
    const encoded = withoutHeaders(body).replace(/\s+/g, '')
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || encoded.length % 4 !== 0) {
      throw invalidOption(option, `has a ${label} whose base64 is damaged`)
    }
    blocks.push({ label, der: new Uint8Array(Buffer.from(encoded, 'base64')), text: whole })
  }
  return blocks
}

function whyNoPem (text: string, isString: boolean): string {
  if (text.trim() === '') return 'is empty'
  if (text.includes('-----BEGIN ')) return 'is PEM that has lost its line breaks (an environment variable with \\n in it?)'
  if (!isString) return 'is neither PEM nor DER'
  return 'is not PEM: no line says -----BEGIN …----- (a file name? give the content of the file, and DER as a Buffer)'
}

/** RFC 1421 headers, as the traditional format has them on an encrypted key, end at an empty line. */
function withoutHeaders (body: string): string {
  return body.includes(':') ? body.replace(/^[^]*?\n[ \t]*\r?\n/, '') : body
}

function blockOf (der: Uint8Array): Block {
  const label = labelOf(der)
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g)!.join('\n')
  return { label, der: new Uint8Array(der), text: `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n` }
}

/** Tells DER apart by the tags that its ASN.1 type begins with. */
function labelOf (der: Uint8Array): string {
  const content = sequenceContent(der)!
  const outer = shape(content)
  const rows = outer === SIGNED ? signedShapes : shapes
  const inspected = outer === SIGNED ? shape(elements(content)![0]!.content) : outer
  return rows.find(([pattern]) => pattern.test(inspected))?.[1] ?? 'unknown'
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n(?:([^-]*(?:-(?!----)[^-]*)*)(-----END \1-----))?/g

/** SEQUENCE { toBeSigned SEQUENCE, algorithm SEQUENCE, signature BIT STRING }. */
const SIGNED = '303003'

const shapes: ReadonlyArray<readonly [RegExp, string]> = [
  [/^023004/, 'PRIVATE KEY'], // RFC 5958 §2: version, algorithm, key
  [/^(02){9}/, 'RSA PRIVATE KEY'], // RFC 8017 A.1.2: version and eight numbers
  [/^(02){6}$/, 'DSA PRIVATE KEY'], // OpenSSL's own: version and five numbers
  [/^0204/, 'EC PRIVATE KEY'], // RFC 5915: version, key
  [/^3004$/, 'ENCRYPTED PRIVATE KEY'], // RFC 5958 §3: algorithm, encrypted
  [/^0230(30)?$/, 'PKCS12'], // RFC 7292 §4: version, authSafe, macData
  [/^3003$/, 'PUBLIC KEY'],
  [/^0202$/, 'RSA PUBLIC KEY']
]

const signedShapes: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(02)?3030(17|18)/, 'X509 CRL'], // RFC 5280 §5.1: version, signature, issuer, thisUpdate
  [/^023030a0$/, 'CERTIFICATE REQUEST'], // RFC 2986: version, subject, key, attributes
  [/^(a0)?023030303030/, 'CERTIFICATE'] // RFC 5280 §4.1
]

const descriptions: Readonly<Record<string, string>> = {
  CERTIFICATE: 'a certificate',
  'X509 CERTIFICATE': 'a certificate',
  'TRUSTED CERTIFICATE': 'a certificate with OpenSSL\'s trust settings (write it anew with openssl x509)',
  'CERTIFICATE REQUEST': 'a certificate request',
  'NEW CERTIFICATE REQUEST': 'a certificate request',
  'X509 CRL': 'a certificate revocation list',
  'PRIVATE KEY': 'a private key',
  'ENCRYPTED PRIVATE KEY': 'a private key',
  'RSA PRIVATE KEY': 'a private key',
  'EC PRIVATE KEY': 'a private key',
  'DSA PRIVATE KEY': 'a private key',
  'OPENSSH PRIVATE KEY': 'a private key',
  'PUBLIC KEY': 'a public key',
  'RSA PUBLIC KEY': 'a public key',
  PKCS12: 'a PKCS#12 archive (give it as pfx)',
  PKCS7: 'a PKCS#7 bundle (take the certificates out with openssl pkcs7 -print_certs)',
  unknown: 'DER of another kind'
}
