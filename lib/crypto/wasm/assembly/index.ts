/**
 * ChaCha20-Poly1305 (RFC 8439 §2.8) over the linear memory that memory.ts describes. No branch and no address depends on
 * the key, the text or the tag.
 */
import { ADDITIONAL_DATA, BLOCK_0, KEY, LENGTHS, MAX_ADDITIONAL_DATA, MAX_TEXT, NONCE, SCRATCH, STATE, TEXT } from './memory'
import { crypt } from './passes'
import { absorb, finish, start } from './poly1305'

export { ADDITIONAL_DATA, KEY, MAX_ADDITIONAL_DATA, MAX_TEXT, NONCE, TEXT }

let used: usize = TEXT + SCRATCH

/** Seals `length` bytes of TEXT in place; the tag follows them. */
export function seal (length: usize, additionalLength: usize): void {
  v128.store(TEXT + length, authenticated(TEXT, length, additionalLength))
}

/** Opens `length` bytes of TEXT, which the tag follows. @returns where the plaintext is, or 0 when the tag is wrong */
export function open (length: usize, additionalLength: usize): usize {
  const opened = TEXT + length + 16 + BLOCK_0
  const received = v128.load(TEXT + length)
  const differs = v128.any_true(v128.xor(received, authenticated(opened, length, additionalLength)))
  return differs ? 0 : opened
}

/** Leaves the whole memory zero. */
export function wipe (): void {
  memory.fill(0, 0, used)
}

/** @returns the tag of the ciphertext, which is what TEXT holds: before when it is opened, afterwards when it is sealed */
function authenticated (target: usize, length: usize, additionalLength: usize): v128 {
  const key = target - BLOCK_0
  const end = TEXT + length
  used = target + length + SCRATCH
  v128.store(STATE, i32x4(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574)) // "expand 32-byte k"
  // The first pass is for block 0, which is XORed with zeros (§2.6), and the first 192 bytes of the text.
  crypt(TEXT - BLOCK_0, key, TEXT, 0, 0, 0)
  start(key)
  absorb(ADDITIONAL_DATA, ADDITIONAL_DATA + additionalLength)
  let taken = TEXT
  if (length > 192) {
    crypt(TEXT + 192, target + 192, end, 4, TEXT, 6)
    taken += 192 + ((length - 193) & ~255) // all passes but the last one
  }
  v128.store(end, i64x2(0, 0))
  absorb(taken, end)
  store<u64>(LENGTHS, additionalLength)
  store<u64>(LENGTHS, length, 8)
  absorb(LENGTHS, LENGTHS + 16)
  return finish(key)
}
