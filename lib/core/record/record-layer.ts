/**
 * Both directions of the record layer (RFC 8446 §5): records in become content, content out becomes records, each under
 * the protection in force.
 */
import type { TrafficCounters } from '../../../types/observer.ts'
import type { CipherSuite } from '../../../types/crypto.ts'
import { ContentType } from '../constants.ts'
import { fail } from '../errors.ts'
import { maxPlaintextLength } from '../limits.ts'
import { noBytes } from '../wire/bytes.ts'
import { bufferOf, collectSoon, copyOf, plain } from '../wire/memory.ts'
import { RecordProtection, trafficKeys, type TrafficKeys } from './protection.ts'
import { RecordReader } from './record-reader.ts'
import { sealedLength, type RunShape } from './record-run.ts'
import { recordsFor } from './record-size.ts'
import { RecordWriter } from './record-writer.ts'

export class RecordLayer {
  /** What `next` found. */
  type = 0
  content: Uint8Array = noBytes
  /** Was the record protected? */
  encrypted = false

  readonly #counters: TrafficCounters
  readonly #reader = new RecordReader()
  readonly #writer: RecordWriter
  #read: RecordProtection | null = null
  #write: RecordProtection | null = null
  #earlyDataLeft = 0

  /** @param growingRecords do the first records of application data fit into packets? */
  constructor (counters: TrafficCounters, growingRecords: boolean) {
    this.#counters = counters
    this.#writer = new RecordWriter(counters, growingRecords)
  }

  /** Takes what came, which is lent until `keep`. */
  push (chunk: Uint8Array): void {
    this.#counters.wireReceived += chunk.length
    this.#reader.push(plain(chunk))
  }

  /** Copies what is still to be read. */
  keep (): void {
    this.#reader.keep()
  }

  /** Finds the next record that has something to say. What it found before is let go: it was used. */
  next (): boolean {
    this.content = noBytes
    while (this.#reader.next()) {
      this.#counters.recordsReceived++
      if (this.#open()) return true
    }
    return false
  }

  write (type: number, chunks: readonly Uint8Array[]): void {
    this.#writer.write(type, chunks, () => this.#write)
  }

  /** @param renew sets another write key; called whenever the one in force must not seal another record (§5.5) */
  writeApplicationData (chunks: readonly Uint8Array[], renew: () => void): void {
    this.#writer.write(ContentType.application_data, chunks, () => {
      if (this.#write?.exhausted) renew()
      return this.#write
    })
  }

  /**
   * Takes the numbers of the records that so much application data needs; they count as sent.
   * @returns null when there is no key that may seal them all (§5.5)
   */
  reserve (contentLength: number, suite: CipherSuite): RunShape | null {
    const { applicationRecords: sentBefore, maxContentLength: longestContent } = this.#writer
    const records = recordsFor(contentLength, sentBefore, longestContent)
    if (this.#write === null || !this.#write.allows(records)) return null
    const length = sealedLength(records, contentLength, suite)
    this.#writer.sentElsewhere(records, length)
    return { sequenceNumber: this.#write.giveNumbers(records), sentBefore, longestContent, contentLength, length }
  }

  /** A record that is never protected: change_cipher_spec (RFC 8446 Appendix D.4). */
  writePlaintext (type: number, content: Uint8Array): void {
    this.#writer.write(type, [content], () => null)
  }

  /** RFC 8449: what the client takes in one record, content and its type. */
  limitRecords (recordSizeLimit: number): void {
    this.#writer.limitContent(Math.min(recordSizeLimit, maxPlaintextLength + 1) - 1)
  }

  takeOutput (): Uint8Array | null {
    return this.#writer.take()
  }

  setReadSecret (suite: CipherSuite, trafficSecret: Uint8Array): void {
    this.setReadKeys(suite, trafficKeys(suite, trafficSecret))
  }

  setWriteSecret (suite: CipherSuite, trafficSecret: Uint8Array): void {
    this.setWriteKeys(suite, trafficKeys(suite, trafficSecret))
  }

  /** @param keys are the record layer's from now on */
  setReadKeys (suite: CipherSuite, keys: TrafficKeys): void {
    this.#read?.destroy()
    this.#read = new RecordProtection(suite, keys)
  }

  /** @param keys are the record layer's from now on */
  setWriteKeys (suite: CipherSuite, keys: TrafficKeys): void {
    this.#write?.destroy()
    this.#write = new RecordProtection(suite, keys)
  }

  /** Has the client sent nothing under its present key? */
  get readKeyUnused (): boolean {
    return this.#read === null || this.#read.unused
  }

  /**
   * §4.2.10: what the client sent as early data cannot be read; it is skipped, up to a limit.
   * @param limit bytes of records, their headers included; 0: nothing is skipped
   */
  skipEarlyData (limit: number): void {
    this.#earlyDataLeft = limit
  }

  /** Forgets the keys. */
  destroy (): void {
    this.#read?.destroy()
    this.#write?.destroy()
  }

  /** Reads the record at hand. @returns false when it was skipped */
  #open (): boolean {
    const { type, bytes, start, end } = this.#reader
    this.encrypted = false
    this.type = type
    if (type !== ContentType.application_data) {
      this.content = copyOf(bytes, start, end)
      return true
    }
    const inner = this.#read === null ? null : this.#read.open(bytes, start, end)
    if (inner === null) {
      if (this.#skip(end - start)) return false
      if (this.#read === null) fail('RECORD_TYPE', 'application data before there are keys')
      fail('BAD_RECORD_MAC', 'a record that was not sealed with the key in force')
    }
    collectSoon(inner)
    // The client's own keys are in use: what follows is no longer early data.
    this.#earlyDataLeft = 0
    this.#unpad(inner)
    return true
  }

  #skip (length: number): boolean {
    if (this.#earlyDataLeft === 0) return false
    // With its header, so that empty records come to an end too.
    this.#earlyDataLeft -= 5 + length
    if (this.#earlyDataLeft <= 0) fail('EARLY_DATA_TOO_LONG', 'more early data than is skipped')
    return true
  }

  /** §5.2, §5.4: TLSInnerPlaintext is content, its type, and zeros. */
  #unpad (inner: Uint8Array): void {
    let end = inner.length
    if (end > maxPlaintextLength + 1) fail('RECORD_OVERFLOW', 'more than 2^14 bytes of content and padding')
    while (end > 0 && inner[end - 1] === 0) end--
    if (end === 0) fail('NO_CONTENT_TYPE', 'a record of padding without a content type')
    this.encrypted = true
    this.type = inner[end - 1]
    this.content = this.type === ContentType.application_data ? bufferOf(inner, 0, end - 1) : plain(inner).subarray(0, end - 1)
  }
}
