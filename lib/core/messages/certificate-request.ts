/**
 * CertificateRequest (RFC 8446 §4.3.2).
 *
 *     struct {
 *         opaque certificate_request_context<0..2^8-1>;
 *         Extension extensions<2..2^16-1>;
 *     } CertificateRequest;
 */
import { ExtensionType, HandshakeType } from '../constants.ts'
import type { Writer } from '../wire/writer.ts'

export interface CertificateRequest {
  /** Empty in the handshake, unpredictable after it. */
  readonly context: Uint8Array
  readonly signatureSchemes: readonly number[]
  /** RFC 8879 §3: the algorithms that the client may compress with; none: the extension is left out. */
  readonly compressionAlgorithms: readonly number[]
  /** DER distinguished names (§4.2.4); the extension is left out when there are none, or more than it can hold. */
  readonly certificateAuthorities: readonly Uint8Array[]
}

export function encodeCertificateRequest (writer: Writer, request: CertificateRequest): void {
  const message = writer.u8(HandshakeType.certificate_request).open(3)
  writer.opaque8(request.context)
  const extensions = writer.open(2)
  writer.u16(ExtensionType.signature_algorithms).u16(2 + 2 * request.signatureSchemes.length).u16(2 * request.signatureSchemes.length)
  for (const scheme of request.signatureSchemes) writer.u16(scheme)
  encodeCompressionAlgorithms(writer, request.compressionAlgorithms)
  encodeCertificateAuthorities(writer, request.certificateAuthorities)
  writer.close(extensions, 2).close(message, 3)
}

function encodeCompressionAlgorithms (writer: Writer, algorithms: readonly number[]): void {
  if (algorithms.length === 0) return
  writer.u16(ExtensionType.compress_certificate).u16(1 + 2 * algorithms.length).u8(2 * algorithms.length)
  for (const algorithm of algorithms) writer.u16(algorithm)
}

function encodeCertificateAuthorities (writer: Writer, names: readonly Uint8Array[]): void {
  const length = names.reduce((sum, name) => sum + 2 + name.length, 0)
  // The names are a hint. A list that does not fit is left out, and the client chooses without it.
  if (length === 0 || length > maxAuthoritiesLength) return
  writer.u16(ExtensionType.certificate_authorities).u16(2 + length).u16(length)
  for (const name of names) writer.opaque16(name)
}

/** What an extensions vector holds beside the signature algorithms. */
const maxAuthoritiesLength = 2 ** 16 - 512
