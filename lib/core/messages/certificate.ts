/**
 * Certificate (RFC 8446 §4.4.2).
 *
 *     struct {
 *         opaque cert_data<1..2^24-1>;
 *         Extension extensions<0..2^16-1>;
 *     } CertificateEntry;
 *
 *     struct {
 *         opaque certificate_request_context<0..2^8-1>;
 *         CertificateEntry certificate_list<0..2^24-1>;
 *     } Certificate;
 */
import { CertificateStatusType, ExtensionType, HandshakeType } from '../constants.ts'
import { fail } from '../errors.ts'
import { maxCertificateChainLength } from '../limits.ts'
import { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { decodeExtensions } from './extensions.ts'

export interface Certificate {
  readonly context: Uint8Array
  /** DER, the leaf first; copies, that outlive the record. */
  readonly chain: readonly Uint8Array[]
}

/** @param body the handshake message without its header */
export function decodeCertificate (body: Uint8Array): Certificate {
  const reader = new Reader(body)
  const context = reader.opaque8()
  const list = reader.vector24()
  reader.finish('Certificate')
  const chain: Uint8Array[] = []
  while (list.remaining > 0) {
    if (chain.length === maxCertificateChainLength) fail('CERTIFICATE_CHAIN_TOO_LONG', `more than ${maxCertificateChainLength} certificates`)
    chain.push(new Uint8Array(list.opaque24(1)))
    // "Extensions in the Certificate message from the client MUST correspond to extensions in the CertificateRequest":
    // we ask for none.
    const extensions = decodeExtensions(list, 'Certificate')
    if (extensions.length > 0) fail('UNSUPPORTED_EXTENSION', `extension ${extensions[0].type} in Certificate was not asked for`)
  }
  return { context, chain }
}

/**
 * Our own: the context is empty in a server's Certificate.
 * @param ocspResponse of the leaf (RFC 8446 §4.4.2.1), or null
 */
export function encodeCertificate (writer: Writer, chain: readonly Uint8Array[], ocspResponse: Uint8Array | null): void {
  const message = writer.u8(HandshakeType.certificate).open(3)
  const list = writer.u8(0).open(3)
  for (const [index, certificate] of chain.entries()) {
    const extensions = writer.opaque24(certificate).open(2)
    if (index === 0 && ocspResponse !== null) encodeCertificateStatus(writer, ocspResponse)
    writer.close(extensions, 2)
  }
  writer.close(list, 3).close(message, 3)
}

function encodeCertificateStatus (writer: Writer, ocspResponse: Uint8Array): void {
  writer.u16(ExtensionType.status_request).u16(4 + ocspResponse.length)
    .u8(CertificateStatusType.ocsp).opaque24(ocspResponse)
}
