/**
 * SHA-256's compression function for four hashes at a time (FIPS 180-4 §6.2.2): lane n of a vector belongs to hash n. It
 * takes as long as compress.ts does for two.
 */
import { constants } from './compress'
import { DIGESTS, INPUTS, STATE, WORDS } from './memory'

/** Makes words of the bytes of the four blocks at INPUTS. */
export function gather (): void {
  for (let at: usize = 0; at < 64; at += 16) {
    transpose(WORDS + 4 * at, 16, bigEndian(INPUTS + at), bigEndian(INPUTS + at + 64), bigEndian(INPUTS + at + 128), bigEndian(INPUTS + at + 192))
  }
}

/** Takes in the four blocks of WORDS after STATE, which is that of all four. The new states lie where the first words were. */
export function compressLanes (): void {
  for (let at: usize = WORDS; at < WORDS + 768; at += 16) {
    v128.store(at, add(add(sigma1(v128.load(at, 224)), v128.load(at, 144)), add(sigma0(v128.load(at, 16)), v128.load(at))), 256)
  }
  let a = state(0), b = state(1), c = state(2), d = state(3), e = state(4), f = state(5), g = state(6), h = state(7)
  // Eight rounds a pass, after which the names are where they were.
  for (let at: usize = 0; at < 256; at += 32) {
    h = add(add(h, term(at, 0)), add(sum1(e), choose(e, f, g))); d = add(d, h); h = add(h, add(sum0(a), majority(a, b, c)))
    g = add(add(g, term(at, 1)), add(sum1(d), choose(d, e, f))); c = add(c, g); g = add(g, add(sum0(h), majority(h, a, b)))
    f = add(add(f, term(at, 2)), add(sum1(c), choose(c, d, e))); b = add(b, f); f = add(f, add(sum0(g), majority(g, h, a)))
    e = add(add(e, term(at, 3)), add(sum1(b), choose(b, c, d))); a = add(a, e); e = add(e, add(sum0(f), majority(f, g, h)))
    d = add(add(d, term(at, 4)), add(sum1(a), choose(a, b, c))); h = add(h, d); d = add(d, add(sum0(e), majority(e, f, g)))
    c = add(add(c, term(at, 5)), add(sum1(h), choose(h, a, b))); g = add(g, c); c = add(c, add(sum0(d), majority(d, e, f)))
    b = add(add(b, term(at, 6)), add(sum1(g), choose(g, h, a))); f = add(f, b); b = add(b, add(sum0(c), majority(c, d, e)))
    a = add(add(a, term(at, 7)), add(sum1(f), choose(f, g, h))); e = add(e, a); a = add(a, add(sum0(b), majority(b, c, d)))
  }
  leave(0, a); leave(1, b); leave(2, c); leave(3, d); leave(4, e); leave(5, f); leave(6, g); leave(7, h)
}

/** Writes the four states as bytes. */
export function scatter (): void {
  for (let at: usize = 0; at < 32; at += 16) {
    const words = WORDS + 4 * at
    transpose(DIGESTS + at, 32, v128.load(words), v128.load(words, 16), v128.load(words, 32), v128.load(words, 48))
    for (let digest = DIGESTS + at; digest < DIGESTS + 128; digest += 32) v128.store(digest, bigEndian(digest))
  }
}

/** Rows of four words become columns, one every `step` bytes. */
// @ts-ignore: decorator
@inline
function transpose (target: usize, step: usize, row0: v128, row1: v128, row2: v128, row3: v128): void {
  const front01 = v128.shuffle<u32>(row0, row1, 0, 4, 1, 5)
  const front23 = v128.shuffle<u32>(row2, row3, 0, 4, 1, 5)
  const back01 = v128.shuffle<u32>(row0, row1, 2, 6, 3, 7)
  const back23 = v128.shuffle<u32>(row2, row3, 2, 6, 3, 7)
  v128.store(target, v128.shuffle<u64>(front01, front23, 0, 2))
  v128.store(target + step, v128.shuffle<u64>(front01, front23, 1, 3))
  v128.store(target + 2 * step, v128.shuffle<u64>(back01, back23, 0, 2))
  v128.store(target + 3 * step, v128.shuffle<u64>(back01, back23, 1, 3))
}

/** Four words, from or to the order of bytes that SHA-256 has. */
// @ts-ignore: decorator
@inline
function bigEndian (at: usize): v128 {
  return i8x16.swizzle(v128.load(at), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
}

/** A word of the state before, the same in all four hashes. */
// @ts-ignore: decorator
@inline
function state (index: usize): v128 {
  return v128.load32_splat(STATE + 4 * index)
}

// @ts-ignore: decorator
@inline
function leave (index: usize, value: v128): void {
  v128.store(WORDS + 16 * index, add(state(index), value))
}

/** What a round takes of the schedule and the constants. */
// @ts-ignore: decorator
@inline
function term (at: usize, index: usize): v128 {
  return add(v128.load(WORDS + 4 * at + 16 * index), v128.load32_splat(constants + at + 4 * index))
}

// @ts-ignore: decorator
@inline
function add (x: v128, y: v128): v128 {
  return i32x4.add(x, y)
}

// @ts-ignore: decorator
@inline
function xor (x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z)
}

// @ts-ignore: decorator
@inline
function rotr (x: v128, by: i32): v128 {
  return v128.or(i32x4.shr_u(x, by), i32x4.shl(x, 32 - by))
}

// §4.1.2, as in compress.ts

// @ts-ignore: decorator
@inline
function choose (x: v128, y: v128, z: v128): v128 {
  return v128.xor(z, v128.and(x, v128.xor(y, z)))
}

// @ts-ignore: decorator
@inline
function majority (x: v128, y: v128, z: v128): v128 {
  return v128.or(v128.and(x, y), v128.and(z, v128.or(x, y)))
}

// @ts-ignore: decorator
@inline
function sum0 (x: v128): v128 {
  return xor(rotr(x, 2), rotr(x, 13), rotr(x, 22))
}

// @ts-ignore: decorator
@inline
function sum1 (x: v128): v128 {
  return xor(rotr(x, 6), rotr(x, 11), rotr(x, 25))
}

// @ts-ignore: decorator
@inline
function sigma0 (x: v128): v128 {
  return xor(rotr(x, 7), rotr(x, 18), i32x4.shr_u(x, 3))
}

// @ts-ignore: decorator
@inline
function sigma1 (x: v128): v128 {
  return xor(rotr(x, 17), rotr(x, 19), i32x4.shr_u(x, 10))
}
