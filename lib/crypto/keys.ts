/** Reads and writes keys in their standard wrappings: SubjectPublicKeyInfo (RFC 5280) and PrivateKeyInfo (RFC 5208). */
import { AsnConvert, AsnIntegerBigIntConverter, AsnProp, AsnPropTypes, AsnType, AsnTypeTypes, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from '@peculiar/asn1-x509'

/** Names of `KeyObject.asymmetricKeyType`. */
export type KeyType = 'ec' | 'ed25519' | 'ed448' | 'rsa' | 'rsa-pss'

/** Names of `KeyObject.asymmetricKeyDetails.namedCurve`. */
export type Curve = 'prime256v1' | 'secp384r1' | 'secp521r1'

/** Names of hashes, as node:crypto has them. */
export type SignatureHash = 'sha256' | 'sha384' | 'sha512'

/** A key out of its wrapping. */
export interface UnwrappedKey {
  readonly type: KeyType
  /** Null unless `type` is `ec`. */
  readonly curve: Curve | null
  /**
   * Of a public key the bytes of the BIT STRING; of a private key the bare scalar or seed for `ec`, `ed25519` and
   * `ed448`, and an RSAPrivateKey (DER) for RSA.
   */
  readonly bytes: Uint8Array
}

/** @throws {Error} when `spki` is no SubjectPublicKeyInfo, or the key not of a type or curve we know */
export function readPublicKey (spki: Uint8Array): UnwrappedKey {
  const { algorithm, subjectPublicKey } = AsnConvert.parse(spki, SubjectPublicKeyInfo)
  return { ...readAlgorithm(algorithm), bytes: new Uint8Array(subjectPublicKey) }
}

/** @throws {Error} when `pkcs8` is no PrivateKeyInfo, or the key not of a type or curve we know */
export function readPrivateKey (pkcs8: Uint8Array): UnwrappedKey {
  const { algorithm, privateKey } = AsnConvert.parse(pkcs8, PrivateKeyInfo)
  const { type, curve } = readAlgorithm(algorithm)
  return { type, curve, bytes: new Uint8Array(unwrapPrivateKey(type, privateKey.buffer)) }
}

/** @returns the SubjectPublicKeyInfo (DER) of a key that is not RSA */
export function writePublicKey (type: KeyType, curve: Curve | null, bytes: Uint8Array): Uint8Array {
  const algorithm = new AlgorithmIdentifier({ algorithm: algorithms[type] })
  if (curve !== null) algorithm.parameters = bufferOf(curves[curve])
  return new Uint8Array(AsnConvert.serialize(new SubjectPublicKeyInfo({ algorithm, subjectPublicKey: bufferOf(bytes) })))
}

/**
 * @param pkcs8 an RSA key, of either type
 * @param hash of the signature and of MGF1 @param saltLength in bytes
 * @returns the same key as one that signs by RSASSA-PSS with these parameters only (RFC 4055 §3.1), as PrivateKeyInfo
 */
export function writePssKey (pkcs8: Uint8Array, hash: SignatureHash, saltLength: number): Uint8Array {
  const { privateKey } = AsnConvert.parse(pkcs8, PrivateKeyInfo)
  const hashAlgorithm = new AlgorithmIdentifier({ algorithm: hashes[hash], parameters: derNull })
  const maskGenAlgorithm = new AlgorithmIdentifier({ algorithm: mgf1, parameters: AsnConvert.serialize(hashAlgorithm) })
  const parameters = AsnConvert.serialize(Object.assign(new PssParameters(), { hashAlgorithm, maskGenAlgorithm, saltLength }))
  const algorithm = new AlgorithmIdentifier({ algorithm: algorithms['rsa-pss'], parameters })
  return new Uint8Array(AsnConvert.serialize(Object.assign(new PrivateKeyInfo(), { algorithm, privateKey })))
}

/** @returns the number that is a Diffie-Hellman public key (RFC 3279 §2.3.3), out of its SubjectPublicKeyInfo */
export function readDhPublicKey (spki: Uint8Array): bigint {
  return AsnConvert.parse(AsnConvert.parse(spki, SubjectPublicKeyInfo).subjectPublicKey, DhPublicKey).y
}

/** @returns the SubjectPublicKeyInfo of a Diffie-Hellman public key with the algorithm and the parameters of `sibling` */
export function writeDhPublicKey (sibling: Uint8Array, y: bigint): Uint8Array {
  const { algorithm } = AsnConvert.parse(sibling, SubjectPublicKeyInfo)
  const subjectPublicKey = AsnConvert.serialize(Object.assign(new DhPublicKey(), { y }))
  return new Uint8Array(AsnConvert.serialize(new SubjectPublicKeyInfo({ algorithm, subjectPublicKey })))
}

/**
 * Whether an EC SubjectPublicKeyInfo names its curve. RFC 5480 §2.1.1 forbids spelling out the parameters instead;
 * OpenSSL reads both, and gives the matching name for both.
 */
export function namesCurve (spki: Uint8Array, curve: Curve): boolean {
  const identifier = [...ecPublicKey, ...curves[curve]]
  const start = (spki[1] ?? 0) < 0x80 ? 2 : 3
  return spki[start] === 0x30 && spki[start + 1] === identifier.length &&
    identifier.every((byte, index) => spki[start + 2 + index] === byte)
}

function readAlgorithm (identifier: AlgorithmIdentifier): { type: KeyType, curve: Curve | null } {
  const type = keyTypes.find((name) => algorithms[name] === identifier.algorithm)
  if (type === undefined) throw new Error(`no TLS 1.3 SignatureScheme is for a key of the algorithm ${identifier.algorithm}`)
  return { type, curve: type === 'ec' ? readCurve(identifier.parameters) : null }
}

function readCurve (parameters: ArrayBuffer | null | undefined): Curve {
  const oid = new Uint8Array(parameters ?? [])
  const curve = curveNames.find((name) => curves[name].length === oid.length && curves[name].every((byte, index) => oid[index] === byte))
  if (curve === undefined) throw new Error('no TLS 1.3 SignatureScheme is for an EC key on that curve')
  return curve
}

function unwrapPrivateKey (type: KeyType, wrapped: ArrayBuffer): ArrayBuffer {
  if (type === 'ec') return AsnConvert.parse(wrapped, ECPrivateKey).privateKey.buffer
  // RFC 8410 §7: CurvePrivateKey is an OCTET STRING inside the OCTET STRING.
  if (type === 'ed25519' || type === 'ed448') return AsnConvert.parse<OctetString>(wrapped, OctetString).buffer
  return wrapped
}

function bufferOf (bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** RFC 5958 §2, of which RFC 5208 is the first version. */
class PrivateKeyInfo {
  version = 0
  algorithm = new AlgorithmIdentifier()
  privateKey = new OctetString()
  attributes?: ArrayBuffer
  publicKey?: ArrayBuffer
}
AsnProp({ type: AsnPropTypes.Integer })(PrivateKeyInfo.prototype, 'version')
AsnProp({ type: AlgorithmIdentifier })(PrivateKeyInfo.prototype, 'algorithm')
AsnProp({ type: OctetString })(PrivateKeyInfo.prototype, 'privateKey')
AsnProp({ type: AsnPropTypes.Any, context: 0, implicit: true, optional: true })(PrivateKeyInfo.prototype, 'attributes')
AsnProp({ type: AsnPropTypes.BitString, context: 1, implicit: true, optional: true })(PrivateKeyInfo.prototype, 'publicKey')

/** RFC 5915 §3. */
class ECPrivateKey {
  version = 1
  privateKey = new OctetString()
  parameters?: string
  publicKey?: ArrayBuffer
}
AsnProp({ type: AsnPropTypes.Integer })(ECPrivateKey.prototype, 'version')
AsnProp({ type: OctetString })(ECPrivateKey.prototype, 'privateKey')
AsnProp({ type: AsnPropTypes.ObjectIdentifier, context: 0, optional: true })(ECPrivateKey.prototype, 'parameters')
AsnProp({ type: AsnPropTypes.BitString, context: 1, optional: true })(ECPrivateKey.prototype, 'publicKey')

/** RFC 4055 §3.1: RSASSA-PSS-params. */
class PssParameters {
  hashAlgorithm = new AlgorithmIdentifier()
  maskGenAlgorithm = new AlgorithmIdentifier()
  saltLength = 0
}
AsnProp({ type: AlgorithmIdentifier, context: 0 })(PssParameters.prototype, 'hashAlgorithm')
AsnProp({ type: AlgorithmIdentifier, context: 1 })(PssParameters.prototype, 'maskGenAlgorithm')
AsnProp({ type: AsnPropTypes.Integer, context: 2 })(PssParameters.prototype, 'saltLength')

/** RFC 3279 §2.3.3: a bare INTEGER, which a CHOICE of one is. */
class DhPublicKey {
  y = 0n
}
AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerBigIntConverter })(DhPublicKey.prototype, 'y')
AsnType({ type: AsnTypeTypes.Choice })(DhPublicKey)

/** RFC 8017 Appendix C, RFC 5480 §2.1.1, RFC 8410 §3. */
const algorithms: Readonly<Record<KeyType, string>> = {
  ec: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
  rsa: '1.2.840.113549.1.1.1',
  'rsa-pss': '1.2.840.113549.1.1.10'
}
const keyTypes = Object.keys(algorithms) as KeyType[]

/** RFC 4055 §2.1, §2.2: an absent NULL is to be taken, and a present one to be written. */
const hashes: Readonly<Record<SignatureHash, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3'
}
const mgf1 = '1.2.840.113549.1.1.8'
const derNull = bufferOf(Uint8Array.of(0x05, 0x00))

/** namedCurve, an OBJECT IDENTIFIER in DER (RFC 5480 §2.1.1.1). */
const curves: Readonly<Record<Curve, Uint8Array>> = {
  prime256v1: Uint8Array.of(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07),
  secp384r1: Uint8Array.of(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22),
  secp521r1: Uint8Array.of(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23)
}
const curveNames = Object.keys(curves) as Curve[]

/** id-ecPublicKey, an OBJECT IDENTIFIER in DER (RFC 5480 §2.1.1). */
const ecPublicKey = Uint8Array.of(0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01)
