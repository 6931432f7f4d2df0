import { BufferPool } from './buffer-pool.ts'

/**
 * Memory to be written before it is read, and not to be kept for long. What is short is a piece of a larger one: an array of
 * more than 64 bytes is memory outside of V8's heap, which takes ten times as long to make, and is to be freed. Node's own
 * pool is not used, because applications have views of it.
 */
export function unwritten (length: number): Uint8Array {
  if (length > longestPooled) return Buffer.allocUnsafeSlow(length)
  if (used + length > poolLength) {
    pool = new ArrayBuffer(poolLength)
    used = 0
  }
  const at = used
  used += length
  return new Uint8Array(pool, at, length)
}

/**
 * For what a handshake keeps for longer than a call. It is the borrower's until it is given back; what never is, is collected.
 * @returns at least so many bytes, with what was last in them
 */
export function borrow (length: number): Uint8Array { return new Uint8Array(lent.take(length)) }

/** @param memory from `borrow` that nobody uses any more, and that no secret is in */
export function giveBack ({ buffer }: Uint8Array): void { lent.give(buffer as ArrayBuffer) }

/** Bytes: what sixty handshakes have at a time. */
const lent = new BufferPool(2 ** 18)

const poolLength = 2 ** 14
const longestPooled = poolLength / 4
let pool = new ArrayBuffer(poolLength)
let used = 0

/**
 * For what is long and handed on. V8 collects the young generation when it is full, and an array takes next to nothing of it,
 * however much memory it has outside of the heap; that V8 takes for pressure instead, and marks the whole heap every 20 to
 * 30 MiB. So as much of the young generation is used up as the array takes elsewhere (docs/performance.md).
 */
export function collectSoon ({ byteLength }: Uint8Array): void {
  if (byteLength > longestPooled) garbage.last = new Array(Math.ceil(byteLength / slot))
}

/** It is kept until the next: V8 does not make what nobody could see. */
const garbage: { last: readonly unknown[] } = { last: [] }

/** Bytes of V8's heap that an element of an array takes. */
const slot = 8

/** `[start, end)` of it, in other memory. */
export function copyOf (bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = unwritten(end - start)
  copy.set(bytes.subarray(start, end))
  return copy
}

/** The same bytes, not as a Buffer, whose `subarray` takes several times as long. */
export function plain (bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** `[start, end)` of it, the same memory, as the Buffer that Node's streams and node:crypto want. */
export function bufferOf (bytes: Uint8Array, start = 0, end = bytes.length): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
}

/** Overwrites a secret. What is short, as most are, is a loop: `fill` is a call into V8, which takes longer. */
export function wipe (secret: Uint8Array | number[]): void {
  if (secret.length > 64) secret.fill(0)
  else for (let i = 0; i < secret.length; i++) secret[i] = 0
}

/** `output.set(source, at)` where one of them is memory shared between threads, which V8 copies byte for byte: `fill` is one memcpy. */
export function copyShared (source: Uint8Array, output: Uint8Array, at: number): void {
  if (source.length > 0) Buffer.prototype.fill.call(output, source, at, at + source.length)
}

/** `fill(0)` of such memory, for the same reason. */
export function wipeShared (bytes: Uint8Array): void { Buffer.prototype.fill.call(bytes, zero) }

const zero = new Uint8Array(1)
