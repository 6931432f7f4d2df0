/**
 * Memory for records that come in pieces. Of an upload every fourth record does, and fresh memory for each is pressure under
 * which V8 marks the whole heap; so a few pieces serve again. What is in them is ciphertext.
 */
import { maxCiphertextLength } from '../limits.ts'
import { headerLength } from './protection.ts'

/** @returns so many bytes */
export function takeRecordMemory (length: number): Uint8Array {
  if (length < shortest) return new Uint8Array(length)
  return new Uint8Array(free.pop() ?? new ArrayBuffer(pieceLength), 0, length)
}

/** @param memory from `takeRecordMemory` that nobody uses any more */
export function giveRecordMemory ({ buffer }: Uint8Array): void {
  if (buffer.byteLength === pieceLength && free.length < mostFree) free.push(buffer as ArrayBuffer)
}

const free: ArrayBuffer[] = []

/** Pieces, 260 KiB in all: what stays after many clients have sent at once. */
const mostFree = 16

/** Bytes: a record with its header. What is shorter than a quarter of it is not worth a piece. */
const pieceLength = headerLength + maxCiphertextLength
const shortest = pieceLength / 4
