/**
 * Memory for records on their way out. What is not short is used again and again: to the garbage collector fresh memory for each
 * is pressure under which it marks the whole heap. It holds sealed records of before then, or nothing, never plaintext.
 */
import { unwritten } from '../wire/memory.ts'

/** @returns at least so many bytes */
export function takeOutputMemory (length: number): Uint8Array {
  return length < longOutput ? unwritten(length) : new Uint8Array(takeBuffer(length))
}

/** For memory that is handed to another thread. @returns at least so many bytes, all of them the caller's */
export function takeBuffer (length: number): ArrayBuffer {
  const unit = length < 16 * shortUnit ? shortUnit : longUnit
  const rounded = Math.ceil(length / unit) * unit
  const buffer = free.get(rounded)?.pop()
  if (buffer === undefined) return new ArrayBuffer(rounded)
  kept -= rounded
  return buffer
}

/** @param output that is `longOutput` or longer, and was written */
export function giveOutputMemory ({ buffer }: Uint8Array): void {
  giveBuffer(buffer as ArrayBuffer)
}

/** @param buffer from `takeBuffer` that nobody uses any more */
export function giveBuffer (buffer: ArrayBuffer): void {
  const { byteLength } = buffer
  if (kept + byteLength > maxKept) forget()
  kept += byteLength
  const list = free.get(byteLength)
  if (list === undefined) free.set(byteLength, [buffer])
  else list.push(buffer)
}

/** What is kept may be of lengths that nobody wants any more. */
function forget (): void {
  free.clear()
  kept = 0
}

/** Bytes from which on it would be memory of its own. */
export const longOutput = 2 ** 12

/** Bytes; lengths that differ by less share buffers. */
const shortUnit = 2 ** 12
const longUnit = 2 ** 16

/** Bytes; bounds what stays for good after clients that let long writes pile up. Two portions: where the peer is quick they serve again at once. */
const maxKept = 2.25 * 2 ** 20

const free = new Map<number, ArrayBuffer[]>()
let kept = 0
