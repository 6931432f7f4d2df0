/**
 * Poly1305 (RFC 8439 §2.5): h = (h + block) * r modulo 2^130 - 5, block by block. Limbs of 32 bits stand in words of 64:
 * h has five of them, r four.
 *
 * No sum overflows: clamping leaves the limbs of r below 2^28 and 5/4 of them below 2^29; between two blocks h0 is below
 * 2^34, h1 to h3 are below 2^32 and h4 is below 4; with the next block added, the products of one limb sum to less than
 * 2^64.
 */
import { H, R, S } from './memory'

/** The low limb of a word. */
export const LOW: u64 = 0xffffffff

/** Clamps r, the first half of the key (§2.5.1), and clears the accumulator. */
export function start (key: usize): void {
  const r1: u64 = load<u32>(key, 4) & 0x0ffffffc
  const r2: u64 = load<u32>(key, 8) & 0x0ffffffc
  const r3: u64 = load<u32>(key, 12) & 0x0ffffffc
  store<u64>(R, load<u32>(key) & 0x0fffffff)
  store<u64>(R, r1, 8)
  store<u64>(R, r2, 16)
  store<u64>(R, r3, 24)
  // A product of limbs that lies at 2^128 or above comes back times 5/4: 2^130 is 5. Clamping has made that whole.
  store<u64>(S, r1 + (r1 >> 2))
  store<u64>(S, r2 + (r2 >> 2), 8)
  store<u64>(S, r3 + (r3 >> 2), 16)
  memory.fill(H, 0, 40)
}

/** Takes in the blocks of 16 bytes from `mac` to `end`; the last one may reach beyond it. */
export function absorb (mac: usize, end: usize): void {
  const r0 = load<u64>(R), r1 = load<u64>(R, 8), r2 = load<u64>(R, 16), r3 = load<u64>(R, 24)
  const s1 = load<u64>(S), s2 = load<u64>(S, 8), s3 = load<u64>(S, 16)
  let h0 = load<u64>(H), h1 = load<u64>(H, 8), h2 = load<u64>(H, 16), h3 = load<u64>(H, 24), h4 = load<u64>(H, 32)
  let e0: u64, e1: u64, e2: u64, e3: u64, e4: u64
  while (mac < end) {
    h0 += load<u32>(mac)
    h1 += load<u32>(mac, 4)
    h2 += load<u32>(mac, 8)
    h3 += load<u32>(mac, 12)
    h4 += 1
    e0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1
    e1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1 + (e0 >> 32)
    e2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2 + (e1 >> 32)
    e3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3 + (e2 >> 32)
    e4 = h4 * r0 + (e3 >> 32)
    h0 = (e0 & LOW) + (e4 >> 2) * 5
    h1 = e1 & LOW
    h2 = e2 & LOW
    h3 = e3 & LOW
    h4 = e4 & 3
    mac += 16
  }
  store<u64>(H, h0)
  store<u64>(H, h1, 8)
  store<u64>(H, h2, 16)
  store<u64>(H, h3, 24)
  store<u64>(H, h4, 32)
}

/** @returns the tag: h below 2^130 - 5, plus the second half of the key, modulo 2^128 */
export function finish (key: usize): v128 {
  let h0 = load<u64>(H), h1 = load<u64>(H, 8), h2 = load<u64>(H, 16), h3 = load<u64>(H, 24), h4 = load<u64>(H, 32)
  h1 += h0 >> 32
  h2 += h1 >> 32
  h3 += h2 >> 32
  h4 += h3 >> 32
  h0 = (h0 & LOW) + (h4 >> 2) * 5
  h1 &= LOW
  h2 &= LOW
  h3 &= LOW
  h4 &= 3
  // Now h is below 2^130 + 5. What h0 has above its limb is carried by both sums that follow.
  // h + 5 reaches 2^130 when h is 2^130 - 5 or more, and without that bit it is then h reduced.
  const g0 = h0 + 5
  const g1 = h1 + (g0 >> 32)
  const g2 = h2 + (g1 >> 32)
  const g3 = h3 + (g2 >> 32)
  const g4 = h4 + (g3 >> 32)
  const useG: u64 = 0 - (g4 >> 2) // all ones or all zeros
  h0 = (h0 & ~useG) | (g0 & LOW & useG)
  h1 = (h1 & ~useG) | (g1 & LOW & useG)
  h2 = (h2 & ~useG) | (g2 & LOW & useG)
  h3 = (h3 & ~useG) | (g3 & LOW & useG)
  h0 += load<u32>(key, 16)
  h1 += load<u32>(key, 20) + (h0 >> 32)
  h2 += load<u32>(key, 24) + (h1 >> 32)
  h3 += load<u32>(key, 28) + (h2 >> 32)
  const low = i64x2.splat((h1 << 32) | (h0 & LOW))
  return i64x2.replace_lane(low, 1, (h3 << 32) | (h2 & LOW))
}
