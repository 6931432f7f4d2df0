/** The key exchange groups on @noble/*. */
import { pow } from '@noble/curves/abstract/modular.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { x448 } from '@noble/curves/ed448.js'
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { ml_kem1024 as mlKem1024, ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import { isUncompressedPoint, namedGroups, x25519Length, x448Length } from './groups.ts'
import type { ExchangeInField } from './ffdhe.ts'
import type { Encapsulate, MlKem } from './groups.ts'
import { orNull } from './or-null.ts'
import type { NamedGroup } from '../../types/crypto.ts'

export function createNobleGroups (): readonly NamedGroup[] {
  return namedGroups({
    x25519: montgomery(x25519, x25519Length),
    x448: montgomery(x448, x448Length),
    secp256r1: ecdh(p256, 32),
    secp384r1: ecdh(p384, 48),
    secp521r1: ecdh(p521, 66),
    brainpoolP256r1: ecdh(brainpoolP256r1, 32),
    brainpoolP384r1: ecdh(brainpoolP384r1, 48),
    brainpoolP512r1: ecdh(brainpoolP512r1, 64),
    ffdhe: exchangeInField,
    ...nobleMlKem,
    hasNativeMlKem: false
  })
}

/** For every provider whose library lacks it. */
export const nobleMlKem: MlKem = { mlKem768: mlKem(mlKem768), mlKem1024: mlKem(mlKem1024) }

function mlKem (kem: typeof mlKem768): Encapsulate {
  return (encapsulationKey) => {
    const answer = orNull(() => kem.encapsulate(encapsulationKey)) // it checks length and modulus, and throws
    return answer === null ? null : { share: answer.cipherText, secret: answer.sharedSecret }
  }
}

function montgomery (curve: typeof x25519, length: number): Encapsulate {
  return (clientShare) => {
    if (clientShare.length !== length) return null
    const { secretKey, publicKey } = curve.keygen()
    const secret = orNull(() => curve.getSharedSecret(secretKey, clientShare)) // RFC 7748 §6: it refuses small order
    return secret === null ? null : { share: publicKey, secret }
  }
}

function ecdh (curve: typeof p256, coordinateLength: number): Encapsulate {
  return (clientShare) => {
    if (!isUncompressedPoint(clientShare, coordinateLength)) return null
    const secretKey = curve.utils.randomSecretKey()
    const point = orNull(() => curve.getSharedSecret(secretKey, clientShare)) // RFC 8446 §4.2.8.2: on the curve, or it throws
    if (point === null) return null
    // RFC 8446 §7.4.2: the secret is the X coordinate, here behind the one byte of the compressed form.
    return { share: curve.getPublicKey(secretKey, false), secret: point.subarray(1) }
  }
}

/**
 * Not constant-time: how long BigInt takes depends on the numbers, and the steps of `pow` on the exponent. That is the
 * other reason why these groups are off by default; an exponent that is used once gives an observer one measurement.
 */
const exchangeInField: ExchangeInField = ({ prime, primeBytes }, theirs) => {
  const exponent = bytesToNumberBE(randomBytes(exponentLength))
  return { ours: pow(2n, exponent, prime), secret: numberToBytesBE(pow(theirs, exponent, prime), primeBytes.length) }
}

/** RFC 7919 Appendix A: twice the strength of the group, from 225 bits for ffdhe2048 to 400 for ffdhe8192. */
const exponentLength = 50
