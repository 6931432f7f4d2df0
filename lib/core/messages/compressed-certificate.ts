/**
 * CompressedCertificate (RFC 8879 §4).
 *
 *     struct {
 *          CertificateCompressionAlgorithm algorithm;
 *          uint24 uncompressed_length;
 *          opaque compressed_certificate_message<1..2^24-1>;
 *     } CompressedCertificate;
 */
import type { CertificateCompression } from '../../../types/compression.ts'
import { HandshakeType } from '../constants.ts'
import { fail } from '../errors.ts'
import { maxCertificateLength } from '../limits.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/**
 * @param message the handshake message, its header of four bytes included
 * @param offered the algorithms that were asked for
 * @returns the body of the Certificate in it
 */
export function decodeCompressedCertificate (message: Uint8Array, offered: readonly CertificateCompression[]): Uint8Array {
  const reader = new Reader(message, 4)
  const algorithm = reader.u16()
  const length = reader.u24()
  const compressed = reader.opaque24(1)
  reader.finish('CompressedCertificate')
  const compression = offered.find((ours) => ours.algorithm === algorithm)
  if (compression === undefined) fail('BAD_COMPRESSION_ALGORITHM', `CertificateCompressionAlgorithm ${algorithm} was not offered`)
  // Before anything is decompressed: the message must not be larger than one that comes as it is.
  if (length > maxCertificateLength) fail('BAD_COMPRESSED_CERTIFICATE', `a Certificate of ${length} bytes`)
  return compression.decompress(compressed, length) ?? fail('BAD_COMPRESSED_CERTIFICATE', 'the Certificate cannot be decompressed')
}

/**
 * @param certificate the handshake message, its header of four bytes included
 * @returns the handshake message that stands for it; null when it would not be shorter
 */
export function encodeCompressedCertificate (certificate: Uint8Array, compression: CertificateCompression): Uint8Array | null {
  const compressed = compression.compress(certificate.subarray(4))
  const writer = new Writer(compressed.length + 16)
  const message = writer.u8(HandshakeType.compressed_certificate).open(3)
  writer.u16(compression.algorithm).u24(certificate.length - 4).opaque24(compressed).close(message, 3)
  return writer.length < certificate.length ? writer.toBytes() : null
}
