/** Memory for records on their way out. It holds sealed records of before then, or nothing, never plaintext. */
import { BufferPool } from '../wire/buffer-pool.ts'

/** @returns at least so many bytes */
export function takeOutputMemory (length: number): Uint8Array {
  return new Uint8Array(pool.take(length))
}

/** @param output that was written */
export function giveOutputMemory ({ buffer }: Uint8Array): void {
  pool.give(buffer as ArrayBuffer)
}

/** For memory that is handed to another thread. @returns at least so many bytes, all of them the caller's */
export function takeBuffer (length: number): ArrayBuffer { return pool.take(length) }

/** @param buffer from `takeBuffer` that nobody uses any more */
export function giveBuffer (buffer: ArrayBuffer): void { pool.give(buffer) }

/** Bytes; bounds what stays for good after clients that let long writes pile up. Two portions: where the peer is quick they serve again at once. */
const maxKept = 2.25 * 2 ** 20

const pool = new BufferPool(maxKept)
