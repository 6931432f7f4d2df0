/** Certificate compression (RFC 8879) by node:zlib: what the runtime has of zlib, brotli and zstd. */
import zlib from 'node:zlib'
import type { CertificateCompression } from '../../types/compression.ts'
import { CertificateCompressionAlgorithm } from '../core/constants.ts'

type Transform = (data: Uint8Array, options?: object) => Buffer

/** The algorithms of this runtime, in order of preference: the smallest output first. Zstandard needs Node 22.15. */
export function certificateCompressions (): readonly CertificateCompression[] {
  const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as { zstdCompressSync?: Transform, zstdDecompressSync?: Transform }
  const all = [
    compression('brotli', zlib.brotliCompressSync, zlib.brotliDecompressSync),
    compression('zlib', zlib.deflateSync, zlib.inflateSync)
  ]
  if (zstdCompressSync !== undefined && zstdDecompressSync !== undefined) {
    all.splice(1, 0, compression('zstd', zstdCompressSync, (data, options) => zstdDecompressSync(data, { ...options, params: zstdLimits() })))
  }
  return Object.freeze(all)
}

/** RFC 8878 §3.1.1.1.2: a window of 8 MiB is what every decoder has; a frame may ask for 128 MiB to hold one byte. */
function zstdLimits (): Record<number, number> {
  const { ZSTD_d_windowLogMax: windowLogMax } = zlib.constants as unknown as { ZSTD_d_windowLogMax: number }
  return { [windowLogMax]: 23 }
}

function compression (name: keyof typeof CertificateCompressionAlgorithm, compress: Transform, decompress: Transform): CertificateCompression {
  return Object.freeze({
    algorithm: CertificateCompressionAlgorithm[name],
    name,
    compress: (data: Uint8Array): Uint8Array => compress(data),
    decompress (data: Uint8Array, length: number): Uint8Array | null {
      try {
        // The bound is zlib's own, so that a bomb stops where it would grow.
        const output = decompress(data, { maxOutputLength: Math.max(length, 1) })
        return output.length === length ? output : null
      } catch {
        return null
      }
    }
  })
}
