/**
 * What lies where in the linear memory, which is one page. All of it is zero at first: the caller writes key, nonce,
 * additional data and text, calls, takes the result, and has everything wiped.
 */

/** The key, of four or eight words, and from there on the round keys that it is expanded to (FIPS 197 §5.2). */
export const KEY: usize = 0
export const MAX_ROUND_KEYS: usize = 15

/** Eight blocks by their bits: vector n has bit n of all bytes, and where byte m stands, bit k is that of block k. */
export const PLANES: usize = KEY + 16 * MAX_ROUND_KEYS

/** The nonce, in a block of which the rest is zero. */
export const NONCE: usize = PLANES + 128

/** GHASH's H, times x^0 to x^7. */
export const H: usize = NONCE + 16

/** For each byte of a product with H, two tables: what the high nibble of a byte contributes to it, and what the low one does. */
export const TABLES: usize = H + 128

/** Whole blocks, padded with zeros (NIST SP 800-38D §7.1). */
export const ADDITIONAL_DATA: usize = TABLES + 512
export const MAX_ADDITIONAL_DATA: usize = 64

/** The block of both lengths, the last one that is authenticated (§7.1). */
export const LENGTHS: usize = ADDITIONAL_DATA + MAX_ADDITIONAL_DATA

/** Two blocks stand before the text that they are for: H, and what the tag is encrypted with. */
export const BLOCKS_BEFORE: usize = 32

/** The text, sealed where it is, opened to behind it. For longer ones node:crypto is quicker. */
export const TEXT: usize = LENGTHS + 16 + BLOCKS_BEFORE
export const MAX_TEXT: usize = 3072

/** Behind a text there is at most a tag, and keystream up to the end of eight blocks. */
export const SCRATCH: usize = 128
