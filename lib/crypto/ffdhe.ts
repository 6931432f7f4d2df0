/** Diffie-Hellman in the finite fields of RFC 7919, as TLS 1.3 has it (RFC 8446 §4.2.8.1, §7.4.1). */
import type { Encapsulate } from './groups.ts'

/** The integers modulo a safe prime, in which 2 generates the large subgroup (RFC 7919 Appendix A). */
export interface FiniteField {
  readonly prime: bigint
  /** Big-endian. A share and the secret have its length. */
  readonly primeBytes: Uint8Array
}

/**
 * What a library brings: the answer to a client's public number, which is in range, with an ephemeral key of our own.
 * @returns our public number and the secret, big-endian, with or without leading zeros; null when the library refuses
 *   the client's number
 */
export type ExchangeInField = (field: FiniteField, theirs: bigint) => { ours: bigint, secret: Uint8Array } | null

/** @returns the exchange with shares and secrets as TLS 1.3 writes them */
export function encapsulateInField (field: FiniteField, exchange: ExchangeInField): Encapsulate {
  const { length } = field.primeBytes
  return (clientShare) => {
    // RFC 8446 §4.2.8.1: a share is padded to the length of the prime, so it never has another one.
    if (clientShare.length !== length) return null
    const theirs = numberOf(clientShare)
    // RFC 8446 §4.2.8.1: 1 < Y < p - 1 keeps the secret out of the small subgroup, the only one of a safe prime.
    if (theirs <= 1n || theirs >= field.prime - 1n) return null
    const answer = exchange(field, theirs)
    if (answer === null) return null
    // RFC 8446 §7.4.1: the secret too is padded with zeros on the left.
    return { share: padded(bytesOf(answer.ours), length), secret: padded(answer.secret, length) }
  }
}

function numberOf (bytes: Uint8Array): bigint {
  return BigInt('0x' + Buffer.from(bytes).toString('hex'))
}

function bytesOf (number: bigint): Uint8Array {
  const digits = number.toString(16)
  return Buffer.from(digits.length % 2 === 0 ? digits : '0' + digits, 'hex')
}

function padded (bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes
  const whole = new Uint8Array(length)
  whole.set(bytes, length - bytes.length)
  return whole
}

function field (prime: string): FiniteField {
  const primeBytes = Buffer.from(prime.replaceAll(/\s/g, ''), 'hex')
  return Object.freeze({ prime: numberOf(primeBytes), primeBytes })
}

/** RFC 7919 Appendix A.1. */
export const ffdhe2048 = field(`
  FFFFFFFF FFFFFFFF ADF85458 A2BB4A9A AFDC5620 273D3CF1 D8B9C583 CE2D3695 A9E13641 146433FB CC939DCE 249B3EF9
  7D2FE363 630C75D8 F681B202 AEC4617A D3DF1ED5 D5FD6561 2433F51F 5F066ED0 85636555 3DED1AF3 B557135E 7F57C935
  984F0C70 E0E68B77 E2A689DA F3EFE872 1DF158A1 36ADE735 30ACCA4F 483A797A BC0AB182 B324FB61 D108A94B B2C8E3FB
  B96ADAB7 60D7F468 1D4F42A3 DE394DF4 AE56EDE7 6372BB19 0B07A7C8 EE0A6D70 9E02FCE1 CDF7E2EC C03404CD 28342F61
  9172FE9C E98583FF 8E4F1232 EEF28183 C3FE3B1B 4C6FAD73 3BB5FCBC 2EC22005 C58EF183 7D1683B2 C6F34A26 C1B2EFFA
  886B4238 61285C97 FFFFFFFF FFFFFFFF`)

/** RFC 7919 Appendix A.2. */
export const ffdhe3072 = field(`
  FFFFFFFF FFFFFFFF ADF85458 A2BB4A9A AFDC5620 273D3CF1 D8B9C583 CE2D3695 A9E13641 146433FB CC939DCE 249B3EF9
  7D2FE363 630C75D8 F681B202 AEC4617A D3DF1ED5 D5FD6561 2433F51F 5F066ED0 85636555 3DED1AF3 B557135E 7F57C935
  984F0C70 E0E68B77 E2A689DA F3EFE872 1DF158A1 36ADE735 30ACCA4F 483A797A BC0AB182 B324FB61 D108A94B B2C8E3FB
  B96ADAB7 60D7F468 1D4F42A3 DE394DF4 AE56EDE7 6372BB19 0B07A7C8 EE0A6D70 9E02FCE1 CDF7E2EC C03404CD 28342F61
  9172FE9C E98583FF 8E4F1232 EEF28183 C3FE3B1B 4C6FAD73 3BB5FCBC 2EC22005 C58EF183 7D1683B2 C6F34A26 C1B2EFFA
  886B4238 611FCFDC DE355B3B 6519035B BC34F4DE F99C0238 61B46FC9 D6E6C907 7AD91D26 91F7F7EE 598CB0FA C186D91C
  AEFE1309 85139270 B4130C93 BC437944 F4FD4452 E2D74DD3 64F2E21E 71F54BFF 5CAE82AB 9C9DF69E E86D2BC5 22363A0D
  ABC52197 9B0DEADA 1DBF9A42 D5C4484E 0ABCD06B FA53DDEF 3C1B20EE 3FD59D7C 25E41D2B 66C62E37 FFFFFFFF FFFFFFFF`)
