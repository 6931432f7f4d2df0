/**
 * Encryption and authentication side by side: ChaCha20 in vectors and Poly1305 in scalars keep different units of the
 * processor busy, and together take little longer than ChaCha20 alone. That is why the text of Poly1305's step stands here twice: it
 * must be in the loop of ChaCha20's rounds, with all its variables in registers.
 */
import { H, R, ROW, S } from './memory'
import { add, by16, by8, counters, rotl12, rotl7, rotlBytes, word, writeWords, xor } from './chacha20'
import { LOW } from './poly1305'

/**
 * XORs `[source, end)` with the keystream into `target`, four blocks of 64 bytes a pass. Meanwhile Poly1305 takes in the
 * ciphertext from `mac` on: `pairs` pairs of blocks, at most ten, in the first pass, and eight, what a pass encrypts, in
 * every later one.
 * @param counter the number of the first block
 */
export function crypt (source: usize, target: usize, end: usize, counter: i32, mac: usize, pairs: i32): void {
  const byTwo = by16()
  const byOne = by8()
  const r0 = load<u64>(R), r1 = load<u64>(R, 8), r2 = load<u64>(R, 16), r3 = load<u64>(R, 24)
  const s1 = load<u64>(S), s2 = load<u64>(S, 8), s3 = load<u64>(S, 16)
  let h0 = load<u64>(H), h1 = load<u64>(H, 8), h2 = load<u64>(H, 16), h3 = load<u64>(H, 24), h4 = load<u64>(H, 32)
  let e0: u64, e1: u64, e2: u64, e3: u64, e4: u64
  for (; source < end; source += 256) {
    // §2.3: the state is a matrix of four rows.
    let a0 = word(0), a1 = word(1), a2 = word(2), a3 = word(3)
    let b0 = word(4), b1 = word(5), b2 = word(6), b3 = word(7)
    let c0 = word(8), c1 = word(9), c2 = word(10), c3 = word(11)
    let d0 = counters(counter), d1 = word(13), d2 = word(14), d3 = word(15)
    v128.store(ROW, c2, 32)
    v128.store(ROW, c3, 48)
    for (let round = 0; round < 10; round++) {
      // Quarter rounds of the columns, two at a time (§2.1): of row c only those two words are in registers.
      a0 = add(a0, b0); a1 = add(a1, b1); d0 = rotlBytes(xor(d0, a0), byTwo); d1 = rotlBytes(xor(d1, a1), byTwo)
      c0 = add(c0, d0); c1 = add(c1, d1); b0 = rotl12(xor(b0, c0)); b1 = rotl12(xor(b1, c1))
      a0 = add(a0, b0); a1 = add(a1, b1); d0 = rotlBytes(xor(d0, a0), byOne); d1 = rotlBytes(xor(d1, a1), byOne)
      c0 = add(c0, d0); c1 = add(c1, d1); b0 = rotl7(xor(b0, c0)); b1 = rotl7(xor(b1, c1))
      v128.store(ROW, c0)
      v128.store(ROW, c1, 16)
      c2 = v128.load(ROW, 32)
      c3 = v128.load(ROW, 48)
      a2 = add(a2, b2); a3 = add(a3, b3); d2 = rotlBytes(xor(d2, a2), byTwo); d3 = rotlBytes(xor(d3, a3), byTwo)
      c2 = add(c2, d2); c3 = add(c3, d3); b2 = rotl12(xor(b2, c2)); b3 = rotl12(xor(b3, c3))
      a2 = add(a2, b2); a3 = add(a3, b3); d2 = rotlBytes(xor(d2, a2), byOne); d3 = rotlBytes(xor(d3, a3), byOne)
      c2 = add(c2, d2); c3 = add(c3, d3); b2 = rotl7(xor(b2, c2)); b3 = rotl7(xor(b3, c3))
      if (round < pairs) {
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
      // Quarter rounds of the diagonals.
      a0 = add(a0, b1); a1 = add(a1, b2); d3 = rotlBytes(xor(d3, a0), byTwo); d0 = rotlBytes(xor(d0, a1), byTwo)
      c2 = add(c2, d3); c3 = add(c3, d0); b1 = rotl12(xor(b1, c2)); b2 = rotl12(xor(b2, c3))
      a0 = add(a0, b1); a1 = add(a1, b2); d3 = rotlBytes(xor(d3, a0), byOne); d0 = rotlBytes(xor(d0, a1), byOne)
      c2 = add(c2, d3); c3 = add(c3, d0); b1 = rotl7(xor(b1, c2)); b2 = rotl7(xor(b2, c3))
      v128.store(ROW, c2, 32)
      v128.store(ROW, c3, 48)
      c0 = v128.load(ROW)
      c1 = v128.load(ROW, 16)
      a2 = add(a2, b3); a3 = add(a3, b0); d1 = rotlBytes(xor(d1, a2), byTwo); d2 = rotlBytes(xor(d2, a3), byTwo)
      c0 = add(c0, d1); c1 = add(c1, d2); b3 = rotl12(xor(b3, c0)); b0 = rotl12(xor(b0, c1))
      a2 = add(a2, b3); a3 = add(a3, b0); d1 = rotlBytes(xor(d1, a2), byOne); d2 = rotlBytes(xor(d2, a3), byOne)
      c0 = add(c0, d1); c1 = add(c1, d2); b3 = rotl7(xor(b3, c0)); b0 = rotl7(xor(b0, c1))
      if (round < pairs) {
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
    }
    c2 = v128.load(ROW, 32)
    c3 = v128.load(ROW, 48)
    writeWords(source, target, add(a0, word(0)), add(a1, word(1)), add(a2, word(2)), add(a3, word(3)))
    writeWords(source + 16, target + 16, add(b0, word(4)), add(b1, word(5)), add(b2, word(6)), add(b3, word(7)))
    writeWords(source + 32, target + 32, add(c0, word(8)), add(c1, word(9)), add(c2, word(10)), add(c3, word(11)))
    writeWords(source + 48, target + 48, add(d0, counters(counter)), add(d1, word(13)), add(d2, word(14)), add(d3, word(15)))
    counter += 4
    target += 256
    pairs = 8
  }
  store<u64>(H, h0)
  store<u64>(H, h1, 8)
  store<u64>(H, h2, 16)
  store<u64>(H, h3, 24)
  store<u64>(H, h4, 32)
}
