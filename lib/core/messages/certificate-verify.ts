/**
 * CertificateVerify (RFC 8446 §4.4.3).
 *
 *     struct {
 *         SignatureScheme algorithm;
 *         opaque signature<0..2^16-1>;
 *     } CertificateVerify;
 */
import { HandshakeType } from '../constants.ts'
import { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { unwritten } from '../wire/memory.ts'
import { encodeLatin1 } from '../wire/text.ts'

export interface CertificateVerify { readonly algorithm: number, readonly signature: Uint8Array }

/** @param message the handshake message, its header of four bytes included */
export function decodeCertificateVerify (message: Uint8Array): CertificateVerify {
  const reader = new Reader(message, 4)
  const verify = { algorithm: reader.u16(), signature: reader.opaque16() }
  reader.finish('CertificateVerify')
  return verify
}

export function encodeCertificateVerify (writer: Writer, { algorithm, signature }: CertificateVerify): void {
  const message = writer.u8(HandshakeType.certificate_verify).open(3)
  writer.u16(algorithm).opaque16(signature).close(message, 3)
}

/** What is signed: 64 spaces, the context string, a zero and the transcript hash. */
export function signedContent (signer: 'server' | 'client', transcriptHash: Uint8Array): Uint8Array {
  const prefix = prefixes[signer]
  const content = unwritten(prefix.length + transcriptHash.length)
  content.set(prefix)
  content.set(transcriptHash, prefix.length)
  return content
}

const prefixes = {
  server: encodeLatin1(' '.repeat(64) + 'TLS 1.3, server CertificateVerify\0'),
  client: encodeLatin1(' '.repeat(64) + 'TLS 1.3, client CertificateVerify\0')
}
