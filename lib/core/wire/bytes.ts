/** Public bytes held against public bytes. Secrets go to `CryptoProvider.timingSafeEqual`. */
export function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}

export const noBytes = new Uint8Array(0)

/**
 * Memory that says nothing yet, to be written before it is read, and not to be kept for long. Up to 4 KiB it is a piece of
 * a pool of Node's: an array of more than 64 bytes is memory outside of V8's heap, which takes ten times as long to make,
 * and is to be freed.
 */
export function unwritten (length: number): Uint8Array {
  return Buffer.allocUnsafe(length)
}

/** `output.set(source, at)` for memory shared between threads, which V8 copies byte for byte: `fill` is one memcpy. */
export function copyShared (source: Uint8Array, output: Uint8Array, at: number): void {
  if (source.length > 0) Buffer.prototype.fill.call(output, source, at, at + source.length)
}

/** Is it memory shared between threads? To ask costs as much as to copy a few hundred bytes. */
export function isShared ({ buffer }: Uint8Array): boolean { return buffer instanceof SharedArrayBuffer }
