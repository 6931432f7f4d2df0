/**
 * What lies where in the linear memory, which is one page. But for the constants all of it is zero at first: the caller
 * writes a key and data, calls, takes the result, and has everything wiped.
 */

/** The hash in progress: eight words, as the processor has them. */
export const STATE: usize = 0

/** The last sixteen words of the message schedule (FIPS 180-4 §6.2.2). */
export const SCHEDULE: usize = STATE + 32

/** HMAC's key, padded with zeros to a block (RFC 2104 §2), and XORed with ipad or opad. */
export const KEY: usize = SCHEDULE + 64
export const PADDED_KEY: usize = KEY + 64

/** The result, big-endian. HMAC's inner digest lies here too, and the padding of its block. */
export const DIGEST: usize = PADDED_KEY + 64

/** The data; its padding follows. */
export const DATA: usize = DIGEST + 64
export const MAX_DATA: usize = 512

/** At most so much padding follows the data (FIPS 180-4 §5.1.1). */
export const PADDING: usize = 72

// What only HMACs of several inputs use

/** Four inputs of at most a block, with its padding, and their lengths, a byte each. */
export const INPUTS: usize = DATA + MAX_DATA + PADDING
export const MAX_INPUT: usize = 55
export const LENGTHS: usize = INPUTS + 4 * 64

/** The message schedules of four blocks: 64 vectors. */
export const WORDS: usize = LENGTHS + 16

/** The results. */
export const DIGESTS: usize = WORDS + 64 * 16
export const END: usize = DIGESTS + 4 * 32
