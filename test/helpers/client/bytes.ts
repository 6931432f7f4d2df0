/** Bytes in and out for the test client: a writer of TLS vectors, a strict reader, hex. Shares nothing with lib/core. */

/** @returns the parts one after another, in fresh memory */
export function concat (...parts: ReadonlyArray<Uint8Array | readonly number[]>): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** @param text hex digits, white space is skipped */
export function hex (text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'))
}

export function toHex (bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function ascii (text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export function text (bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

export function equal (a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** An unsigned integer of `width` bytes, big-endian. */
export function uint (width: number, value: number): Uint8Array {
  const out = new Uint8Array(width)
  for (let index = width - 1, rest = value; index >= 0; index--) {
    out[index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return out
}

export const u8 = (value: number): Uint8Array => uint(1, value)
export const u16 = (value: number): Uint8Array => uint(2, value)
export const u24 = (value: number): Uint8Array => uint(3, value)
export const u32 = (value: number): Uint8Array => uint(4, value)

/** A vector: its length in `width` bytes, then the parts (RFC 8446 §3.4). */
export function vector (width: number, ...parts: ReadonlyArray<Uint8Array | readonly number[]>): Uint8Array {
  const body = concat(...parts)
  return concat(uint(width, body.length), body)
}

/** A handshake message (RFC 8446 §4). */
export function message (type: number, ...parts: ReadonlyArray<Uint8Array | readonly number[]>): Uint8Array {
  return concat(u8(type), vector(3, ...parts))
}

/** Cuts at the given offsets: `cut(abcdef, 2, 3)` gives ab, c, def. */
export function cut (bytes: Uint8Array, ...offsets: number[]): Uint8Array[] {
  const edges = [0, ...offsets, bytes.length]
  return edges.slice(1).map((end, index) => bytes.slice(edges[index]!, end))
}

/** The same bytes with one bit (or more) of the byte at `offset` flipped; negative counts from the end. */
export function flip (bytes: Uint8Array, offset: number, mask: number = 1): Uint8Array {
  const out = bytes.slice()
  const at = offset < 0 ? bytes.length + offset : offset
  out[at] = out[at]! ^ mask
  return out
}

/** Reads what a server wrote; anything short or left over is an error of the server. */
export class Reader {
  readonly bytes: Uint8Array
  offset: number

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
    this.offset = 0
  }

  get rest (): number {
    return this.bytes.length - this.offset
  }

  take (length: number): Uint8Array {
    if (length > this.rest) throw new Error(`server wrote ${this.rest} bytes where ${length} are announced`)
    this.offset += length
    return this.bytes.slice(this.offset - length, this.offset)
  }

  uint (width: number): number {
    return this.take(width).reduce((value, byte) => value * 256 + byte, 0)
  }

  vector (width: number): Uint8Array {
    return this.take(this.uint(width))
  }

  end (): void {
    if (this.rest !== 0) throw new Error(`server left ${this.rest} bytes over`)
  }

  /** Reads items until the end. */
  list<T> (item: (reader: Reader) => T): T[] {
    const out: T[] = []
    while (this.rest > 0) out.push(item(this))
    return out
  }
}

/** Extension type → body, in order of appearance; a type that comes twice is an error of the server. */
export function readExtensions (bytes: Uint8Array): Map<number, Uint8Array> {
  const out = new Map<number, Uint8Array>()
  new Reader(bytes).list((reader) => {
    const type = reader.uint(2)
    if (out.has(type)) throw new Error(`server sent extension ${type} twice`)
    out.set(type, reader.vector(2))
    return type
  })
  return out
}
