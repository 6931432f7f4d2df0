/**
 * AES's key expansion (FIPS 197 §5.2), a round key at a time. All round keys but the first have the S-box's constant added
 * to each byte, for the round's S-box leaves it out (sbox.ts), and neither ShiftRows nor MixColumns changes it.
 */
import { KEY } from './memory'
import { CONSTANT } from './sbox'
import { substituted } from './sbox-by-nibbles'
import { xor } from './vectors'

/** Expands the key of four words at KEY, for ten rounds. */
export function expand128 (): void {
  let key = v128.load(KEY)
  let constant: i32 = 1
  for (let at = KEY + 16; at <= KEY + 10 * 16; at += 16) {
    key = chained(key, substituted(rotatedLastWord(key)), constant)
    store(at, key)
    constant = (constant << 1) ^ ((constant >> 7) * 0x11b)
  }
}

/** Expands the key of eight words at KEY, for fourteen rounds. */
export function expand256 (): void {
  let even = v128.load(KEY)
  let odd = v128.load(KEY, 16)
  let constant: i32 = 1
  for (let at = KEY + 16; at < KEY + 13 * 16; at += 32) {
    store(at, odd)
    even = chained(even, substituted(rotatedLastWord(odd)), constant)
    store(at + 16, even)
    odd = chained(odd, substituted(lastWord(even)), 0)
    constant <<= 1
  }
  store(KEY + 13 * 16, odd)
  store(KEY + 14 * 16, chained(even, substituted(rotatedLastWord(odd)), constant))
}

/** Each word is the sum of those up to it, of `first`, which is the same in all places, and of the round's constant. */
// @ts-ignore: decorator
@inline
function chained (words: v128, first: v128, constant: i32): v128 {
  const zero = i32x4.splat(0)
  words = xor(words, v128.shuffle<u32>(zero, words, 0, 4, 5, 6))
  words = xor(words, v128.shuffle<u64>(zero, words, 0, 2))
  return xor(xor(words, i32x4.splat(constant)), first)
}

// @ts-ignore: decorator
@inline
function store (at: usize, roundKey: v128): void {
  v128.store(at, xor(roundKey, i8x16.splat(CONSTANT)))
}

/** The last word in all places. */
// @ts-ignore: decorator
@inline
function lastWord (words: v128): v128 {
  return v128.shuffle<u32>(words, words, 3, 3, 3, 3)
}

/** The same, rotated by a byte. */
// @ts-ignore: decorator
@inline
function rotatedLastWord (words: v128): v128 {
  return i8x16.swizzle(words, i8x16(13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12))
}
