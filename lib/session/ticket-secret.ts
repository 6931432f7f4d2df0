/** Secrets that an operator gives for ticket keys, wherever they are given. */
import { invalidOption } from '../errors.ts'

/**
 * All-zero keys were found in use (Hebrok et al., USENIX Security 2023): a key that everyone can guess.
 * @param option its name, for the message
 * @returns a copy
 * @throws FST_TLS13_INVALID_OPTION when it is not 48 bytes, or all zero, or a half of it is
 */
export function ticketSecret (option: string, secret: unknown): Uint8Array {
  if (!(secret instanceof Uint8Array)) throw invalidOption(option, 'must be a Buffer or Uint8Array of 48 bytes')
  if (secret.length !== 48) throw invalidOption(option, `must be 48 bytes, not ${secret.length}`)
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)
  if (isZero(secret.subarray(0, 24)) || isZero(secret.subarray(24))) {
    throw invalidOption(option, 'is all zero, or a half of it is: take 48 bytes of crypto.randomBytes(48)')
  }
  return new Uint8Array(secret)
}
