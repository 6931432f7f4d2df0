/**
 * Structure found in bytes: vectors inside of vectors, ClientHellos, DER. A change inside of a vector leaves the lengths
 * around it right, so that it gets as far as whoever reads what was changed.
 */

export type Node =
  | { readonly kind: 'leaf', readonly bytes: Uint8Array }
  | { readonly kind: 'list', readonly parts: readonly Node[] }
  /** A length of `width` bytes and what it measures. */
  | { readonly kind: 'vector', readonly width: number, readonly body: Node }
  | { readonly kind: 'der', readonly tag: number, readonly body: Node }

export function encode (node: Node): Uint8Array {
  const out = new Uint8Array(lengthOf(node))
  write(node, out, 0)
  return out
}

/** @returns the structure of a handshake message; a leaf when there is none to see */
export function parseMessage (bytes: Uint8Array): Node {
  if (bytes.length < 4 || uint(bytes, 1, 3) !== bytes.length - 4) return parseGuess(bytes)
  const body = bytes.subarray(4)
  const parts = bytes[0] === 1 ? clientHello(body) : bytes[0] === 11 ? certificate(body) : [parseGuess(body)]
  return list(leaf(bytes.subarray(0, 1)), { kind: 'vector', width: 3, body: list(...parts) })
}

/** Vectors wherever the lengths agree. */
export function parseGuess (bytes: Uint8Array, depth = 0): Node {
  if (depth === maxDepth || bytes.length < 2) return leaf(bytes)
  for (const width of [2, 1, 3]) {
    if (bytes.length > width && uint(bytes, 0, width) === bytes.length - width) return { kind: 'vector', width, body: parseGuess(bytes.subarray(width), depth + 1) }
  }
  return bytes.length > maxItems ? leaf(bytes) : items(bytes, depth) ?? leaf(bytes)
}

export function parseDer (bytes: Uint8Array, depth = 0): Node {
  const parts: Node[] = []
  for (let at = 0; at < bytes.length;) {
    const long = bytes[at + 1]! & 0x80 ? bytes[at + 1]! & 0x7f : 0
    const start = at + 2 + long
    const length = long === 0 ? bytes[at + 1]! : uint(bytes, at + 2, long)
    if (long > 3 || start > bytes.length || length > bytes.length - start) return leaf(bytes)
    const content = bytes.subarray(start, start + length)
    const tag = bytes[at]!
    // An OCTET STRING of an extension holds DER again; where it does not, it is a leaf.
    const nested = (tag & 0x20) !== 0 || (tag === 4 && length > 2)
    parts.push({ kind: 'der', tag, body: nested && depth < 16 ? parseDer(content, depth + 1) : leaf(content) })
    at = start + length
  }
  return parts.length === 1 ? parts[0]! : list(...parts)
}

export function leaf (bytes: Uint8Array): Node {
  return { kind: 'leaf', bytes }
}

export function list (...parts: Node[]): Node {
  return { kind: 'list', parts }
}

function clientHello (body: Uint8Array): Node[] {
  const parts = [leaf(body.subarray(0, 2)), leaf(body.subarray(2, 34))]
  let at = 34
  for (const width of [1, 2, 1]) {
    const end = at + width + uint(body, at, width)
    if (end > body.length) return [leaf(body)]
    parts.push({ kind: 'vector', width, body: leaf(body.subarray(at + width, end)) })
    at = end
  }
  if (uint(body, at, 2) !== body.length - at - 2) return [...parts, leaf(body.subarray(at))]
  const extensions: Node[] = []
  for (at += 2; at < body.length;) {
    const end = at + 4 + uint(body, at + 2, 2)
    if (at + 4 > body.length || end > body.length) return [...parts, { kind: 'vector', width: 2, body: list(...extensions, leaf(body.subarray(at))) }]
    extensions.push(list(leaf(body.subarray(at, at + 2)), { kind: 'vector', width: 2, body: parseGuess(body.subarray(at + 4, end), 1) }))
    at = end
  }
  return [...parts, { kind: 'vector', width: 2, body: list(...extensions) }]
}

function certificate (body: Uint8Array): Node[] {
  const context = 1 + (body[0] ?? 0)
  if (context + 3 > body.length || uint(body, context, 3) !== body.length - context - 3) return [parseGuess(body)]
  const entries: Node[] = []
  for (let at = context + 3; at < body.length;) {
    const extensions = at + 3 + uint(body, at, 3)
    const end = extensions + 2 + uint(body, extensions, 2)
    if (end > body.length) return [leaf(body)]
    entries.push(list(
      { kind: 'vector', width: 3, body: parseDer(body.subarray(at + 3, extensions)) },
      { kind: 'vector', width: 2, body: leaf(body.subarray(extensions + 2, end)) }
    ))
    at = end
  }
  return [{ kind: 'vector', width: 1, body: leaf(body.subarray(1, context)) }, { kind: 'vector', width: 3, body: list(...entries) }]
}

/** A list of items of one shape: some bytes, a vector, some bytes, and so on to the very end. */
function items (bytes: Uint8Array, depth: number): Node | null {
  for (const [before, width, after] of shapes) {
    const parts: Node[] = []
    let at = 0
    while (at + before + width <= bytes.length) {
      const start = at + before + width
      const end = start + uint(bytes, at + before, width)
      if (end + after > bytes.length) break
      parts.push(list(leaf(bytes.subarray(at, at + before)), { kind: 'vector', width, body: parseGuess(bytes.subarray(start, end), depth + 1) }, leaf(bytes.subarray(end, end + after))))
      at = end + after
    }
    if (at === bytes.length && parts.length > 0) return list(...parts)
  }
  return null
}

function write (node: Node, out: Uint8Array, at: number): number {
  switch (node.kind) {
    case 'leaf':
      out.set(node.bytes, at)
      return at + node.bytes.length
    case 'list':
      for (const part of node.parts) at = write(part, out, at)
      return at
    case 'vector': {
      const end = write(node.body, out, at + node.width)
      writeUint(out, at, node.width, end - at - node.width)
      return end
    }
    case 'der': {
      const length = lengthOf(node.body)
      const width = derWidth(length)
      out[at] = node.tag
      if (width > 0) out[at + 1] = 0x80 | width
      writeUint(out, at + 1 + Number(width > 0), width || 1, length)
      return write(node.body, out, at + 2 + width)
    }
  }
}

function lengthOf (node: Node): number {
  switch (node.kind) {
    case 'leaf': return node.bytes.length
    case 'list': return node.parts.reduce((sum, part) => sum + lengthOf(part), 0)
    case 'vector': return node.width + lengthOf(node.body)
    case 'der': {
      const length = lengthOf(node.body)
      return 2 + derWidth(length) + length
    }
  }
}

function derWidth (length: number): number {
  return length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3
}

function uint (bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = at; i < at + width; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}

function writeUint (out: Uint8Array, at: number, width: number, value: number): void {
  for (let i = at + width - 1; i >= at; i--, value >>>= 8) out[i] = value
}

/** Bytes before, width of the length, bytes behind: key shares, PSK identities, names, protocols. */
const shapes = [[2, 2, 0], [0, 2, 4], [1, 2, 0], [0, 1, 0], [0, 2, 0], [0, 3, 0]] as const
const maxDepth = 5

/** Bytes in which items are looked for. */
const maxItems = 512
