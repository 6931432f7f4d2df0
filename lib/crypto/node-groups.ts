/** The key exchange groups on node:crypto. */
import crypto, { createECDH, createPublicKey, diffieHellman } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { bufferOf } from '../core/wire/memory.ts'
import { isUncompressedPoint, namedGroups, x25519Length, x448Length } from './groups.ts'
import type { ExchangeInField } from './ffdhe.ts'
import type { Encapsulate, MlKem } from './groups.ts'
import { exchangeKeyPair, generateKeyPair } from './node-key-pair.ts'
import type { ExchangeKeyPair } from './node-key-pair.ts'
import { readDhPublicKey, writeDhPublicKey } from './keys.ts'
import { shareEncoderOn, takesEncodedKeys } from './node-shares.ts'
import type { MontgomeryCurve } from './node-shares.ts'
import { orNull } from './or-null.ts'
import type { NamedGroup } from '../../types/crypto.ts'

/**
 * @param mlKem what to use where the runtime has no ML-KEM (before Node 24.7, or built without OpenSSL 3.5)
 * @param x25519KeyPair makes one, or has one that nobody was given before
 */
export function createNodeGroups (mlKem: MlKem, x25519KeyPair: () => ExchangeKeyPair): readonly NamedGroup[] {
  const native = nodeMlKem()
  return namedGroups({
    x25519: montgomery('x25519', x25519Length, x25519KeyPair),
    x448: montgomery('x448', x448Length, () => exchangeKeyPair('x448')),
    secp256r1: ecdh('prime256v1', 32),
    secp384r1: ecdh('secp384r1', 48),
    secp521r1: ecdh('secp521r1', 66),
    brainpoolP256r1: ecdh('brainpoolP256r1', 32),
    brainpoolP384r1: ecdh('brainpoolP384r1', 48),
    brainpoolP512r1: ecdh('brainpoolP512r1', 64),
    ffdhe: exchangeInField,
    ...(native ?? mlKem),
    hasNativeMlKem: native !== null
  })
}

function montgomery (curve: MontgomeryCurve, length: number, keyPair: () => ExchangeKeyPair): Encapsulate {
  return (clientShare) => {
    if (clientShare.length !== length) return null
    const { privateKey, share } = keyPair()
    const secret = orNull(() => diffieHellman({ privateKey, publicKey: encodeShare(curve, bufferOf(clientShare)) }))
    return secret === null ? null : { share, secret } // RFC 7748 §6, RFC 8446 §7.4.2: a point of small order gives zero
  }
}

function ecdh (curve: string, coordinateLength: number): Encapsulate {
  return (clientShare) => {
    if (!isUncompressedPoint(clientShare, coordinateLength)) return null
    const ours = createECDH(curve)
    const share = ours.generateKeys()
    const secret = orNull(() => ours.computeSecret(clientShare)) // RFC 8446 §4.2.8.2: the point must be on the curve
    return secret === null ? null : { share, secret }
  }
}

/** On KeyObjects: `createDiffieHellman` proves that the prime is one every time, which takes 500 ms on Node 24. */
const exchangeInField: ExchangeInField = ({ primeBytes }, theirs) => {
  const { privateKey, publicKey: spki } = generateKeyPair<Uint8Array>('dh', { prime: primeBytes, generator: 2, ...asSpki })
  // Some versions of OpenSSL refuse numbers outside the large subgroup too, which RFC 8446 §4.2.8.1 leaves open.
  const secret = orNull(() => diffieHellman({ privateKey, publicKey: readSpki(writeDhPublicKey(spki, theirs)) }))
  return secret === null ? null : { ours: readDhPublicKey(spki), secret }
}

/** @returns null where the runtime has no ML-KEM */
function nodeMlKem (): MlKem | null {
  const { encapsulate } = crypto as { encapsulate?: EncapsulateKey }
  if (encapsulate === undefined) return null
  const native = { mlKem768: mlKem(mlKem768SpkiPrefix, encapsulate), mlKem1024: mlKem(mlKem1024SpkiPrefix, encapsulate) }
  const isSupported = native.mlKem768(new Uint8Array(1184)) !== null // OpenSSL may be older than Node
  return isSupported ? native : null
}

function mlKem (spkiPrefix: Uint8Array, encapsulate: EncapsulateKey): Encapsulate {
  return (encapsulationKey) => {
    // OpenSSL checks the modulus when it reads the key (FIPS 203 §7.2).
    const key = orNull(() => readSpki(Buffer.concat([spkiPrefix, encapsulationKey])))
    if (key === null) return null
    const { ciphertext, sharedKey } = encapsulate(key)
    return { share: ciphertext, secret: sharedKey }
  }
}

function readSpki (spki: Uint8Array): KeyObject {
  return createPublicKey({ key: bufferOf(spki), format: 'der', type: 'spki' })
}

const encodeShare = shareEncoderOn(Number.parseInt(process.versions.node), takesEncodedKeys())

const asSpki = { publicKeyEncoding: { format: 'der', type: 'spki' } }

/** crypto.encapsulate, which the types of Node 20 do not have. */
type EncapsulateKey = (key: KeyObject) => { ciphertext: Buffer, sharedKey: Buffer }

/** SubjectPublicKeyInfo up to the key itself (RFC 9935 §4): id-alg-ml-kem-768 and a BIT STRING of 1184 bytes. */
const mlKem768SpkiPrefix = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex')
/** id-alg-ml-kem-1024 and a BIT STRING of 1568 bytes. */
const mlKem1024SpkiPrefix = Buffer.from('30820632300b06096086480165030404030382062100', 'hex')
