/**
 * What lies where in the linear memory, which is one page. All of it is zero at first: the caller writes key, nonce,
 * additional data and text, calls, takes the result, and has everything wiped.
 */

/** The initial state of ChaCha20, sixteen words (RFC 8439 §2.3): constants, key, counter, nonce. */
export const STATE: usize = 0
export const KEY: usize = STATE + 16
export const NONCE: usize = STATE + 52

/** One row of the state in all four blocks: sixteen vectors and their operands are more than the registers hold. */
export const ROW: usize = STATE + 64

/** Poly1305's accumulator h: five limbs of 32 bits, each in 64. */
export const H: usize = ROW + 64

/** Poly1305's r: four limbs of 32 bits, each in 64; then 5/4 of the last three. */
export const R: usize = H + 40
export const S: usize = R + 32

/** Whole blocks, padded with zeros (§2.8). */
export const ADDITIONAL_DATA: usize = S + 24
export const MAX_ADDITIONAL_DATA: usize = 64

/** The block of both lengths, the last one that is authenticated (§2.8). */
export const LENGTHS: usize = ADDITIONAL_DATA + MAX_ADDITIONAL_DATA

/** Block 0 of the keystream, whose first half is the key of Poly1305 (§2.6), stands before the text that it is for. */
export const BLOCK_0: usize = 64

/** The text, sealed where it is, opened to behind it. A TLS 1.3 record has at most so much (RFC 8446 §5.2). */
export const TEXT: usize = LENGTHS + 16 + BLOCK_0
export const MAX_TEXT: usize = 16384 + 256

/** Behind a text there is at most a tag, and keystream up to the end of a pass of 256 bytes. */
export const SCRATCH: usize = 256
