/**
 * AES's rounds (FIPS 197 §5.1) on the bit planes of eight blocks. The orders of bytes are variables, because engines build a
 * constant anew wherever it stands. asc leaves them variables as long as it finds nothing to inline into the function, and no
 * parameter that is always the same.
 */
import { KEY } from './memory'
import { plane, setPlane } from './planes'
import { substitute } from './sbox'
import { doubled, highestBits, lookUp, xor } from './vectors'

/** Encrypts the blocks, to which the first round key has been added. */
export function encrypt (rounds: usize): void {
  const last = KEY + 16 * rounds
  const shift = i8x16(0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11)
  const shiftAndRotate = i8x16(5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12)
  const rotateByTwo = i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
  for (let key = KEY + 16; key < last; key += 16) {
    substitute()
    // With r as a column a rotated by a byte, and s = a + r, MixColumns (§5.1.3) is 2s + r + s rotated by two bytes.
    const r0 = lookUp(plane(0), shiftAndRotate), r1 = lookUp(plane(1), shiftAndRotate)
    const r2 = lookUp(plane(2), shiftAndRotate), r3 = lookUp(plane(3), shiftAndRotate)
    const r4 = lookUp(plane(4), shiftAndRotate), r5 = lookUp(plane(5), shiftAndRotate)
    const r6 = lookUp(plane(6), shiftAndRotate), r7 = lookUp(plane(7), shiftAndRotate)
    const s0 = xor(lookUp(plane(0), shift), r0), s1 = xor(lookUp(plane(1), shift), r1)
    const s2 = xor(lookUp(plane(2), shift), r2), s3 = xor(lookUp(plane(3), shift), r3)
    const s4 = xor(lookUp(plane(4), shift), r4), s5 = xor(lookUp(plane(5), shift), r5)
    const s6 = xor(lookUp(plane(6), shift), r6), s7 = xor(lookUp(plane(7), shift), r7)
    let k = v128.load(key)
    setPlane(7, xor(xor(s6, r7), xor(lookUp(s7, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(6, xor(xor(s5, r6), xor(lookUp(s6, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(5, xor(xor(s4, r5), xor(lookUp(s5, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(4, xor(xor(xor(s3, s7), r4), xor(lookUp(s4, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(3, xor(xor(xor(s2, s7), r3), xor(lookUp(s3, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(2, xor(xor(s1, r2), xor(lookUp(s2, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(1, xor(xor(xor(s0, s7), r1), xor(lookUp(s1, rotateByTwo), highestBits(k))))
    k = doubled(k)
    setPlane(0, xor(xor(s7, r0), xor(lookUp(s0, rotateByTwo), highestBits(k))))
  }
  substitute()
  let k = v128.load(last)
  for (let n: isize = 7; n >= 0; n--) {
    setPlane(n, xor(lookUp(plane(n), shift), highestBits(k)))
    k = doubled(k)
  }
}
