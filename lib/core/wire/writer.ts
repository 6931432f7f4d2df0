/**
 * A growing buffer to write structs into, and not to be kept for long. A length is left open and filled in when what it
 * measures is complete.
 */
import { noBytes } from './bytes.ts'
import { borrow, giveBack, unwritten } from './memory.ts'

export class Writer {
  readonly #borrows: boolean
  #bytes: Uint8Array
  #length = 0

  /** @param borrows is it written into for longer than a call, and given back by `end`? */
  constructor (capacity = 256, borrows = false) {
    this.#borrows = borrows
    this.#bytes = this.#room(capacity)
  }

  get length (): number {
    return this.#length
  }

  u8 (value: number): this {
    // The place first: growing may replace the buffer.
    const at = this.#grow(1)
    this.#bytes[at] = value
    return this
  }

  u16 (value: number): this {
    const at = this.#grow(2)
    this.#bytes[at] = value >>> 8
    this.#bytes[at + 1] = value
    return this
  }

  u24 (value: number): this {
    const at = this.#grow(3)
    this.#bytes[at] = value >>> 16
    this.#bytes[at + 1] = value >>> 8
    this.#bytes[at + 2] = value
    return this
  }

  u32 (value: number): this {
    return this.u16(value >>> 16).u16(value & 0xffff)
  }

  u64 (value: number): this {
    return this.u32(Math.floor(value / 0x100000000)).u32(value >>> 0)
  }

  raw (bytes: Uint8Array): this {
    // The place first: growing may replace the buffer.
    const at = this.#grow(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  opaque8 (bytes: Uint8Array): this {
    return this.close(this.open(1), 1, bytes)
  }

  opaque16 (bytes: Uint8Array): this {
    return this.close(this.open(2), 2, bytes)
  }

  opaque24 (bytes: Uint8Array): this {
    return this.close(this.open(3), 3, bytes)
  }

  /** Leaves room for a length of `width` bytes. @returns what `close` takes */
  open (width: 1 | 2 | 3): number {
    return this.#grow(width) + width
  }

  /** Fills in the length that `open` left, with what was written since, and `bytes` behind it. */
  close (at: number, width: 1 | 2 | 3, bytes: Uint8Array = noBytes): this {
    this.raw(bytes)
    const length = this.#length - at
    if (length >= 2 ** (8 * width)) throw new RangeError(`${length} bytes do not fit a length of ${width} bytes`)
    for (let i = 1, rest = length; i <= width; i++, rest >>>= 8) this.#bytes[at - i] = rest
    return this
  }

  /** A view, valid until the next write. */
  view (start = 0, end = this.#length): Uint8Array {
    return this.#bytes.subarray(start, end)
  }

  /** Gives back what it has borrowed; no view is valid any more. */
  end (): void {
    if (this.#borrows) giveBack(this.#bytes)
    this.#bytes = noBytes
    this.#length = 0
  }

  /** A copy of all that was written. */
  toBytes (): Uint8Array {
    return new Uint8Array(this.view())
  }

  #grow (length: number): number {
    const at = this.#length
    this.#length = at + length
    if (this.#length > this.#bytes.length) {
      const smaller = this.#bytes
      this.#bytes = this.#room(Math.max(this.#length, smaller.length * 2))
      this.#bytes.set(smaller)
      if (this.#borrows) giveBack(smaller)
    }
    return at
  }

  #room (length: number): Uint8Array { return this.#borrows ? borrow(length) : unwritten(length) }
}
