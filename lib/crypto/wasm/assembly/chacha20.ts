/**
 * The operations of ChaCha20 (RFC 8439 §2.1, §2.3) on four blocks at a time: lane n of a vector belongs to block n.
 * The rotations by whole bytes take the order of the bytes from a variable, because engines build a constant anew
 * wherever it stands.
 */
import { STATE } from './memory'

// @ts-ignore: decorator
@inline
export function add (x: v128, y: v128): v128 {
  return i32x4.add(x, y)
}

// @ts-ignore: decorator
@inline
export function xor (x: v128, y: v128): v128 {
  return v128.xor(x, y)
}

/** The order of bytes that rotates each lane left by 16 bits. */
// @ts-ignore: decorator
@inline
export function by16 (): v128 {
  return i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
}

/** The order of bytes that rotates each lane left by 8 bits. */
// @ts-ignore: decorator
@inline
export function by8 (): v128 {
  return i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14)
}

// @ts-ignore: decorator
@inline
export function rotlBytes (x: v128, order: v128): v128 {
  return i8x16.swizzle(x, order)
}

// @ts-ignore: decorator
@inline
export function rotl12 (x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20))
}

// @ts-ignore: decorator
@inline
export function rotl7 (x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25))
}

/** A word of the initial state, the same in all four blocks. */
// @ts-ignore: decorator
@inline
export function word (index: usize): v128 {
  return v128.load32_splat(STATE + 4 * index)
}

/** Word 12 of the initial state: each block has its own number. */
// @ts-ignore: decorator
@inline
export function counters (first: i32): v128 {
  return i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3))
}

/** XORs four words of the keystream, in all four blocks, with what is at `source`: lanes become bytes in a row. */
// @ts-ignore: decorator
@inline
export function writeWords (source: usize, target: usize, w0: v128, w1: v128, w2: v128, w3: v128): void {
  const front01 = v128.shuffle<u32>(w0, w1, 0, 4, 1, 5)
  const front23 = v128.shuffle<u32>(w2, w3, 0, 4, 1, 5)
  const back01 = v128.shuffle<u32>(w0, w1, 2, 6, 3, 7)
  const back23 = v128.shuffle<u32>(w2, w3, 2, 6, 3, 7)
  v128.store(target, xor(v128.load(source), v128.shuffle<u64>(front01, front23, 0, 2)))
  v128.store(target, xor(v128.load(source, 64), v128.shuffle<u64>(front01, front23, 1, 3)), 64)
  v128.store(target, xor(v128.load(source, 128), v128.shuffle<u64>(back01, back23, 0, 2)), 128)
  v128.store(target, xor(v128.load(source, 192), v128.shuffle<u64>(back01, back23, 1, 3)), 192)
}
