/**
 * NewSessionTicket (RFC 8446 §4.6.1).
 *
 *     struct {
 *         uint32 ticket_lifetime;
 *         uint32 ticket_age_add;
 *         opaque ticket_nonce<0..255>;
 *         opaque ticket<1..2^16-1>;
 *         Extension extensions<0..2^16-2>;
 *     } NewSessionTicket;
 */
import { ExtensionType, HandshakeType } from '../constants.ts'
import type { Writer } from '../wire/writer.ts'

export interface NewSessionTicket {
  /** Seconds. */
  readonly ticketLifetime: number
  readonly ticketAgeAdd: number
  readonly ticketNonce: Uint8Array
  readonly ticket: Uint8Array
  /** `uint32 max_early_data_size` (§4.2.10); 0: the extension is not sent. */
  readonly maxEarlyDataSize: number
}

export function encodeNewSessionTicket (writer: Writer, ticket: NewSessionTicket): void {
  const message = writer.u8(HandshakeType.new_session_ticket).open(3)
  writer.u32(ticket.ticketLifetime).u32(ticket.ticketAgeAdd).opaque8(ticket.ticketNonce).opaque16(ticket.ticket)
  const extensions = writer.open(2)
  if (ticket.maxEarlyDataSize > 0) writer.u16(ExtensionType.early_data).u16(4).u32(ticket.maxEarlyDataSize)
  writer.close(extensions, 2).close(message, 3)
}
