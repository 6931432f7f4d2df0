/** The Certificate message of a credential, compressed where the client can read it (RFC 8446 §4.4.2, RFC 8879). */
import type { CertificateCompression } from '../../../types/compression.ts'
import type { Credential } from '../../../types/credentials.ts'
import { encodeCertificate } from '../messages/certificate.ts'
import { encodeCompressedCertificate } from '../messages/compressed-certificate.ts'
import { Writer } from '../wire/writer.ts'

/** @param compression null: the client offered none of ours */
export function serverCertificate (credential: Credential, ocspResponse: Uint8Array | null, compression: CertificateCompression | null): Uint8Array {
  const writer = new Writer(2048)
  encodeCertificate(writer, credential.chain, ocspResponse)
  const plain = writer.toBytes()
  if (compression === null) return plain
  return remembered(credential, ocspResponse, compression, () => encodeCompressedCertificate(plain, compression)) ?? plain
}

/** A certificate is the same in every handshake, and compressing it costs more than the handshake: it is done once. */
function remembered (credential: Credential, ocspResponse: Uint8Array | null, { algorithm }: CertificateCompression, compress: () => Uint8Array | null): Uint8Array | null {
  let messages = compressed.get(credential)
  if (messages === undefined) compressed.set(credential, messages = new Map())
  const known = messages.get(algorithm)
  if (known?.ocspResponse === ocspResponse) return known.message
  const message = compress()
  messages.set(algorithm, { ocspResponse, message })
  return message
}

const compressed = new WeakMap<Credential, Map<number, { ocspResponse: Uint8Array | null, message: Uint8Array | null }>>()
