/**
 * GHASH (NIST SP 800-38D §6.4) by tables of sixteen bytes, which fit into a vector: sixteen nibbles are looked up at a time,
 * and no address depends on them.
 *
 * A block is taken with its bytes in reverse order, as a number of 128 bits whose highest bit is the coefficient of x^0. To
 * multiply it by x is to shift it to the right by one.
 */
import { H, TABLES } from './memory'
import { and, highNibbles, lookUp, lowNibbles, xor } from './vectors'

/** Makes the tables for the block H that is at `key`. */
export function start (key: usize): void {
  const block = reversed(v128.load(key))
  let low: u64 = i64x2.extract_lane(block, 0)
  let high: u64 = i64x2.extract_lane(block, 1)
  for (let at = H; at < H + 128; at += 16) {
    store<u64>(at, low)
    store<u64>(at, high, 8)
    const carry: u64 = 0 - (low & 1) // all ones or all zeros
    low = (low >> 1) | (high << 63)
    high = (high >> 1) ^ (carry & 0xe100000000000000) // x^128 is 1 + x + x^2 + x^7
  }
  // Nibbles by the bit that is set in them.
  const bit3 = i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1)
  const bit2 = i8x16(0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1)
  const bit1 = i8x16(0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1)
  const bit0 = i8x16(0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1)
  for (let to = TABLES, at = H; at < H + 16; at++) {
    v128.store(to, xor(
      xor(and(v128.load8_splat(at), bit3), and(v128.load8_splat(at, 16), bit2)),
      xor(and(v128.load8_splat(at, 32), bit1), and(v128.load8_splat(at, 48), bit0))))
    v128.store(to, xor(
      xor(and(v128.load8_splat(at, 64), bit3), and(v128.load8_splat(at, 80), bit2)),
      xor(and(v128.load8_splat(at, 96), bit1), and(v128.load8_splat(at, 112), bit0))), 16)
    to += 32
  }
}

/**
 * @param hash what came out of the blocks before, or zeros
 * @returns what comes out of those from `from` to `end`; the last one may reach beyond it
 */
export function absorb (hash: v128, from: usize, end: usize): v128 {
  for (; from < end; from += 16) {
    const block = xor(hash, reversed(v128.load(from)))
    const high = highNibbles(block), low = lowNibbles(block)
    // The product, of 32 bytes, in two sums that need not wait for each other: what is in them goes to the right by two
    // bytes for each two that are added.
    let a = share(0, high, low), b = share(1, high, low), c = i8x16.splat(0), d = i8x16.splat(0)
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(2, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(3, high, low))
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(4, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(5, high, low))
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(6, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(7, high, low))
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(8, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(9, high, low))
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(10, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(11, high, low))
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(12, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(13, high, low))
    c = byTwo(c, a); a = xor(byTwo(a, i8x16.splat(0)), share(14, high, low)); d = byTwo(d, b); b = xor(byTwo(b, i8x16.splat(0)), share(15, high, low))
    c = xor(byOne(c, a), d); a = xor(byOne(a, i8x16.splat(0)), b)
    hash = xor(a, reduced(c))
  }
  return hash
}

/** A block in reverse order, and back. */
// @ts-ignore: decorator
@inline
export function reversed (block: v128): v128 {
  return i8x16.swizzle(block, i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
}

/** What all nibbles contribute to byte n of the product, each as far to the right as the nibble stands. */
// @ts-ignore: decorator
@inline
function share (n: usize, high: v128, low: v128): v128 {
  return xor(lookUp(v128.load(TABLES + 32 * n), high), lookUp(v128.load(TABLES + 32 * n + 16), low))
}

/** The bytes of `high` and `low`, 32 of them, shifted to the right by two: the lower half. */
// @ts-ignore: decorator
@inline
function byTwo (low: v128, high: v128): v128 {
  return v128.shuffle<u16>(low, high, 1, 2, 3, 4, 5, 6, 7, 8)
}

/** The same by one. */
// @ts-ignore: decorator
@inline
function byOne (low: v128, high: v128): v128 {
  return v128.shuffle<u8>(low, high, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
}

/** The lower half of a product times 1 + x + x^2 + x^7. Its last byte is zero: nothing is shifted out. */
// @ts-ignore: decorator
@inline
function reduced (low: v128): v128 {
  const shifted = xor(xor(i64x2.shr_u(low, 1), i64x2.shr_u(low, 2)), i64x2.shr_u(low, 7))
  const carried = xor(xor(i64x2.shl(low, 63), i64x2.shl(low, 62)), i64x2.shl(low, 57))
  return xor(xor(low, shifted), v128.shuffle<u64>(carried, i8x16.splat(0), 1, 2))
}
