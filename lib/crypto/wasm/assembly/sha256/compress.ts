/** The compression function of SHA-256 (FIPS 180-4 §6.2.2) and its constants. */
import { SCHEDULE, STATE } from './memory'

/** §5.3.3. */
export function initialize (): void {
  memory.copy(STATE, initial, 32)
}

/**
 * Takes in the 64 bytes at `block`. Of the message schedule it keeps the last sixteen words and makes each when its round
 * comes: processors do both at a time, and that takes a sixth to a quarter less than all words first.
 */
export function compress (block: usize): void {
  let a = load<u32>(STATE), b = load<u32>(STATE, 4), c = load<u32>(STATE, 8), d = load<u32>(STATE, 12)
  let e = load<u32>(STATE, 16), f = load<u32>(STATE, 20), g = load<u32>(STATE, 24), h = load<u32>(STATE, 28)
  h += sum1(e) + choose(e, f, g) + first(block, 0); d += h; h += sum0(a) + majority(a, b, c)
  g += sum1(d) + choose(d, e, f) + first(block, 1); c += g; g += sum0(h) + majority(h, a, b)
  f += sum1(c) + choose(c, d, e) + first(block, 2); b += f; f += sum0(g) + majority(g, h, a)
  e += sum1(b) + choose(b, c, d) + first(block, 3); a += e; e += sum0(f) + majority(f, g, h)
  d += sum1(a) + choose(a, b, c) + first(block, 4); h += d; d += sum0(e) + majority(e, f, g)
  c += sum1(h) + choose(h, a, b) + first(block, 5); g += c; c += sum0(d) + majority(d, e, f)
  b += sum1(g) + choose(g, h, a) + first(block, 6); f += b; b += sum0(c) + majority(c, d, e)
  a += sum1(f) + choose(f, g, h) + first(block, 7); e += a; a += sum0(b) + majority(b, c, d)
  h += sum1(e) + choose(e, f, g) + first(block, 8); d += h; h += sum0(a) + majority(a, b, c)
  g += sum1(d) + choose(d, e, f) + first(block, 9); c += g; g += sum0(h) + majority(h, a, b)
  f += sum1(c) + choose(c, d, e) + first(block, 10); b += f; f += sum0(g) + majority(g, h, a)
  e += sum1(b) + choose(b, c, d) + first(block, 11); a += e; e += sum0(f) + majority(f, g, h)
  d += sum1(a) + choose(a, b, c) + first(block, 12); h += d; d += sum0(e) + majority(e, f, g)
  c += sum1(h) + choose(h, a, b) + first(block, 13); g += c; c += sum0(d) + majority(d, e, f)
  b += sum1(g) + choose(g, h, a) + first(block, 14); f += b; b += sum0(c) + majority(c, d, e)
  a += sum1(f) + choose(f, g, h) + first(block, 15); e += a; a += sum0(b) + majority(b, c, d)
  // After sixteen rounds the names and the words are where they were.
  for (let at = constants + 64; at < constants + 256; at += 64) {
    h += sum1(e) + choose(e, f, g) + later(at, 0); d += h; h += sum0(a) + majority(a, b, c)
    g += sum1(d) + choose(d, e, f) + later(at, 1); c += g; g += sum0(h) + majority(h, a, b)
    f += sum1(c) + choose(c, d, e) + later(at, 2); b += f; f += sum0(g) + majority(g, h, a)
    e += sum1(b) + choose(b, c, d) + later(at, 3); a += e; e += sum0(f) + majority(f, g, h)
    d += sum1(a) + choose(a, b, c) + later(at, 4); h += d; d += sum0(e) + majority(e, f, g)
    c += sum1(h) + choose(h, a, b) + later(at, 5); g += c; c += sum0(d) + majority(d, e, f)
    b += sum1(g) + choose(g, h, a) + later(at, 6); f += b; b += sum0(c) + majority(c, d, e)
    a += sum1(f) + choose(f, g, h) + later(at, 7); e += a; a += sum0(b) + majority(b, c, d)
    h += sum1(e) + choose(e, f, g) + later(at, 8); d += h; h += sum0(a) + majority(a, b, c)
    g += sum1(d) + choose(d, e, f) + later(at, 9); c += g; g += sum0(h) + majority(h, a, b)
    f += sum1(c) + choose(c, d, e) + later(at, 10); b += f; f += sum0(g) + majority(g, h, a)
    e += sum1(b) + choose(b, c, d) + later(at, 11); a += e; e += sum0(f) + majority(f, g, h)
    d += sum1(a) + choose(a, b, c) + later(at, 12); h += d; d += sum0(e) + majority(e, f, g)
    c += sum1(h) + choose(h, a, b) + later(at, 13); g += c; c += sum0(d) + majority(d, e, f)
    b += sum1(g) + choose(g, h, a) + later(at, 14); f += b; b += sum0(c) + majority(c, d, e)
    a += sum1(f) + choose(f, g, h) + later(at, 15); e += a; a += sum0(b) + majority(b, c, d)
  }
  add(0, a); add(4, b); add(8, c); add(12, d); add(16, e); add(20, f); add(24, g); add(28, h)
}

// @ts-ignore: decorator
@inline
function add (at: usize, value: u32): void {
  store<u32>(STATE + at, load<u32>(STATE + at) + value)
}

/** What one of the first rounds takes of the schedule and the constants: the schedule begins with the block. */
// @ts-ignore: decorator
@inline
function first (block: usize, index: usize): u32 {
  const word = bswap<u32>(load<u32>(block + 4 * index))
  store<u32>(SCHEDULE + 4 * index, word)
  return word + load<u32>(constants + 4 * index)
}

/** The same of a later round, whose word takes the place of the one sixteen rounds before. */
// @ts-ignore: decorator
@inline
function later (at: usize, index: usize): u32 {
  const word = sigma1(scheduled(index + 14)) + scheduled(index + 9) + sigma0(scheduled(index + 1)) + scheduled(index)
  store<u32>(SCHEDULE + 4 * index, word)
  return word + load<u32>(at + 4 * index)
}

// @ts-ignore: decorator
@inline
function scheduled (index: usize): u32 {
  return load<u32>(SCHEDULE + 4 * (index & 15))
}

// §4.1.2

// @ts-ignore: decorator
@inline
function choose (x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z))
}

// @ts-ignore: decorator
@inline
function majority (x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y))
}

// @ts-ignore: decorator
@inline
function sum0 (x: u32): u32 {
  return rotr<u32>(x, 2) ^ rotr<u32>(x, 13) ^ rotr<u32>(x, 22)
}

// @ts-ignore: decorator
@inline
function sum1 (x: u32): u32 {
  return rotr<u32>(x, 6) ^ rotr<u32>(x, 11) ^ rotr<u32>(x, 25)
}

// @ts-ignore: decorator
@inline
function sigma0 (x: u32): u32 {
  return rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3)
}

// @ts-ignore: decorator
@inline
function sigma1 (x: u32): u32 {
  return rotr<u32>(x, 17) ^ rotr<u32>(x, 19) ^ (x >> 10)
}

const initial: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
])

/** §4.2.2. */
export const constants: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
])
