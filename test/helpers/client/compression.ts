/** Certificate compression (RFC 8879) from the client's side, right or wrong on purpose. */
import zlib from 'node:zlib'
import { concat, message, u16, u24, vector } from './bytes.ts'

/** The CertificateCompressionAlgorithms; zstd only where the runtime has it. */
export const compressions = { zlib: 1, brotli: 2, zstd: 3 } as const

type Transform = (data: Uint8Array) => Uint8Array

export function compress (algorithm: number, data: Uint8Array): Uint8Array {
  return new Uint8Array(transformsOf(algorithm)[0](data))
}

export function decompress (algorithm: number, data: Uint8Array): Uint8Array {
  return new Uint8Array(transformsOf(algorithm)[1](data))
}

/** The bytes of a CompressedCertificate that announces and holds what a test likes. */
export interface CompressedFields {
  readonly algorithm?: number
  readonly length?: number
  readonly data?: Uint8Array
  readonly trailing?: Uint8Array
}

/** @param certificate a Certificate message, header included */
export function compressedCertificate (algorithm: number, certificate: Uint8Array, fields: CompressedFields = {}): Uint8Array {
  const body = certificate.slice(4)
  const data = fields.data ?? compress(algorithm, body)
  return message(25, concat(u16(fields.algorithm ?? algorithm), u24(fields.length ?? body.length), vector(3, data), fields.trailing ?? []))
}

function transformsOf (algorithm: number): [Transform, Transform] {
  const transforms = table[algorithm]
  if (transforms?.[0] === undefined || transforms[1] === undefined) throw new Error(`the client cannot compress by ${algorithm}`)
  return [transforms[0], transforms[1]]
}

const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as { zstdCompressSync?: Transform, zstdDecompressSync?: Transform }

const table: Readonly<Record<number, readonly [Transform | undefined, Transform | undefined]>> = {
  [compressions.zlib]: [zlib.deflateSync, zlib.inflateSync],
  [compressions.brotli]: [zlib.brotliCompressSync, zlib.brotliDecompressSync],
  [compressions.zstd]: [zstdCompressSync, zstdDecompressSync]
}
