/** The Certificate message of a credential, compressed where the client can read it (RFC 8446 §4.4.2, RFC 8879). */
import type { CertificateCompression } from '../../../types/compression.ts'
import type { Credential } from '../../../types/credentials.ts'
import { encodeCertificate } from '../messages/certificate.ts'
import { encodeCompressedCertificate } from '../messages/compressed-certificate.ts'
import { equalBytes } from '../wire/bytes.ts'
import { Writer } from '../wire/writer.ts'

/** @param compression null: the client offered none of ours */
export function serverCertificate (credential: Credential, ocspResponse: Uint8Array | null, compression: CertificateCompression | null): Uint8Array {
  const plain = ocspResponse === null ? withoutStaple(credential) : encoded(credential, ocspResponse)
  if (compression === null) return plain
  return compressedOnce(credential, ocspResponse !== null, plain, compression) ?? plain
}

/** It is the same in every handshake. */
function withoutStaple (credential: Credential): Uint8Array {
  let known = unstapled.get(credential)
  if (known === undefined) unstapled.set(credential, known = encoded(credential, null))
  return known
}

function encoded (credential: Credential, ocspResponse: Uint8Array | null): Uint8Array {
  const writer = new Writer(2048)
  encodeCertificate(writer, credential.chain, ocspResponse)
  return writer.toBytes()
}

/**
 * Compressing costs more than the handshake, and a credential has few messages: the last with a staple and the one without
 * are kept apart, so that clients who want different ones do not make us compress again for each.
 */
function compressedOnce (credential: Credential, stapled: boolean, plain: Uint8Array, compression: CertificateCompression): Uint8Array | null {
  let messages = kept.get(credential)
  if (messages === undefined) kept.set(credential, messages = new Map())
  const key = `${compression.algorithm} ${stapled}`
  const known = messages.get(key)
  // By its bytes: a response may be another object each time, or the same with other content.
  if (known !== undefined && equalBytes(known.plain, plain)) return known.compressed
  const compressed = encodeCompressedCertificate(plain, compression)
  messages.set(key, { plain, compressed })
  return compressed
}

const unstapled = new WeakMap<Credential, Uint8Array>()
const kept = new WeakMap<Credential, Map<string, { readonly plain: Uint8Array, readonly compressed: Uint8Array | null }>>()
