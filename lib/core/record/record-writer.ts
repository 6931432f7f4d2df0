/**
 * Puts content into records, in one buffer that leaves in one write (RFC 8446 §5.1, §5.2). A record is built where it
 * will lie and sealed in place: no second buffer exists that could show one connection's plaintext to another.
 */
import type { TrafficCounters } from '../../../types/observer.ts'
import { ContentType } from '../constants.ts'
import { maxPlaintextLength } from '../limits.ts'
import { noBytes } from '../wire/bytes.ts'
import { Gatherer } from './gatherer.ts'
import { giveOutputMemory, takeOutputMemory } from './output-memory.ts'
import { headerLength, writeHeader, type RecordProtection } from './protection.ts'
import { contentLength } from './record-size.ts'

export class RecordWriter {
  readonly #counters: TrafficCounters
  /** Content of a protected record; a client may want less than the protocol allows (RFC 8449). */
  #maxContentLength = maxPlaintextLength
  /** Records of application data that were sent. */
  #applicationRecords: number
  #output: Uint8Array = noBytes
  #length = 0

  /** @param growing do the first records of application data fit into packets? */
  constructor (counters: TrafficCounters, growing: boolean) {
    this.#counters = counters
    this.#applicationRecords = growing ? 0 : Infinity
  }

  /**
   * All records written since the last call, in one buffer that is the caller's from now on; null when there are none. It is
   * to be given back when it was written (`giveOutputMemory`).
   */
  take (): Uint8Array | null {
    if (this.#length === 0) return null
    const output = this.#length === this.#output.length ? this.#output : this.#output.subarray(0, this.#length)
    this.#counters.wireSent += output.length
    this.#output = noBytes
    this.#length = 0
    return output
  }

  /** RFC 8449 §4: protected records hold no more content than this from now on. */
  limitContent (maxContentLength: number): void {
    this.#maxContentLength = maxContentLength
  }

  /** Records of application data that were sent. */
  get applicationRecords (): number { return this.#applicationRecords }

  /** Bytes of content that a protected record may hold. */
  get maxContentLength (): number { return this.#maxContentLength }

  /** Records of application data are sent by somebody else. */
  sentElsewhere (records: number, length: number): void {
    this.#applicationRecords += records
    this.#counters.recordsSent += records
    this.#counters.wireSent += length
  }

  /**
   * Writes content, in as many records as it needs.
   * @param current the protection of the next record; asked before each
   */
  write (type: number, chunks: readonly Uint8Array[], current: () => RecordProtection | null): void {
    const content = new Gatherer(chunks)
    while (content.left > 0) {
      const protection = current()
      const max = this.#nextContentLength(type, protection)
      const overhead = headerLength + (protection === null ? 0 : 1 + protection.tagLength)
      this.#reserve(content.left + Math.ceil(content.left / max) * overhead)
      this.#writeRecord(type, content, Math.min(content.left, max), protection)
    }
  }

  #nextContentLength (type: number, protection: RecordProtection | null): number {
    if (protection === null) return maxPlaintextLength
    return type === ContentType.application_data ? contentLength(this.#applicationRecords++, this.#maxContentLength) : this.#maxContentLength
  }

  #writeRecord (type: number, content: Gatherer, length: number, protection: RecordProtection | null): void {
    const output = this.#output
    const start = this.#length + headerLength
    content.take(length, output, start)
    if (protection === null) {
      writeHeader(output, this.#length, type, length)
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
    const smaller = this.#output
    this.#output = takeOutputMemory(needed) // every byte up to #length is written before it leaves
    this.#output.set(smaller.subarray(0, this.#length))
    if (smaller !== noBytes) giveOutputMemory(smaller)
  }
}
