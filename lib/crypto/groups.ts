/** Key exchange groups, whatever library does the work (RFC 8446 §4.2.7, §4.2.8). */
import { NamedGroup as NamedGroupId } from '../core/constants.ts'
import { encapsulateInField, ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192 } from './ffdhe.ts'
import type { ExchangeInField } from './ffdhe.ts'
import type { NamedGroup } from '../../types/crypto.ts'

/** A group's answer to a client's share, or null when that share is not valid. */
export type Encapsulate = NamedGroup['encapsulate']

/** ML-KEM.Encaps (FIPS 203 §7.2) for an encapsulation key of the right length: null when it fails the modulus check. */
export interface MlKem { readonly mlKem768: Encapsulate, readonly mlKem1024: Encapsulate }

/** What a library brings. */
export interface GroupPrimitives extends MlKem {
  readonly x25519: Encapsulate
  readonly x448: Encapsulate
  readonly secp256r1: Encapsulate
  readonly secp384r1: Encapsulate
  readonly secp521r1: Encapsulate
  readonly brainpoolP256r1: Encapsulate
  readonly brainpoolP384r1: Encapsulate
  readonly brainpoolP512r1: Encapsulate
  readonly ffdhe: ExchangeInField
  /** Is ML-KEM native code, which takes 70 µs where JavaScript takes 500? */
  readonly hasNativeMlKem: boolean
}

/**
 * @returns the groups in order of preference: the post-quantum one first where it is nearly free, and otherwise the
 *   cheapest first. Off by default are those that no client needs and that cost milliseconds, ffdhe8192 as many as 200.
 */
export function namedGroups (primitives: GroupPrimitives): readonly NamedGroup[] {
  const { x25519, x448, secp256r1, secp384r1, secp521r1, brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } = primitives
  const { ffdhe, mlKem768, mlKem1024, hasNativeMlKem } = primitives
  const cheapest = [group('x25519', true, x25519), group('secp256r1', true, secp256r1)]
  const hybrid = group('X25519MLKEM768', true, encapsulateBoth({ length: mlKem768Length, encapsulate: mlKem768 }, { length: x25519Length, encapsulate: x25519 }))
  return Object.freeze([
    ...(hasNativeMlKem ? [hybrid, ...cheapest] : [...cheapest, hybrid]),
    group('secp384r1', true, secp384r1),
    group('secp521r1', true, secp521r1),
    group('x448', false, x448),
    group('SecP256r1MLKEM768', false, encapsulateBoth({ length: secp256r1Length, encapsulate: secp256r1 }, { length: mlKem768Length, encapsulate: mlKem768 })),
    group('SecP384r1MLKEM1024', false, encapsulateBoth({ length: secp384r1Length, encapsulate: secp384r1 }, { length: mlKem1024Length, encapsulate: mlKem1024 })),
    group('brainpoolP256r1tls13', false, brainpoolP256r1),
    group('brainpoolP384r1tls13', false, brainpoolP384r1),
    group('brainpoolP512r1tls13', false, brainpoolP512r1),
    group('ffdhe2048', false, encapsulateInField(ffdhe2048, ffdhe)),
    group('ffdhe3072', false, encapsulateInField(ffdhe3072, ffdhe)),
    group('ffdhe4096', false, encapsulateInField(ffdhe4096, ffdhe)),
    group('ffdhe6144', false, encapsulateInField(ffdhe6144, ffdhe)),
    group('ffdhe8192', false, encapsulateInField(ffdhe8192, ffdhe))
  ])
}

/**
 * RFC 8446 §4.2.8.2: a share is an UncompressedPointRepresentation, the byte 4 and two coordinates. Libraries read
 * compressed and hybrid forms too, so the form is checked before they are asked.
 */
export function isUncompressedPoint (share: Uint8Array, coordinateLength: number): boolean {
  return share.length === 1 + 2 * coordinateLength && share[0] === 4
}

/** One of the two parts of a hybrid group, with the length of its client share. */
interface Part { readonly length: number, readonly encapsulate: Encapsulate }

/**
 * draft-ietf-tls-ecdhe-mlkem: the two parts stand in the same order in both shares and in the secret, the one that FIPS
 * approves of first: ML-KEM before X25519, and ECDH before ML-KEM.
 */
function encapsulateBoth (first: Part, second: Part): Encapsulate {
  return (clientShare) => {
    if (clientShare.length !== first.length + second.length) return null
    const one = first.encapsulate(clientShare.subarray(0, first.length))
    if (one === null) return null
    const other = second.encapsulate(clientShare.subarray(first.length))
    if (other === null) return null
    return { share: concatenated(one.share, other.share), secret: concatenated(one.secret, other.secret) }
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

/** RFC 8446 §4.2.8.2. */
const secp256r1Length = 65
const secp384r1Length = 97

/** Encapsulation keys: FIPS 203 §8, Table 3. */
const mlKem768Length = 1184
const mlKem1024Length = 1568
