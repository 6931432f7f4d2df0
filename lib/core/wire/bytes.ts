/** Public bytes held against public bytes. Secrets go to `CryptoProvider.timingSafeEqual`. */
export function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}

/**
 * Moves secrets into one piece of memory, which they share until the end of their connection: a Buffer of node:crypto has
 * its own, with some 250 bytes around its 32. The originals are wiped.
 */
export function moveTogether (secrets: readonly Uint8Array[]): Uint8Array[] {
  const memory = new Uint8Array(secrets.reduce((length, secret) => length + secret.length, 0))
  let end = 0
  return secrets.map((secret) => {
    memory.set(secret, end)
    const moved = memory.subarray(end, end += secret.length)
    secret.fill(0)
    return moved
  })
}

export const noBytes = new Uint8Array(0)

/** `output.set(source, at)`, as fast with memory shared between threads, which V8 copies byte for byte: `fill` is one memcpy. */
export function copy (source: Uint8Array, output: Uint8Array, at: number): void {
  if (source.length === 0 || !(isShared(source) || isShared(output))) output.set(source, at)
  else Buffer.prototype.fill.call(output, source, at, at + source.length)
}

function isShared ({ buffer }: Uint8Array): boolean { return buffer instanceof SharedArrayBuffer }
