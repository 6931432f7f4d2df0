/** How many tickets an event brings: the one place that decides it (SSL_CTX_set_num_tickets(3), RFC 9149). */
import type { ServerConfiguration } from '../../../types/server.ts'

export interface TicketTerms {
  /** Was a PSK used, of a ticket or an external one? OpenSSL's cap holds for both. */
  readonly resumed: boolean
  /** RFC 8446 §4.2.9, RFC 9846 §4.7.1: a client that cannot use a ticket gets none. */
  readonly canResume: boolean
  /** RFC 9149: what the client asked for this kind of handshake; null: it did not say. */
  readonly ticketsAsked: number | null
}

/** @param numTickets the connection's own number, as it is now */
export function ticketCount (configuration: ServerConfiguration, terms: TicketTerms, numTickets: number): number {
  if (configuration.tickets === null) return 0
  if (!terms.canResume && !configuration.ticketsWithoutPskModes) return 0
  const ours = terms.resumed ? Math.min(configuration.ticketsOnResumption, numTickets) : numTickets
  return terms.ticketsAsked === null ? ours : Math.min(terms.ticketsAsked, ours)
}
