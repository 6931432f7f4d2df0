/**
 * Records of application data whose numbers are taken and whose content is not sealed yet. They are sealed as a whole, by
 * this thread or by another one, while the connection goes on behind them (RFC 8446 §5.3: each number is used once).
 */
import type { CipherSuite } from '../../../types/crypto.ts'
import { ContentType } from '../constants.ts'
import { wipe } from '../wire/memory.ts'
import { Gatherer, type Copy } from './gatherer.ts'
import { RecordProtection, headerLength, writeHeader, type TrafficKeys } from './protection.ts'

export interface RecordRun {
  readonly suite: CipherSuite
  /** The run's own, for whoever seals it to wipe. */
  readonly keys: TrafficKeys
  /** Of the first record. */
  readonly sequenceNumber: number
  /** Of each record. */
  readonly contentLengths: readonly number[]
  /** Bytes of all records, sealed. */
  readonly length: number
}

/** What `layOut` must know of a run. */
export type Layout = Pick<RecordRun, 'suite' | 'contentLengths' | 'length'>

/** @returns the bytes of records of these lengths, sealed */
export function sealedLength (contentLengths: readonly number[], { tagLength }: CipherSuite): number {
  return contentLengths.reduce((sum, length) => sum + headerLength + length + 1 + tagLength, 0)
}

/** @returns bytes of what the run was made for */
export function contentLengthOf ({ contentLengths }: Pick<RecordRun, 'contentLengths'>): number {
  return contentLengths.reduce((sum, length) => sum + length, 0)
}

/**
 * Puts the content where its records will lie, each behind its header.
 * @param copy for content that `set` is not the best for
 * @throws {RangeError} when it is not as long as the run
 */
export function layOut ({ contentLengths, length, suite }: Layout, chunks: readonly Uint8Array[], records: Uint8Array, copy?: Copy): void {
  const content = new Gatherer(chunks, copy)
  let at = 0
  for (const contentLength of contentLengths) {
    const sealed = contentLength + 1 + suite.tagLength
    writeHeader(records, at, ContentType.application_data, sealed)
    content.take(contentLength, records, at + headerLength)
    records[at + headerLength + contentLength] = ContentType.application_data
    at += headerLength + sealed
  }
  if (at !== length || content.left !== 0) throw new RangeError('the content is not what the run was made for')
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
