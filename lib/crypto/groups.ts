/** Key exchange groups, whatever library does the work (RFC 8446 §4.2.7, §4.2.8). */
import { NamedGroup as NamedGroupId } from '../core/constants.ts'
import { encapsulateInField, ffdhe2048, ffdhe3072 } from './ffdhe.ts'
import type { ExchangeInField } from './ffdhe.ts'
import type { NamedGroup } from '../../types/crypto.ts'

/** A group's answer to a client's share, or null when that share is not valid. */
export type Encapsulate = NamedGroup['encapsulate']

/** ML-KEM-768.Encaps (FIPS 203 §7.2): null when the encapsulation key fails the modulus check. */
export type EncapsulateMlKem = (encapsulationKey: Uint8Array) => { ciphertext: Uint8Array, secret: Uint8Array } | null

/** What a library brings. */
export interface GroupPrimitives {
  readonly x25519: Encapsulate
  readonly x448: Encapsulate
  readonly secp256r1: Encapsulate
  readonly secp384r1: Encapsulate
  readonly secp521r1: Encapsulate
  readonly ffdhe: ExchangeInField
  readonly mlKem768: EncapsulateMlKem
  /** Is `mlKem768` native code, which takes 70 µs where JavaScript takes 500? */
  readonly hasNativeMlKem768: boolean
}

/**
 * @returns the groups in order of preference: the post-quantum one first where it is nearly free, and otherwise the
 *   cheapest first. Off by default are those that no client needs and that cost milliseconds.
 */
export function namedGroups (primitives: GroupPrimitives): readonly NamedGroup[] {
  const { x25519, x448, secp256r1, secp384r1, secp521r1, ffdhe, mlKem768, hasNativeMlKem768 } = primitives
  const cheapest = [group('x25519', true, x25519), group('secp256r1', true, secp256r1)]
  const hybrid = group('X25519MLKEM768', true, (clientShare) => encapsulateHybrid(x25519, mlKem768, clientShare))
  return Object.freeze([
    ...(hasNativeMlKem768 ? [hybrid, ...cheapest] : [...cheapest, hybrid]),
    group('secp384r1', true, secp384r1),
    group('secp521r1', true, secp521r1),
    group('x448', false, x448),
    group('ffdhe2048', false, encapsulateInField(ffdhe2048, ffdhe)),
    group('ffdhe3072', false, encapsulateInField(ffdhe3072, ffdhe))
  ])
}

/**
 * RFC 8446 §4.2.8.2: a share is an UncompressedPointRepresentation, the byte 4 and two coordinates. Libraries read
 * compressed and hybrid forms too, so the form is checked before they are asked.
 */
export function isUncompressedPoint (share: Uint8Array, coordinateLength: number): boolean {
  return share.length === 1 + 2 * coordinateLength && share[0] === 4
}

/** draft-ietf-tls-ecdhe-mlkem: the ML-KEM part stands first in both shares and in the secret. */
function encapsulateHybrid (x25519: Encapsulate, mlKem768: EncapsulateMlKem, clientShare: Uint8Array): ReturnType<Encapsulate> {
  if (clientShare.length !== encapsulationKeyLength + x25519Length) return null
  const classical = x25519(clientShare.subarray(encapsulationKeyLength))
  if (classical === null) return null
  const postQuantum = mlKem768(clientShare.subarray(0, encapsulationKeyLength))
  if (postQuantum === null) return null
  return {
    share: concatenated(postQuantum.ciphertext, classical.share),
    secret: concatenated(postQuantum.secret, classical.secret)
  }
}

function group (name: keyof typeof NamedGroupId, byDefault: boolean, encapsulate: Encapsulate): NamedGroup {
  return Object.freeze({ id: NamedGroupId[name], name, byDefault, encapsulate })
}

function concatenated (first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

/** RFC 7748 §5. */
export const x25519Length = 32
export const x448Length = 56

/** FIPS 203 §8, Table 3. */
const encapsulationKeyLength = 1184
