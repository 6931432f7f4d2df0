/**
 * Puts content into records, in one buffer that leaves in one write (RFC 8446 §5.1, §5.2). A record is built where it
 * will lie and sealed in place: no second buffer exists that could show one connection's plaintext to another.
 */
import type { TrafficCounters } from '../../../types/observer.ts'
import { maxPlaintextLength } from '../limits.ts'
import { noBytes } from '../wire/bytes.ts'
import type { RecordProtection } from './protection.ts'

export class RecordWriter {
  readonly #counters: TrafficCounters
  /** Content of a protected record; a client may want less than the protocol allows (RFC 8449). */
  #maxContentLength = maxPlaintextLength
  #output: Uint8Array = noBytes
  #length = 0

  constructor (counters: TrafficCounters) {
    this.#counters = counters
  }

  /** All records written since the last call, in one buffer that is the caller's from now on; null when there are none. */
  take (): Uint8Array | null {
    if (this.#length === 0) return null
    const output = this.#output.subarray(0, this.#length)
    this.#counters.wireSent += output.length
    this.#output = noBytes
    this.#length = 0
    return output
  }

  /** RFC 8449 §4: protected records hold no more content than this from now on. */
  limitContent (maxContentLength: number): void {
    this.#maxContentLength = maxContentLength
  }

  /**
   * Writes content, in as many records as it needs.
   * @param current the protection of the next record; asked before each
   */
  write (type: number, chunks: readonly Uint8Array[], current: () => RecordProtection | null): void {
    let left = 0
    for (const chunk of chunks) left += chunk.length
    const cursor = { chunk: 0, offset: 0 }
    while (left > 0) {
      const protection = current()
      const max = protection === null ? maxPlaintextLength : this.#maxContentLength
      const overhead = headerLength + (protection === null ? 0 : 1 + protection.tagLength)
      this.#reserve(left + Math.ceil(left / max) * overhead)
      const length = Math.min(left, max)
      this.#writeRecord(type, chunks, cursor, length, protection)
      left -= length
    }
  }

  #writeRecord (type: number, chunks: readonly Uint8Array[], cursor: Cursor, length: number, protection: RecordProtection | null): void {
    const output = this.#output
    const start = this.#length + headerLength
    gather(chunks, cursor, output, start, length)
    if (protection === null) {
      output.set([type, 3, 3, length >>> 8, length & 0xff], this.#length)
      this.#length = start + length
    } else {
      output[start + length] = type
      this.#length = protection.seal(output, start, start + length + 1)
    }
    this.#counters.recordsSent++
  }

  #reserve (length: number): void {
    const needed = this.#length + length
    if (needed <= this.#output.length) return
    // Buffer.allocUnsafe: every byte up to #length is written before it leaves.
    const larger = Buffer.allocUnsafe(needed)
    larger.set(this.#output.subarray(0, this.#length))
    this.#output = larger
  }
}

interface Cursor { chunk: number, offset: number }

/** Copies the next `length` bytes of the chunks to `output` at `at`. */
function gather (chunks: readonly Uint8Array[], cursor: Cursor, output: Uint8Array, at: number, length: number): void {
  while (length > 0) {
    const chunk = chunks[cursor.chunk]
    const taken = Math.min(length, chunk.length - cursor.offset)
    output.set(taken === chunk.length ? chunk : chunk.subarray(cursor.offset, cursor.offset + taken), at)
    at += taken
    length -= taken
    cursor.offset += taken
    if (cursor.offset === chunk.length) {
      cursor.chunk++
      cursor.offset = 0
    }
  }
}

const headerLength = 5
