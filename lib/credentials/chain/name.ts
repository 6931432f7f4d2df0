/**
 * Distinguished names in a form that can be compared (RFC 5280 §7.1), as OpenSSL canonicalizes them: all string types
 * become Unicode, ASCII letters lower case, spaces at the ends vanish and those inside fold into one.
 */
import type { AttributeTypeAndValue, AttributeValue, Name } from '@peculiar/asn1-x509'

/** One canonical string per RelativeDistinguishedName. */
export type DistinguishedName = readonly string[]

export function canonicalName (name: Name): DistinguishedName {
  // A multi-valued RDN is a set: its order says nothing.
  return name.map((rdn) => JSON.stringify(rdn.map(canonicalAttribute).sort()))
}

export function sameName (a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && isWithin(a, b)
}

/** Is `name` in the subtree that `base` is the root of (RFC 5280 §4.2.1.10)? */
export function isWithin (name: DistinguishedName, base: DistinguishedName): boolean {
  return base.length <= name.length && base.every((rdn, index) => rdn === name[index])
}

/** The text of an attribute; undefined where its type is no string that could be compared as text. */
export function attributeText (value: AttributeValue): string | undefined {
  return value.utf8String ?? value.printableString ?? value.ia5String ?? value.bmpString ?? value.teletexString ??
    value.universalString
}

function canonicalAttribute ({ type, value }: AttributeTypeAndValue): string {
  const text = attributeText(value)
  if (text === undefined) return `${type}#${Buffer.from(value.anyValue!).toString('hex')}`
  return `${type}=${fold(text)}`
}

/** The runs fold first: a search for spaces at the end of 64 KiB of them would take quadratic time. */
function fold (text: string): string {
  return text
    .replace(/[ \t-\r]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
