/**
 * ClientHello (RFC 8446 §4.1.2).
 *
 *     struct {
 *         ProtocolVersion legacy_version = 0x0303;
 *         Random random;
 *         opaque legacy_session_id<0..32>;
 *         CipherSuite cipher_suites<2..2^16-2>;
 *         opaque legacy_compression_methods<1..2^8-1>;
 *         Extension extensions<8..2^16-1>;
 *     } ClientHello;
 */
import { ExtensionType, ProtocolVersion } from '../constants.ts'
import { fail } from '../errors.ts'
import { Reader } from '../wire/reader.ts'
import { equalBytes } from '../wire/bytes.ts'
import { decodeExtensions, type RawExtension } from './extensions.ts'
import * as bodies from './client-hello-extensions.ts'

export interface ClientHello {
  /** The handshake message, header included; binders are computed over its bytes. */
  readonly message: Uint8Array
  readonly legacyVersion: number
  readonly random: Uint8Array
  readonly legacySessionId: Uint8Array
  readonly cipherSuites: readonly number[]
  readonly legacyCompressionMethods: Uint8Array
  /** As they stand, in their order. */
  extensions: readonly RawExtension[]

  supportedVersions: readonly number[] | null
  serverName: string | null
  alpnProtocols: readonly string[] | null
  supportedGroups: readonly number[] | null
  keyShares: readonly bodies.KeyShareEntry[] | null
  signatureSchemes: readonly number[] | null
  pskKeyExchangeModes: Uint8Array | null
  preSharedKey: bodies.OfferedPsks | null
  ticketRequest: bodies.TicketRequest | null
  cookie: Uint8Array | null
  recordSizeLimit: number | null
  compressionAlgorithms: readonly number[]
  statusRequest: boolean
  postHandshakeAuth: boolean
  earlyData: boolean
}

/** @param message the handshake message, its header of four bytes included */
export function decodeClientHello (message: Uint8Array): ClientHello {
  const reader = new Reader(message, 4)
  const hello = emptyClientHello(message, reader)
  // A hello that ends with the compression methods is an old client's; it is refused by its version.
  if (reader.remaining === 0) return hello
  const extensions = decodeExtensions(reader, 'ClientHello')
  reader.finish('ClientHello')
  hello.extensions = extensions
  for (const extension of extensions) decodeBody(hello, extension)
  const last = extensions.length - 1
  // §4.2.11: "The pre_shared_key extension MUST be the last extension in the ClientHello".
  if (hello.preSharedKey !== null && extensions[last].type !== ExtensionType.pre_shared_key) {
    fail('PRE_SHARED_KEY_NOT_LAST', 'pre_shared_key is not the last extension')
  }
  return hello
}

/** Does the client speak TLS 1.3 (§4.2.1)? Without supported_versions it does not, whatever legacy_version says. */
export function offersTls13 (hello: ClientHello): boolean {
  return hello.legacyVersion > ssl3 &&
    hello.supportedVersions !== null && hello.supportedVersions.includes(ProtocolVersion['TLSv1.3'])
}

/**
 * Holds the second ClientHello against the first (§4.1.2): only key_share, early_data, cookie, pre_shared_key and
 * padding may differ, and the rest keeps its order.
 */
export function isSameClientHello (first: ClientHello, second: ClientHello): boolean {
  if (first.legacyVersion !== second.legacyVersion) return false
  if (!equalBytes(first.random, second.random)) return false
  if (!equalBytes(first.legacySessionId, second.legacySessionId)) return false
  if (!equalBytes(first.legacyCompressionMethods, second.legacyCompressionMethods)) return false
  if (first.cipherSuites.length !== second.cipherSuites.length) return false
  if (!first.cipherSuites.every((suite, i) => suite === second.cipherSuites[i])) return false
  const before = first.extensions.filter(isLasting)
  const after = second.extensions.filter(isLasting)
  return before.length === after.length && before.every((extension, i) => isSameExtension(extension, after[i]))
}

function emptyClientHello (message: Uint8Array, reader: Reader): ClientHello {
  return {
    message,
    legacyVersion: reader.u16(),
    random: reader.take(32),
    legacySessionId: reader.opaque8(0, 32),
    cipherSuites: reader.vector16(2, 2 ** 16 - 2).u16s(),
    legacyCompressionMethods: reader.opaque8(1),
    extensions: [],
    supportedVersions: null,
    serverName: null,
    alpnProtocols: null,
    supportedGroups: null,
    keyShares: null,
    signatureSchemes: null,
    pskKeyExchangeModes: null,
    preSharedKey: null,
    ticketRequest: null,
    cookie: null,
    recordSizeLimit: null,
    compressionAlgorithms: [],
    statusRequest: false,
    postHandshakeAuth: false,
    earlyData: false
  }
}

function decodeBody (hello: ClientHello, { type, data }: RawExtension): void {
  switch (type) {
    case ExtensionType.supported_versions: hello.supportedVersions = bodies.decodeSupportedVersions(data); break
    case ExtensionType.server_name: hello.serverName = bodies.decodeServerName(data); break
    case ExtensionType.application_layer_protocol_negotiation: hello.alpnProtocols = bodies.decodeAlpn(data); break
    case ExtensionType.supported_groups: hello.supportedGroups = bodies.decodeU16List(data); break
    case ExtensionType.key_share: hello.keyShares = bodies.decodeKeyShares(data); break
    case ExtensionType.signature_algorithms: hello.signatureSchemes = bodies.decodeU16List(data); break
    // Our certificate is what it is: the list must be well formed, and we have no second chain to offer.
    case ExtensionType.signature_algorithms_cert: bodies.decodeU16List(data); break
    case ExtensionType.psk_key_exchange_modes: hello.pskKeyExchangeModes = bodies.decodePskKeyExchangeModes(data); break
    case ExtensionType.pre_shared_key: hello.preSharedKey = bodies.decodeOfferedPsks(data); break
    case ExtensionType.ticket_request: hello.ticketRequest = bodies.decodeTicketRequest(data); break
    case ExtensionType.cookie: hello.cookie = bodies.decodeCookie(data); break
    case ExtensionType.record_size_limit: hello.recordSizeLimit = bodies.decodeRecordSizeLimit(data); break
    case ExtensionType.compress_certificate: hello.compressionAlgorithms = bodies.decodeCompressionAlgorithms(data); break
    case ExtensionType.status_request: hello.statusRequest = bodies.decodeStatusRequest(data); break
    case ExtensionType.post_handshake_auth: hello.postHandshakeAuth = true; break
    case ExtensionType.early_data: hello.earlyData = true; break
    default: return
  }
  data.finish('extension', type)
}

function isLasting ({ type }: RawExtension): boolean {
  return type !== ExtensionType.early_data && type !== ExtensionType.cookie &&
    type !== ExtensionType.pre_shared_key && type !== ExtensionType.padding
}

function isSameExtension (a: RawExtension, b: RawExtension): boolean {
  return a.type === b.type && (a.type === ExtensionType.key_share || equalBytes(a.data.whole, b.data.whole))
}

const ssl3 = 0x0300
