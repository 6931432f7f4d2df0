/**
 * Decoding of ASN.1 values by @peculiar/asn1-schema, held to DER. The library takes BER, passes over members that are
 * out of order or not in the schema (a NameConstraints whose permitted subtrees come second loses them), and keeps an
 * IP mask as a number of bits. What it understood is therefore written out again and must be the very octets that were
 * read.
 */
import { AsnConvert } from '@peculiar/asn1-schema'
import { maxValues } from './limits.ts'

/** @throws {Error} when the octets are not the DER encoding of a value of that type */
export function decodeExactly<T> (der: ArrayBuffer, type: new () => T): T {
  const value = AsnConvert.parse(der, type, { berOptions: { maxNodes: maxValues } })
  if (!sameOctets(AsnConvert.serialize(value), der)) throw new TypeError(`not DER of ${type.name}`)
  return value
}

export function sameOctets (a: ArrayBuffer, b: ArrayBuffer): boolean {
  return Buffer.from(a).equals(Buffer.from(b))
}

export function hex (octets: ArrayBuffer): string {
  return Buffer.from(octets).toString('hex')
}

/** The content octets of an INTEGER, without leading octets that change nothing, so that equal numbers are equal text. */
export function integerHex (octets: ArrayBuffer): string {
  return hex(octets).replace(/^(?:00(?=[0-7]))+/, '')
}
