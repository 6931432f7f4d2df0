/** Public bytes held against public bytes. Secrets go to `CryptoProvider.timingSafeEqual`. */
export function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false
  }
  return true
}

export const noBytes = new Uint8Array(0)
