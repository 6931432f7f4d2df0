/** The counter mode of GCM (NIST SP 800-38D §6.5), eight blocks at a time. */
import { KEY, NONCE } from './memory'
import { join, plane, replaceFirst, setPlane, spread } from './planes'
import { encrypt } from './rounds'
import { xor } from './vectors'

/**
 * XORs 128 bytes at `source` with eight blocks of the keystream into `target`.
 * @param number of the first block, a multiple of eight below 2^16. Block 0, which the mode has not, is the encryption of
 *   zeros
 */
export function crypt (source: usize, target: usize, number: i32, rounds: usize): void {
  const firstKey = v128.load(KEY)
  spread(xor(withNumber(number), firstKey))
  // Nothing is carried beyond the lowest three bits of the last byte.
  setPlane(0, xor(plane(0), lastByte(0xaa)))
  setPlane(1, xor(plane(1), lastByte(0xcc)))
  setPlane(2, xor(plane(2), lastByte(0xf0)))
  if (number === 0) replaceFirst(firstKey)
  encrypt(rounds)
  join()
  for (let n: usize = 0; n < 8; n++) v128.store(target + 16 * n, xor(v128.load(source + 16 * n), plane(n)))
}

/** The nonce and the number of the block, big-endian. */
// @ts-ignore: decorator
@inline
function withNumber (number: i32): v128 {
  return i32x4.replace_lane(v128.load(NONCE), 3, (number << 24) | ((number & 0xff00) << 8))
}

// @ts-ignore: decorator
@inline
function lastByte (value: u8): v128 {
  return i8x16.replace_lane(i8x16.splat(0), 15, value)
}
