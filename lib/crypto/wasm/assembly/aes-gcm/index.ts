/**
 * AES-GCM (NIST SP 800-38D §7) over the linear memory that memory.ts describes, for nonces of 12 bytes. No branch and no
 * address depends on the key, the text or the tag.
 */
import { crypt } from './counter'
import { absorb, reversed, start } from './ghash'
import { expand128, expand256 } from './key-schedule'
import { ADDITIONAL_DATA, BLOCKS_BEFORE, KEY, LENGTHS, MAX_ADDITIONAL_DATA, MAX_TEXT, NONCE, SCRATCH, TEXT } from './memory'

export { ADDITIONAL_DATA, KEY, MAX_ADDITIONAL_DATA, MAX_TEXT, NONCE, TEXT }

let used: usize = TEXT + SCRATCH

/** Seals `length` bytes of TEXT in place, under a key of four or eight words; the tag follows them. */
export function seal (length: usize, additionalLength: usize, keyLength: usize): void {
  v128.store(TEXT + length, authenticated(TEXT, length, additionalLength, keyLength))
}

/** Opens `length` bytes of TEXT, which the tag follows. @returns where the plaintext is, or 0 when the tag is wrong */
export function open (length: usize, additionalLength: usize, keyLength: usize): usize {
  const opened = TEXT + length + 16 + BLOCKS_BEFORE
  const received = v128.load(TEXT + length)
  const differs = v128.any_true(v128.xor(received, authenticated(opened, length, additionalLength, keyLength)))
  return differs ? 0 : opened
}

/** Leaves the whole memory zero. */
export function wipe (): void {
  memory.fill(0, 0, used)
}

/** @returns the tag of the ciphertext, which is what TEXT holds: before when it is opened, afterwards when it is sealed */
function authenticated (target: usize, length: usize, additionalLength: usize, keyLength: usize): v128 {
  const end = TEXT + length
  used = target + length + SCRATCH
  if (keyLength === 4) expand128()
  else expand256()
  // What is before the text are zeros: there the keystream is left as it is.
  let number = 0
  for (let at: usize = TEXT - BLOCKS_BEFORE; at < end; at += 128) {
    crypt(at, at - TEXT + target, number, keyLength + 6)
    number += 8
  }
  v128.store(end, i64x2(0, 0))
  start(target - BLOCKS_BEFORE)
  store<u64>(LENGTHS, bswap<u64>(<u64>additionalLength << 3))
  store<u64>(LENGTHS, bswap<u64>(<u64>length << 3), 8)
  let hash = absorb(i64x2(0, 0), ADDITIONAL_DATA, ADDITIONAL_DATA + additionalLength)
  hash = absorb(hash, TEXT, end)
  hash = absorb(hash, LENGTHS, LENGTHS + 16)
  return v128.xor(reversed(hash), v128.load(target - 16))
}
