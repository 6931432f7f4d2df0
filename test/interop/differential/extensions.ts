/** The extensions that a ClientHello may have, each with a body that is right; null: the client's own. */
import { concat, numbers, u16, vector } from '../../helpers/client/index.ts'

export const extensionsToChange: ReadonlyArray<{ name: string, type: number, body: Uint8Array | null }> = [
  { name: 'server_name', type: 0, body: null },
  { name: 'max_fragment_length', type: 1, body: Uint8Array.of(4) },
  { name: 'status_request', type: 5, body: concat([1], vector(2), vector(2)) },
  { name: 'supported_groups', type: 10, body: null },
  { name: 'ec_point_formats', type: 11, body: numbers(1, 1, [0]) },
  { name: 'signature_algorithms', type: 13, body: null },
  { name: 'use_srtp', type: 14, body: concat(numbers(2, 2, [1]), vector(1)) },
  { name: 'application_layer_protocol_negotiation', type: 16, body: null },
  { name: 'signed_certificate_timestamp', type: 18, body: new Uint8Array(0) },
  { name: 'padding', type: 21, body: new Uint8Array(16) },
  { name: 'encrypt_then_mac', type: 22, body: new Uint8Array(0) },
  { name: 'extended_master_secret', type: 23, body: new Uint8Array(0) },
  { name: 'compress_certificate', type: 27, body: numbers(1, 2, [1, 2]) },
  { name: 'record_size_limit', type: 28, body: u16(16385) },
  { name: 'session_ticket', type: 35, body: new Uint8Array(0) },
  { name: 'supported_versions', type: 43, body: null },
  { name: 'cookie', type: 44, body: vector(2, new Uint8Array(16)) },
  { name: 'psk_key_exchange_modes', type: 45, body: null },
  { name: 'certificate_authorities', type: 47, body: vector(2, vector(2, new Uint8Array([0x30, 0]))) },
  { name: 'post_handshake_auth', type: 49, body: null },
  { name: 'signature_algorithms_cert', type: 50, body: numbers(2, 2, [0x0403, 0x0804]) },
  { name: 'key_share', type: 51, body: null },
  { name: 'ticket_request', type: 58, body: Uint8Array.of(1, 1) },
  { name: 'renegotiation_info', type: 0xff01, body: Uint8Array.of(0) },
  { name: 'an unknown extension', type: 0x4242, body: Uint8Array.of(1, 2, 3) }
]
