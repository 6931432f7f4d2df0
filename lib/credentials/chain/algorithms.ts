/** Signature algorithms of certificates and CRLs, and how strong they and the keys are. */
import { constants, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AsnProp, AsnPropTypes } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import type { SubjectPublicKeyInfo } from '@peculiar/asn1-x509'
import { decodeExactly } from './decode.ts'
import { minCurveBits, minDigestStrength, minRsaBits } from './limits.ts'

export interface SignatureAlgorithm {
  /** The `asymmetricKeyType`s of the keys that make such signatures. */
  readonly keyTypes: readonly string[]
  /** For node:crypto; null where the algorithm brings its own. */
  readonly digest: string | null
  /** Bits of security of the digest. */
  readonly strength: number
  /** Of RSASSA-PSS, undefined elsewhere. */
  readonly saltLength?: number
}

/** @returns null for an algorithm that is not known, or whose parameters make no sense */
export function signatureAlgorithm ({ algorithm, parameters }: AlgorithmIdentifier): SignatureAlgorithm | null {
  return algorithm === rsassaPss ? pssAlgorithm(parameters) : algorithms[algorithm] ?? null
}

/** Verifies a signature over `data`; false, too, when the key is of another algorithm. */
export function verifySignature (algorithm: SignatureAlgorithm, key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  const { digest, keyTypes, saltLength } = algorithm
  if (!keyTypes.includes(key.asymmetricKeyType!)) return false
  if (saltLength === undefined) return verify(digest, data, key, signature)
  return verify(digest, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
}

/** Is the digest one whose collisions nobody can make (OpenSSL's security level 1)? */
export function isStrongEnough (algorithm: SignatureAlgorithm): boolean {
  return algorithm.strength >= minDigestStrength
}

/** Is the key long enough (OpenSSL's security level 1)? An unreadable one is not. */
export function isKeyStrongEnough (key: KeyObject | null): boolean {
  const { modulusLength, namedCurve } = key?.asymmetricKeyDetails ?? {}
  switch (key?.asymmetricKeyType) {
    case 'rsa': case 'rsa-pss': return modulusLength! >= minRsaBits
    // The names of curves say their size: prime256v1, secp384r1, brainpoolP256r1.
    case 'ec': return Number(namedCurve?.match(/\d{3}/)?.[0] ?? 0) >= minCurveBits
    case 'ed25519': case 'ed448': case 'x25519': case 'x448': return true
    default: return false
  }
}

/** Does the key bring a curve of its own, instead of naming one (RFC 5480 §2.1.1: MUST NOT)? */
export function hasExplicitCurve ({ algorithm: { algorithm, parameters } }: SubjectPublicKeyInfo): boolean {
  return algorithm === ecPublicKey && new Uint8Array(parameters ?? new ArrayBuffer(0))[0] !== objectIdentifierTag
}

/** RFC 4055 §3.1. Declared by calls, for the decorators that the library is made for are not erasable syntax. */
class RsassaPssParameters {
  hashAlgorithm: AlgorithmIdentifier | undefined
  maskGenAlgorithm: AlgorithmIdentifier | undefined
  saltLength: number | undefined
  trailerField: number | undefined
}
AsnProp({ type: AlgorithmIdentifier, context: 0, optional: true })(RsassaPssParameters.prototype, 'hashAlgorithm')
AsnProp({ type: AlgorithmIdentifier, context: 1, optional: true })(RsassaPssParameters.prototype, 'maskGenAlgorithm')
AsnProp({ type: AsnPropTypes.Integer, context: 2, optional: true })(RsassaPssParameters.prototype, 'saltLength')
AsnProp({ type: AsnPropTypes.Integer, context: 3, optional: true })(RsassaPssParameters.prototype, 'trailerField')

function pssAlgorithm (parameters: ArrayBuffer | null | undefined): SignatureAlgorithm | null {
  try {
    const { hashAlgorithm, saltLength = 20 } = decodeExactly(parameters!, RsassaPssParameters)
    const hash = hashAlgorithm === undefined ? sha1 : digests[hashAlgorithm.algorithm]
    return hash === undefined ? null : { keyTypes: ['rsa', 'rsa-pss'], ...hash, saltLength }
  } catch {
    return null
  }
}

const rsassaPss = '1.2.840.113549.1.1.10'
const ecPublicKey = '1.2.840.10045.2.1'
const objectIdentifierTag = 0x06

// What is left of MD5 and SHA-1 are OpenSSL's numbers, after the best known chosen-prefix collisions.
const md5 = { digest: 'md5', strength: 39 }
const sha1 = { digest: 'sha1', strength: 63 }
const sha224 = { digest: 'sha224', strength: 112 }
const sha256 = { digest: 'sha256', strength: 128 }
const sha384 = { digest: 'sha384', strength: 192 }
const sha512 = { digest: 'sha512', strength: 256 }

const digests: Readonly<Record<string, Pick<SignatureAlgorithm, 'digest' | 'strength'>>> = {
  '1.2.840.113549.2.5': md5,
  '1.3.14.3.2.26': sha1,
  '2.16.840.1.101.3.4.2.4': sha224,
  '2.16.840.1.101.3.4.2.1': sha256,
  '2.16.840.1.101.3.4.2.2': sha384,
  '2.16.840.1.101.3.4.2.3': sha512
}

/** RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3. DSA is left out: TLS 1.3 has no use for it. */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.113549.1.1.4': { keyTypes: ['rsa'], ...md5 },
  '1.2.840.113549.1.1.5': { keyTypes: ['rsa'], ...sha1 },
  '1.2.840.113549.1.1.14': { keyTypes: ['rsa'], ...sha224 },
  '1.2.840.113549.1.1.11': { keyTypes: ['rsa'], ...sha256 },
  '1.2.840.113549.1.1.12': { keyTypes: ['rsa'], ...sha384 },
  '1.2.840.113549.1.1.13': { keyTypes: ['rsa'], ...sha512 },
  '1.2.840.10045.4.1': { keyTypes: ['ec'], ...sha1 },
  '1.2.840.10045.4.3.1': { keyTypes: ['ec'], ...sha224 },
  '1.2.840.10045.4.3.2': { keyTypes: ['ec'], ...sha256 },
  '1.2.840.10045.4.3.3': { keyTypes: ['ec'], ...sha384 },
  '1.2.840.10045.4.3.4': { keyTypes: ['ec'], ...sha512 },
  '1.3.101.112': { keyTypes: ['ed25519'], digest: null, strength: 128 },
  '1.3.101.113': { keyTypes: ['ed448'], digest: null, strength: 224 }
}
