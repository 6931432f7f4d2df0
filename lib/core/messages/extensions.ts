/**
 * Which extension may stand in which message: the table of RFC 8446 §4.2, and that none stands there twice.
 *
 *     struct {
 *         ExtensionType extension_type;
 *         opaque extension_data<0..2^16-1>;
 *     } Extension;
 */
import { ExtensionType } from '../constants.ts'
import { fail } from '../errors.ts'
import type { Reader } from '../wire/reader.ts'

/** An extension as it stands in a message. */
export interface RawExtension { readonly type: number, readonly data: Reader }

/** The messages that a client sends with extensions. */
export type ExtensionHolder = 'ClientHello' | 'Certificate'

/**
 * Reads an extensions vector.
 * @throws {TlsError} a type twice, or one that the table forbids here: `illegal_parameter`
 */
export function decodeExtensions (reader: Reader, holder: ExtensionHolder): RawExtension[] {
  const vector = reader.vector16()
  const extensions: RawExtension[] = []
  try {
    while (vector.remaining > 0) {
      const type = vector.u16()
      const data = vector.vector16()
      if (seen[type] !== 0) fail('DUPLICATE_EXTENSION', `extension ${type} stands twice in ${holder}`)
      extensions.push({ type, data })
      seen[type] = 1
      const allowed = allowedIn.get(type)
      // "If an implementation receives an extension which it recognizes and which is not specified for the message in
      // which it appears, it MUST abort the handshake with an illegal_parameter alert."
      if (allowed !== undefined && !allowed.includes(holder)) fail('EXTENSION_NOT_ALLOWED', `extension ${type} does not belong in ${holder}`)
    }
  } finally {
    for (const { type } of extensions) seen[type] = 0
  }
  return extensions
}

/** By type: does it stand there? Decoding is synchronous, so that one serves every message; a Set for each is 700 bytes of garbage. */
const seen = new Uint8Array(2 ** 16)

const inHello: readonly ExtensionHolder[] = ['ClientHello']
const inHelloAndCertificate: readonly ExtensionHolder[] = ['ClientHello', 'Certificate']
const inNeither: readonly ExtensionHolder[] = []

/** RFC 8446 §4.2, the columns CH and CT. An unknown extension is ignored in a ClientHello. */
const allowedIn = new Map<number, readonly ExtensionHolder[]>([
  [ExtensionType.server_name, inHello],
  [ExtensionType.max_fragment_length, inHello],
  [ExtensionType.status_request, inHelloAndCertificate],
  [ExtensionType.supported_groups, inHello],
  [ExtensionType.signature_algorithms, inHello],
  [ExtensionType.use_srtp, inHello],
  [ExtensionType.heartbeat, inHello],
  [ExtensionType.application_layer_protocol_negotiation, inHello],
  [ExtensionType.signed_certificate_timestamp, inHelloAndCertificate],
  [ExtensionType.client_certificate_type, inHello],
  [ExtensionType.server_certificate_type, inHello],
  [ExtensionType.padding, inHello],
  [ExtensionType.compress_certificate, inHello],
  [ExtensionType.record_size_limit, inHello],
  [ExtensionType.key_share, inHello],
  [ExtensionType.pre_shared_key, inHello],
  [ExtensionType.psk_key_exchange_modes, inHello],
  [ExtensionType.early_data, inHello],
  [ExtensionType.cookie, inHello],
  [ExtensionType.supported_versions, inHello],
  [ExtensionType.certificate_authorities, inHello],
  [ExtensionType.oid_filters, inNeither],
  [ExtensionType.post_handshake_auth, inHello],
  [ExtensionType.signature_algorithms_cert, inHello],
  [ExtensionType.ticket_request, inHello]
])
