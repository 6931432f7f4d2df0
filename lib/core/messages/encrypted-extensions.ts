/**
 * EncryptedExtensions (RFC 8446 §4.3.1).
 *
 *     struct {
 *         Extension extensions<0..2^16-1>;
 *     } EncryptedExtensions;
 */
import { ExtensionType, HandshakeType } from '../constants.ts'
import type { Writer } from '../wire/writer.ts'
import { encodeLatin1 } from '../wire/text.ts'

export interface EncryptedExtensions {
  /** RFC 6066 §3: an empty server_name says that the name was used. */
  readonly acknowledgeServerName: boolean
  /** RFC 7301 §3.1. */
  readonly alpnProtocol: string | null
  /** RFC 8449 §4: what we take in one record, said when the client said it; null: it did not. */
  readonly recordSizeLimit: number | null
  /** Our answer to ticket_request (RFC 9149 §3). */
  readonly expectedTickets: number | null
  /** §4.2.10: is early data accepted? */
  readonly earlyData: boolean
}

export function encodeEncryptedExtensions (writer: Writer, extensions: EncryptedExtensions): void {
  const message = writer.u8(HandshakeType.encrypted_extensions).open(3)
  const list = writer.open(2)
  if (extensions.acknowledgeServerName) writer.u16(ExtensionType.server_name).u16(0)
  if (extensions.alpnProtocol !== null) {
    const name = encodeLatin1(extensions.alpnProtocol)
    writer.u16(ExtensionType.application_layer_protocol_negotiation).u16(name.length + 3).u16(name.length + 1).opaque8(name)
  }
  if (extensions.recordSizeLimit !== null) writer.u16(ExtensionType.record_size_limit).u16(2).u16(extensions.recordSizeLimit)
  if (extensions.expectedTickets !== null) writer.u16(ExtensionType.ticket_request).u16(1).u8(extensions.expectedTickets)
  if (extensions.earlyData) writer.u16(ExtensionType.early_data).u16(0)
  writer.close(list, 2).close(message, 3)
}
