/** A bounded cursor over what a peer wrote. Every read is checked; the one failure is `decode_error` (RFC 8446 §6.2). */
import { fail } from '../errors.ts'

export class Reader {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  offset: number

  constructor (bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.offset = start
  }

  /** All of it, however far it was read; a view. */
  get whole (): Uint8Array {
    return this.bytes.subarray(this.start, this.end)
  }

  get remaining (): number {
    return this.end - this.offset
  }

  u8 (): number {
    return this.bytes[this.#advance(1)]
  }

  u16 (): number {
    const at = this.#advance(2)
    return this.bytes[at] << 8 | this.bytes[at + 1]
  }

  u24 (): number {
    const at = this.#advance(3)
    return this.bytes[at] << 16 | this.bytes[at + 1] << 8 | this.bytes[at + 2]
  }

  u32 (): number {
    return this.u16() * 0x10000 + this.u16()
  }

  u64 (): number {
    return this.u32() * 0x100000000 + this.u32()
  }

  /** A view of the next `length` bytes. */
  take (length: number): Uint8Array {
    const at = this.#advance(length)
    return this.bytes.subarray(at, at + length)
  }

  /** `opaque x<min..max>` with a length of one byte; a view. */
  opaque8 (min = 0, max = 0xff): Uint8Array {
    return this.take(this.#length(this.u8(), min, max))
  }

  /** `opaque x<min..max>` with a length of two bytes; a view. */
  opaque16 (min = 0, max = 0xffff): Uint8Array {
    return this.take(this.#length(this.u16(), min, max))
  }

  /** `opaque x<min..max>` with a length of three bytes; a view. */
  opaque24 (min = 0, max = 0xffffff): Uint8Array {
    return this.take(this.#length(this.u24(), min, max))
  }

  /** A vector whose elements are read by a reader of its own. */
  vector8 (min = 0, max = 0xff): Reader {
    return this.#child(this.#length(this.u8(), min, max))
  }

  vector16 (min = 0, max = 0xffff): Reader {
    return this.#child(this.#length(this.u16(), min, max))
  }

  vector24 (min = 0, max = 0xffffff): Reader {
    return this.#child(this.#length(this.u24(), min, max))
  }

  /** The rest, as 16-bit values. */
  u16s (): number[] {
    const values: number[] = []
    while (this.remaining > 0) values.push(this.u16())
    return values
  }

  /** Nothing may be left of a struct of that name. @param type its number, if the name has several */
  finish (name: string, type?: number): void {
    if (this.offset !== this.end) fail('TRAILING_DATA', `${this.remaining} bytes follow ${type === undefined ? name : `${name} ${type}`}`)
  }

  #child (length: number): Reader {
    const at = this.#advance(length)
    return new Reader(this.bytes, at, at + length)
  }

  #length (length: number, min: number, max: number): number {
    if (length < min || length > max) fail('DECODE_ERROR', `a length of ${length} is not in ${min}..${max}`)
    return length
  }

  #advance (length: number): number {
    const at = this.offset
    if (at + length > this.end) fail('DECODE_ERROR', `${length} bytes wanted, ${this.end - at} left`)
    this.offset = at + length
    return at
  }
}
