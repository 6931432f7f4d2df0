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
import { HandshakeType } from '../constants.ts'
import type { Writer } from '../wire/writer.ts'

export interface NewSessionTicket {
  /** Seconds. */
  readonly ticketLifetime: number
  readonly ticketAgeAdd: number
  readonly ticketNonce: Uint8Array
  readonly ticket: Uint8Array
}

export function encodeNewSessionTicket (writer: Writer, ticket: NewSessionTicket): void {
  const message = writer.u8(HandshakeType.new_session_ticket).open(3)
  writer.u32(ticket.ticketLifetime).u32(ticket.ticketAgeAdd).opaque8(ticket.ticketNonce).opaque16(ticket.ticket).u16(0)
  writer.close(message, 3)
}
