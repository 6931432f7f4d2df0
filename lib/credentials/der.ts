/** As much of DER (X.690) as is needed to tell what a file holds and to cut a name out of a certificate. */

export interface Element {
  readonly tag: number
  readonly content: Uint8Array
  /** Tag, length and content. */
  readonly bytes: Uint8Array
}

/** @returns the elements that follow each other in `der`, or null where it is no DER */
export function elements (der: Uint8Array): Element[] | null {
  const list: Element[] = []
  for (let offset = 0; offset < der.length;) {
    const element = elementAt(der, offset)
    if (element === null) return null
    list.push(element)
    offset += element.bytes.length
  }
  return list
}

/** The tags of the elements in `der` in hex, `3030` for two SEQUENCEs; empty where it is no DER. */
export function shape (der: Uint8Array): string {
  return (elements(der) ?? []).map(({ tag }) => tag.toString(16).padStart(2, '0')).join('')
}

/** The content of the single SEQUENCE that `der` is, or null. */
export function sequenceContent (der: Uint8Array): Uint8Array | null {
  const [outer, ...others] = elements(der) ?? []
  return outer?.tag === SEQUENCE && others.length === 0 ? outer.content : null
}

/** The subject of a certificate as the DER Name it has (RFC 5280 §4.1), or null where the certificate is no DER. */
export function subjectOf (certificate: Uint8Array): Uint8Array | null {
  const content = sequenceContent(certificate)
  const tbs = content === null ? undefined : elements(content)?.[0]
  const fields = tbs === undefined ? null : elements(tbs.content)
  const hasVersion = fields?.[0]?.tag === VERSION
  return fields?.[hasVersion ? 5 : 4]?.bytes ?? null
}

function elementAt (der: Uint8Array, offset: number): Element | null {
  const tag = der[offset]!
  const first = der[offset + 1]
  if (first === undefined) return null
  let start = offset + 2
  let length = first
  if (first & 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4 || start + count > der.length) return null
    length = 0
    for (const byte of der.subarray(start, start + count)) length = length * 256 + byte
    start += count
  }
  const end = start + length
  if (end > der.length) return null
  return { tag, content: der.subarray(start, end), bytes: der.subarray(offset, end) }
}

const SEQUENCE = 0x30
const VERSION = 0xa0
