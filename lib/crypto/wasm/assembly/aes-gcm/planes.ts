/** Blocks into bit planes (memory.ts) and back. */
import { PLANES } from './memory'
import { and, doubled, highestBits, xor } from './vectors'

// @ts-ignore: decorator
@inline
export function plane (n: usize): v128 {
  return v128.load(PLANES + 16 * n)
}

// @ts-ignore: decorator
@inline
export function setPlane (n: usize, bits: v128): void {
  v128.store(PLANES + 16 * n, bits)
}

/** Makes all eight blocks `block`. */
// @ts-ignore: decorator
@inline
export function spread (block: v128): void {
  for (let n: isize = 7; n >= 0; n--) {
    setPlane(n, highestBits(block))
    block = doubled(block)
  }
}

/** Makes the first of the eight blocks `block`. */
// @ts-ignore: decorator
@inline
export function replaceFirst (block: v128): void {
  for (let n: isize = 7; n >= 0; n--) {
    setPlane(n, v128.bitselect(highestBits(block), plane(n), i8x16.splat(1)))
    block = doubled(block)
  }
}

/** Where bit planes were are then the blocks, one behind the other: eight bits of eight planes are transposed, for each byte. */
// @ts-ignore: decorator
@inline
export function join (): void {
  swap(0, 1, 1, 0x55); swap(2, 3, 1, 0x55); swap(4, 5, 1, 0x55); swap(6, 7, 1, 0x55)
  swap(0, 2, 2, 0x33); swap(1, 3, 2, 0x33); swap(4, 6, 2, 0x33); swap(5, 7, 2, 0x33)
  swap(0, 4, 4, 0x0f); swap(1, 5, 4, 0x0f); swap(2, 6, 4, 0x0f); swap(3, 7, 4, 0x0f)
}

/** Swaps the bits of plane `b` that `mask` has with those of plane `a` that are so much higher. */
// @ts-ignore: decorator
@inline
function swap (a: usize, b: usize, distance: i32, mask: i8): void {
  const difference = and(xor(i64x2.shr_u(plane(a), distance), plane(b)), i8x16.splat(mask))
  setPlane(a, xor(plane(a), i64x2.shl(difference, distance)))
  setPlane(b, xor(plane(b), difference))
}
