/** Short names for what is done to whole vectors. */

// @ts-ignore: decorator
@inline
export function xor (a: v128, b: v128): v128 {
  return v128.xor(a, b)
}

// @ts-ignore: decorator
@inline
export function and (a: v128, b: v128): v128 {
  return v128.and(a, b)
}

/** Byte n of the result is the byte of `bytes` that byte n of `indices` says; it is zero where that is none of them. */
// @ts-ignore: decorator
@inline
export function lookUp (bytes: v128, indices: v128): v128 {
  return i8x16.swizzle(bytes, indices)
}

// @ts-ignore: decorator
@inline
export function highNibbles (bytes: v128): v128 {
  return and(i32x4.shr_u(bytes, 4), i8x16.splat(15))
}

// @ts-ignore: decorator
@inline
export function lowNibbles (bytes: v128): v128 {
  return and(bytes, i8x16.splat(15))
}

/** A plane of the highest bits: ones in each byte that has it set. */
// @ts-ignore: decorator
@inline
export function highestBits (bytes: v128): v128 {
  return i8x16.lt_s(bytes, i8x16.splat(0))
}

/** Shifts each byte to the left by one. */
// @ts-ignore: decorator
@inline
export function doubled (bytes: v128): v128 {
  return i8x16.add(bytes, bytes)
}
