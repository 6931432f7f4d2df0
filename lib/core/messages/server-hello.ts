/**
 * ServerHello and HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4).
 *
 *     struct {
 *         ProtocolVersion legacy_version = 0x0303;
 *         Random random;
 *         opaque legacy_session_id_echo<0..32>;
 *         CipherSuite cipher_suite;
 *         uint8 legacy_compression_method = 0;
 *         Extension extensions<6..2^16-1>;
 *     } ServerHello;
 */
import { ExtensionType, HandshakeType, ProtocolVersion } from '../constants.ts'
import type { Writer } from '../wire/writer.ts'

export interface ServerHello {
  readonly random: Uint8Array
  readonly legacySessionIdEcho: Uint8Array
  readonly cipherSuite: number
  readonly keyShare: { readonly group: number, readonly keyExchange: Uint8Array } | null
  /** The index of the PSK identity that was accepted. */
  readonly selectedIdentity: number | null
}

export function encodeServerHello (writer: Writer, hello: ServerHello): void {
  const { message, extensions } = openServerHello(writer, hello.random, hello.legacySessionIdEcho, hello.cipherSuite)
  if (hello.keyShare !== null) {
    writer.u16(ExtensionType.key_share).u16(4 + hello.keyShare.keyExchange.length)
      .u16(hello.keyShare.group).opaque16(hello.keyShare.keyExchange)
  }
  if (hello.selectedIdentity !== null) writer.u16(ExtensionType.pre_shared_key).u16(2).u16(hello.selectedIdentity)
  encodeSelectedVersion(writer)
  writer.close(extensions, 2).close(message, 3)
}

export interface HelloRetryRequest {
  readonly legacySessionIdEcho: Uint8Array
  readonly cipherSuite: number
  /** The group whose share is wanted. */
  readonly group: number
  /** To be sent back (§4.2.2); null: none. */
  readonly cookie: Uint8Array | null
}

export function encodeHelloRetryRequest (writer: Writer, { legacySessionIdEcho, cipherSuite, group, cookie }: HelloRetryRequest): void {
  const { message, extensions } = openServerHello(writer, helloRetryRequestRandom, legacySessionIdEcho, cipherSuite)
  writer.u16(ExtensionType.key_share).u16(2).u16(group)
  if (cookie !== null) writer.u16(ExtensionType.cookie).u16(2 + cookie.length).opaque16(cookie)
  encodeSelectedVersion(writer)
  writer.close(extensions, 2).close(message, 3)
}

function openServerHello (writer: Writer, random: Uint8Array, legacySessionIdEcho: Uint8Array, cipherSuite: number) {
  const message = writer.u8(HandshakeType.server_hello).open(3)
  writer.u16(ProtocolVersion['TLSv1.2']).raw(random).opaque8(legacySessionIdEcho).u16(cipherSuite).u8(0)
  return { message, extensions: writer.open(2) }
}

function encodeSelectedVersion (writer: Writer): void {
  writer.u16(ExtensionType.supported_versions).u16(2).u16(ProtocolVersion['TLSv1.3'])
}

/** SHA-256 of "HelloRetryRequest" (§4.1.3). */
const helloRetryRequestRandom = Uint8Array.from([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
  0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c
])
