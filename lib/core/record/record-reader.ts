/**
 * Cuts what arrives into records (RFC 8446 §5.1). A record that is whole in the chunk is used where it lies; one that
 * is not is gathered elsewhere, however many chunks it takes.
 */
import { ContentType, nameOf } from '../constants.ts'
import { fail } from '../errors.ts'
import { maxCiphertextLength, maxPlaintextLength } from '../limits.ts'
import { noBytes } from '../wire/bytes.ts'
import { copyOf } from '../wire/memory.ts'
import { headerLength } from './protection.ts'
import { giveRecordMemory, takeRecordMemory } from './record-memory.ts'

export class RecordReader {
  /** The record that `next` found, until it finds another: `bytes[start, end)` is its fragment, the header is before it. */
  type = 0
  bytes: Uint8Array = noBytes
  start = 0
  end = 0

  #chunk: Uint8Array = noBytes
  #offset = 0
  #partial: Uint8Array | null = null
  #partialLength = 0
  /** A record that was gathered and found. */
  #gathered: Uint8Array | null = null

  /** Takes what came, which is lent until `keep`. */
  push (chunk: Uint8Array): void {
    this.#chunk = this.#offset === this.#chunk.length ? chunk : join(this.#chunk.subarray(this.#offset), chunk)
    this.#offset = 0
  }

  /** Copies what was not read of it. */
  keep (): void {
    if (this.#offset < this.#chunk.length) this.#chunk = copyOf(this.#chunk, this.#offset, this.#chunk.length)
    else this.#chunk = noBytes
    this.#offset = 0
  }

  /** Finds the next whole record; without one an idle connection keeps nothing of what came. */
  next (): boolean {
    if (this.#gathered !== null) this.#letGo(this.#gathered)
    return this.#partial === null ? this.#nextInChunk() : this.#nextFromPartial()
  }

  #letGo (gathered: Uint8Array): void {
    this.#gathered = null
    this.bytes = noBytes
    giveRecordMemory(gathered)
  }

  #nextInChunk (): boolean {
    const left = this.#chunk.length - this.#offset
    if (left === 0) {
      this.#chunk = this.bytes = noBytes
      this.#offset = 0
      return false
    }
    const length = left < headerLength ? headerLength : recordLength(this.#chunk, this.#offset)
    if (left < headerLength || left < length) {
      this.#partial = takeRecordMemory(length)
      this.#partialLength = 0
      return this.#nextFromPartial()
    }
    this.#found(this.#chunk, this.#offset, length)
    this.#offset += length
    return true
  }

  #nextFromPartial (): boolean {
    const partial = this.#fill()
    if (partial === null) return false
    const length = recordLength(partial, 0)
    if (length > partial.length) {
      this.#partial = takeRecordMemory(length)
      this.#partial.set(partial)
      return this.#nextFromPartial()
    }
    this.#partial = null
    this.#gathered = partial
    this.#found(partial, 0, length)
    return true
  }

  /** Moves bytes from the chunk into the partial record. @returns it when it is full */
  #fill (): Uint8Array | null {
    const partial = this.#partial as Uint8Array
    const taken = Math.min(partial.length - this.#partialLength, this.#chunk.length - this.#offset)
    partial.set(this.#chunk.subarray(this.#offset, this.#offset + taken), this.#partialLength)
    this.#partialLength += taken
    this.#offset += taken
    return this.#partialLength === partial.length ? partial : null
  }

  #found (bytes: Uint8Array, at: number, length: number): void {
    this.type = bytes[at]
    this.bytes = bytes
    this.start = at + headerLength
    this.end = at + length
  }
}

/** Reads a header. @returns the length of the record, header included */
function recordLength (bytes: Uint8Array, at: number): number {
  const type = bytes[at]
  // legacy_record_version is ignored but for its first byte, which tells TLS from everything else.
  if (!contentTypes.has(type) || bytes[at + 1] !== 3) fail('NOT_TLS', 'not a TLS record')
  const length = bytes[at + 3] << 8 | bytes[at + 4]
  const max = type === ContentType.application_data ? maxCiphertextLength : maxPlaintextLength
  if (length > max) fail('RECORD_OVERFLOW', `a record of ${length} bytes of type ${nameOf(ContentType, type)}`)
  return headerLength + length
}

function join (a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

const contentTypes: ReadonlySet<number> = new Set([
  ContentType.change_cipher_spec, ContentType.alert, ContentType.handshake, ContentType.application_data
])
