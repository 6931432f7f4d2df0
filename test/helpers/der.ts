/**
 * A small DER writer (X.690). The tests make their certificates with it, not with the library that reads them under
 * test, and it writes whatever it is told to: wrong tags, wrong lengths, wrong order.
 */

/** A value of a tag: `tlv(0x30, a, b)` is a SEQUENCE of a and b. */
export function tlv (tag: number, ...contents: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOctets(content.length), content])
}

export function sequence (...items: Uint8Array[]): Uint8Array {
  return tlv(0x30, ...items)
}

export function set (...items: Uint8Array[]): Uint8Array {
  return tlv(0x31, ...items)
}

/** A constructed context-specific tag, `[number] EXPLICIT`. */
export function explicit (number: number, ...items: Uint8Array[]): Uint8Array {
  return tlv(0xa0 | number, ...items)
}

/** A primitive context-specific tag, `[number] IMPLICIT`. */
export function implicit (number: number, content: Uint8Array): Uint8Array {
  return tlv(0x80 | number, content)
}

export function boolean (value: boolean): Uint8Array {
  return tlv(0x01, Buffer.from([value ? 0xff : 0]))
}

/** A non-negative INTEGER, or one given by its content octets. */
export function integer (value: number | Uint8Array): Uint8Array {
  if (typeof value !== 'number') return tlv(0x02, value)
  const digits = value.toString(16)
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : '0' + digits, 'hex')
  return bytes[0]! & 0x80 ? tlv(0x02, Buffer.from([0]), bytes) : tlv(0x02, bytes)
}

export function octetString (content: Uint8Array): Uint8Array {
  return tlv(0x04, content)
}

export function bitString (content: Uint8Array, unusedBits = 0): Uint8Array {
  return tlv(0x03, Buffer.from([unusedBits]), content)
}

/** A BIT STRING of named bits, trailing zero bits removed (X.690 §11.2.2). */
export function namedBits (bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return bitString(new Uint8Array(0))
  const last = Math.max(...bits)
  const content = new Uint8Array((last >> 3) + 1)
  for (const bit of bits) content[bit >> 3]! |= 0x80 >> (bit & 7)
  return bitString(content, 7 - (last & 7))
}

export const nullValue = Buffer.from([0x05, 0x00])

export function oid (dotted: string): Uint8Array {
  return tlv(0x06, oidContent(dotted))
}

export function oidContent (dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  return Buffer.from([first * 40 + second, ...rest].flatMap(base128))
}

/** UTCTime to 2049, GeneralizedTime from 2050 on and before 1950 (RFC 5280 §4.1.2.5). */
export function time (date: Date): Uint8Array {
  const digits = date.toISOString().replace(/[-:T]/g, '').replace(/\.\d+Z$/, 'Z')
  const year = date.getUTCFullYear()
  if (year >= 1950 && year < 2050) return tlv(0x17, Buffer.from(digits.slice(2)))
  return tlv(0x18, Buffer.from(digits))
}

/** PEM of a DER value. */
export function toPem (label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g)!.join('\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

function lengthOctets (length: number): Uint8Array {
  if (length < 0x80) return Buffer.from([length])
  const digits = length.toString(16)
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : '0' + digits, 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

function base128 (value: number): number[] {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | rest % 128)
  return bytes
}
