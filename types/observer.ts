/**
 * The one seam between the server and everything that counts or reports: plain callbacks, with no secrets in them.
 * `lib/metrics/` stands on it. A callback that throws is a bug of the observer; it is never called per record.
 */

export type TicketCause = 'handshake' | 'client_auth' | 'on_demand'
/** `denied`: by the application's `onResume`. */
export type TicketResult = 'accepted' | 'expired' | 'unknown' | 'replayed' | 'rejected' | 'denied'
export type ClientAuthPhase = 'handshake' | 'post_handshake'
export type ClientAuthOutcome = 'verified' | 'empty' | 'rejected' | 'timeout' | 'unsupported' | 'aborted'
export type Direction = 'sent' | 'received'
export type TicketKeyStoreOperation = 'read' | 'add'
export type StoreOperation = 'put' | 'take' | 'claim'
/** `refused`: not tried, because too many operations were under way. */
export type StoreResult = 'success' | 'error' | 'timeout' | 'refused'
/** The limits that a peer or an application can run into; docs/security.md has the number and the attack of each. */
export type Limit =
  | 'handshakes' | 'handshakes_per_address' | 'handshake_time' | 'record_size' | 'message_size' | 'certificate_chain'
  | 'psk_identities' | 'early_data' | 'empty_records' | 'warning_alerts' | 'key_updates' | 'tickets'
  | 'ticket_size' | 'certificate_requests' | 'buffered_body'

/** What a completed handshake negotiated. */
export interface HandshakeInfo {
  /** IANA name of the cipher suite. */
  readonly cipher: string
  /** IANA name of the group; null where a pre-shared key stood alone (psk_ke). */
  readonly group: string | null
  readonly resumed: boolean
  /** Was it authenticated by a pre-shared key that was agreed on outside of TLS? */
  readonly externalPsk: boolean
  readonly helloRetryRequest: boolean
  readonly serverName: string | null
  readonly alpnProtocol: string | null
  /** The SignatureScheme of our CertificateVerify; null when resumed. */
  readonly signatureScheme: number | null
  /** Did the client offer post_handshake_auth (RFC 8446 §4.2.6)? */
  readonly postHandshakeAuth: boolean
  /** Milliseconds from the ClientHello's first byte to the client's Finished. */
  readonly duration: number
}

/** An operation on the store in which processes share ticket keys. */
export interface TicketKeyStoreInfo {
  /** The store's `name`. */
  readonly store: string
  readonly operation: TicketKeyStoreOperation
  readonly result: 'success' | 'error'
  /** Milliseconds. */
  readonly duration: number
}

/** An operation on a session store, as far as it was waited for. */
export interface StoreOperationInfo {
  /** The store's `name`. */
  readonly store: string
  readonly operation: StoreOperation
  readonly result: StoreResult
  /** Milliseconds. */
  readonly duration: number
}

export interface Observer {
  handshakeStarted? (): void
  handshakeCompleted? (info: HandshakeInfo): void
  /**
   * A handshake that did not complete.
   * @param result `failure`: a side sent an alert; `timeout`; `abort`: the connection went away
   * @param reason the alert's name, or `timeout`, `eof`, `not_tls`, `overload`
   */
  handshakeFailed? (result: 'failure' | 'timeout' | 'abort', reason: string): void
  /** @param group the group asked for */
  helloRetryRequested? (group: string): void
  /** @param length bytes of the ticket on the wire */
  ticketIssued? (cause: TicketCause, length: number, withIdentity: boolean): void
  ticketRedeemed? (result: TicketResult): void
  /** @param duration milliseconds from the request to its outcome */
  clientAuthCompleted? (phase: ClientAuthPhase, outcome: ClientAuthOutcome, duration: number): void
  /** @param alert the AlertDescription's name, `unknown` for a number that has none */
  alert? (direction: Direction, alert: string): void
  /** @param requested was update_requested set? */
  keyUpdate? (direction: Direction, requested: boolean): void
  ticketKeyStoreUsed? (info: TicketKeyStoreInfo): void
  storeOperationCompleted? (info: StoreOperationInfo): void
  /** A limit was reached, and what would have gone beyond it was refused. */
  limitReached? (limit: Limit): void
  connectionOpened? (alpnProtocol: string | null): void
  /** @param clean did both sides say close_notify? */
  connectionClosed? (alpnProtocol: string | null, clean: boolean): void
}

/** Traffic of a server since it started: plain fields, read when somebody looks. */
export interface TrafficCounters {
  recordsReceived: number
  recordsSent: number
  plaintextReceived: number
  plaintextSent: number
  wireReceived: number
  wireSent: number
}
