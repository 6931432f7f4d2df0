/** The record layer of the test client (RFC 8446 §5): splits and seals as a test likes, reads strictly. */
import { concat, cut, u16, u8 } from './bytes.ts'
import type { TrafficKeys } from './key-schedule.ts'

export interface RecordOptions {
  /** Offsets at which the content is cut into records of their own; equal ones make empty records. */
  split?: readonly number[]
  /** Zero bytes after the content type, in every record. */
  padding?: number
  /** legacy_record_version. */
  version?: number
  /** The content type of the outer record. */
  outerType?: number
}

/** A record as it came. */
export interface ReceivedRecord {
  readonly outerType: number
  readonly type: number
  readonly content: Uint8Array
  readonly padding: number
  readonly protected: boolean
  /** Bytes on the wire, header included. */
  readonly length: number
}

/** Content type 20 with its one byte, in the clear (RFC 8446 Appendix D.4). */
export const changeCipherSpec = concat([20, 3, 3, 0, 1, 1])

/** @returns the records that carry `content`; in the clear when there are no keys */
export function encodeRecords (keys: TrafficKeys | null, type: number, content: Uint8Array, options: RecordOptions = {}): Uint8Array {
  const offsets = options.split ?? every(16384, content.length)
  const fragments = cut(content, ...offsets)
  return concat(...fragments.map((fragment) => encodeRecord(keys, type, fragment, options)))
}

function encodeRecord (keys: TrafficKeys | null, type: number, fragment: Uint8Array, options: RecordOptions): Uint8Array {
  if (keys === null) {
    return concat(u8(options.outerType ?? type), u16(options.version ?? 0x0303), u16(fragment.length), fragment)
  }
  const inner = concat(fragment, u8(type), new Uint8Array(options.padding ?? 0))
  return keys.seal(inner, { type: options.outerType, version: options.version })
}

function every (length: number, end: number): number[] {
  const out: number[] = []
  for (let offset = length; offset < end; offset += length) out.push(offset)
  return out
}

/** Takes bytes in any pieces and gives whole records. */
export class RecordReader {
  #buffer: Uint8Array

  constructor () {
    this.#buffer = new Uint8Array(0)
  }

  push (bytes: Uint8Array): void {
    this.#buffer = concat(this.#buffer, bytes)
  }

  get pending (): number {
    return this.#buffer.length
  }

  /** @param keys those that apply to the next record */
  next (keys: TrafficKeys | null): ReceivedRecord | null {
    if (this.#buffer.length < 5) return null
    const header = this.#buffer.slice(0, 5)
    const length = header[3]! * 256 + header[4]!
    if (header[1] !== 3 || header[2] !== 3) throw new Error(`server's legacy_record_version is ${header[1]}.${header[2]}`)
    if (length > 16384 + 256) throw new Error(`server's record has ${length} bytes`)
    if (this.#buffer.length < 5 + length) return null
    const payload = this.#buffer.slice(5, 5 + length)
    this.#buffer = this.#buffer.slice(5 + length)
    const outerType = header[0]!
    if (keys === null || outerType === 20) {
      if (length > 16384) throw new Error(`server's plaintext record has ${length} bytes`)
      return { outerType, type: outerType, content: payload, padding: 0, protected: false, length: 5 + length }
    }
    return openRecord(keys, header, payload)
  }
}

function openRecord (keys: TrafficKeys, header: Uint8Array, payload: Uint8Array): ReceivedRecord {
  const outerType = header[0]!
  if (outerType !== 23) throw new Error(`server sent a record of type ${outerType} in the clear after its keys`)
  const inner = keys.open(header, payload)
  if (inner === null) throw new Error('server sent a record that does not decrypt')
  let end = inner.length
  while (end > 0 && inner[end - 1] === 0) end--
  if (end === 0) throw new Error('server sent a record without content type')
  if (end - 1 > 16384) throw new Error(`server's plaintext has ${end - 1} bytes`)
  return { outerType, type: inner[end - 1]!, content: inner.slice(0, end - 1), padding: inner.length - end, protected: true, length: 5 + payload.length }
}
