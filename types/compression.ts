/** What the core asks of a compression library, for certificates (RFC 8879). */
export interface CertificateCompression {
  /** The CertificateCompressionAlgorithm. */
  readonly algorithm: number
  /** `zlib`, `brotli`, `zstd`. */
  readonly name: string
  compress (data: Uint8Array): Uint8Array
  /**
   * @param length what must come out, in bytes; no more is ever made
   * @returns null when the data is not valid, or gives another length
   */
  decompress (data: Uint8Array, length: number): Uint8Array | null
}
