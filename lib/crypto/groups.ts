/** Key exchange groups, whatever library does the work (RFC 8446 §4.2.7, §4.2.8). */
import { NamedGroup as NamedGroupId } from '../core/constants.ts'
import type { NamedGroup } from '../../types/crypto.ts'

/** A group's answer to a client's share, or null when that share is not valid. */
export type Encapsulate = NamedGroup['encapsulate']

/** ML-KEM-768.Encaps (FIPS 203 §7.2): null when the encapsulation key fails the modulus check. */
export type EncapsulateMlKem = (encapsulationKey: Uint8Array) => { ciphertext: Uint8Array, secret: Uint8Array } | null

/** What a library brings. */
export interface GroupPrimitives {
  readonly x25519: Encapsulate
  readonly secp256r1: Encapsulate
  readonly secp384r1: Encapsulate
  readonly secp521r1: Encapsulate
  readonly mlKem768: EncapsulateMlKem
}

/** @returns the groups in order of preference, the cheapest first */
export function namedGroups (primitives: GroupPrimitives): readonly NamedGroup[] {
  const { x25519, secp256r1, secp384r1, secp521r1, mlKem768 } = primitives
  return Object.freeze([
    group('x25519', x25519),
    group('secp256r1', secp256r1),
    group('X25519MLKEM768', (clientShare) => encapsulateHybrid(x25519, mlKem768, clientShare)),
    group('secp384r1', secp384r1),
    group('secp521r1', secp521r1)
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

function group (name: keyof typeof NamedGroupId, encapsulate: Encapsulate): NamedGroup {
  return Object.freeze({ id: NamedGroupId[name], name, encapsulate })
}

function concatenated (first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

/** RFC 7748 §5. */
export const x25519Length = 32

/** FIPS 203 §8, Table 3. */
const encapsulationKeyLength = 1184
