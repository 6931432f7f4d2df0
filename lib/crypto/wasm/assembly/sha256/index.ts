/**
 * SHA-256 (FIPS 180-4 §6.2) and HMAC (RFC 2104) over the linear memory that memory.ts describes. No branch and no address
 * depends on the key or the data, only on their lengths.
 */
import { compress, initialize } from './compress'
import { compressLanes, gather, scatter } from './lanes'
import { DATA, DIGEST, DIGESTS, END, INPUTS, KEY, LENGTHS, MAX_DATA, MAX_INPUT, PADDED_KEY, PADDING, STATE, WORDS } from './memory'

export { DATA, DIGEST, DIGESTS, INPUTS, KEY, LENGTHS, MAX_DATA, MAX_INPUT }

/** Leaves the digest of `length` bytes of DATA in DIGEST. */
export function digest (length: usize): void {
  initialize()
  finish(DATA, length, 0)
}

/** Leaves in DIGEST the HMAC of `length` bytes of DATA under the 64 bytes of KEY. */
export function hmac (length: usize): void {
  absorbKey(0x36)
  finish(DATA, length, 64)
  absorbKey(0x5c)
  finish(DIGEST, 32, 64)
}

/** Leaves in DIGESTS the HMACs of the four inputs at INPUTS under the 64 bytes of KEY, which are hashed once for all. */
export function hmacs (): void {
  for (let lane: usize = 0; lane < 4; lane++) padInput(INPUTS + 64 * lane, load<u8>(LENGTHS + lane))
  absorbKey(0x36)
  gather()
  compressLanes()
  padDigests()
  absorbKey(0x5c)
  compressLanes()
  scatter()
}

/** Leaves zero what `hmacs` used. */
export function wipeAll (): void {
  memory.fill(0, 0, END)
}

/** Leaves zero what a call with `length` bytes of DATA used. */
export function wipe (length: usize): void {
  memory.fill(0, 0, DATA + length + PADDING)
}

/** Starts with the block that is the key XORed with a byte. */
function absorbKey (pad: u8): void {
  const mask = i8x16.splat(pad)
  for (let at: usize = 0; at < 64; at += 16) v128.store(PADDED_KEY + at, v128.xor(v128.load(KEY + at), mask))
  initialize()
  compress(PADDED_KEY)
}

/** Takes in the last bytes and the padding (§5.1.1). `before` bytes have been taken in. */
function finish (source: usize, length: usize, before: usize): void {
  const end = source + length
  for (; source + 64 <= end; source += 64) compress(source)
  store<u8>(end, 0x80)
  const last = source + (end - source < 56 ? 56 : 120)
  for (let at = end + 1; at < last; at++) store<u8>(at, 0)
  store<u64>(last, bswap<u64>(<u64>(before + length) << 3))
  for (; source < last; source += 64) compress(source)
  for (let at: usize = 0; at < 32; at += 4) store<u32>(DIGEST + at, bswap<u32>(load<u32>(STATE + at)))
}

/** The same for an input that fits into a block (§5.1.1) after the key's. */
function padInput (input: usize, length: usize): void {
  store<u8>(input + length, 0x80)
  store<u64>(input, bswap<u64>(<u64>(64 + length) << 3), 56)
}

/** The same for four digests, which are words already. */
function padDigests (): void {
  v128.store(WORDS, i32x4.splat(0x80000000), 8 * 16)
  for (let index: usize = 9; index < 15; index++) v128.store(WORDS + 16 * index, i32x4.splat(0))
  v128.store(WORDS, i32x4.splat((64 + 32) << 3), 15 * 16)
}
