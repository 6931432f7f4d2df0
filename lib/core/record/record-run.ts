/**
 * Records of application data whose numbers are taken and whose content is not sealed yet. They are sealed as a whole, by
 * this thread or by another one, while the connection goes on behind them (RFC 8446 §5.3: each number is used once).
 */
import type { CipherSuite } from '../../../types/crypto.ts'
import { ContentType } from '../constants.ts'
import { wipe } from '../wire/memory.ts'
import { Gatherer, type Copy } from './gatherer.ts'
import { RecordProtection, headerLength, writeHeader, type TrafficKeys } from './protection.ts'
import { contentLength } from './record-size.ts'

export interface RecordRun extends RunShape {
  readonly suite: CipherSuite
  /** The run's own, for whoever seals it to wipe. */
  readonly keys: TrafficKeys
}

/** Which records a run is, whatever protects them. In numbers, because a thread is told of it. */
export interface RunShape {
  /** Of the first record. */
  readonly sequenceNumber: number
  /** Records of application data that the connection sent before, by which the next ones grow (`contentLength`). */
  readonly sentBefore: number
  /** Bytes of content that a record may hold. */
  readonly longestContent: number
  /** Bytes of content of all records. */
  readonly contentLength: number
  /** Bytes of all records, sealed. */
  readonly length: number
}

/** @returns the bytes of so many records of so much content, sealed */
export function sealedLength (records: number, contentLength: number, { tagLength }: CipherSuite): number {
  return contentLength + records * (headerLength + 1 + tagLength)
}

/**
 * Puts the content where its records will lie, each behind its header.
 * @param copy for content that `set` is not the best for
 * @throws {RangeError} when it is not as long as the run
 */
export function layOut (run: Omit<RecordRun, 'keys'>, chunks: readonly Uint8Array[], records: Uint8Array, copy?: Copy): void {
  const content = new Gatherer(chunks, copy)
  let at = 0
  for (let sent = run.sentBefore; content.left > 0; sent++) {
    const taken = Math.min(content.left, contentLength(sent, run.longestContent))
    const sealed = taken + 1 + run.suite.tagLength
    writeHeader(records, at, ContentType.application_data, sealed)
    content.take(taken, records, at + headerLength)
    records[at + headerLength + taken] = ContentType.application_data
    at += headerLength + sealed
  }
  if (at !== run.length) throw new RangeError('the content is not what the run was made for')
}

/** Seals records that were laid out, in place, and wipes the keys. */
export function sealRecords (suite: CipherSuite, keys: TrafficKeys, sequenceNumber: number, records: Uint8Array): void {
  const protection = new RecordProtection(suite, keys, sequenceNumber)
  try {
    for (let at = 0; at < records.length;) {
      const start = at + headerLength
      const end = start + (records[at + 3] << 8 | records[at + 4])
      protection.seal(records, start, end - suite.tagLength)
      at = end
    }
  } finally {
    protection.destroy()
    wipe(keys.key)
  }
}
