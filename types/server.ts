/** The frozen configuration of a TLS 1.3 server, as the core reads it: every choice made, every default filled in. */
import type { CertificateCompression } from './compression.ts'
import type { Awaitable, CipherSuite, CryptoProvider, NamedGroup } from './crypto.ts'
import type { ClientIdentity, ContextResolver, Credential } from './credentials.ts'
import type { EarlyDataTerms, TicketProtector } from './session.ts'
import type { Observer, TrafficCounters } from './observer.ts'

/** A pre-shared key that was agreed on outside of TLS, for one hash (RFC 8446 §4.2.11). */
export interface ExternalPsk {
  readonly key: Uint8Array
  readonly hash: 'sha256' | 'sha384'
}

/** Which key an identity has; null: it is none of ours, and may be a ticket. */
export type ExternalPskLookup = (identity: Uint8Array) => Awaitable<ExternalPsk | null>

/** A session that passed every check but its binder's. */
export interface ResumableSession {
  readonly serverName: string | null
  readonly alpnProtocol: string | null
  /** When its ticket was made, Unix time in milliseconds. */
  readonly issuedAt: number
  /** When the full handshake was that it goes back to, Unix time in milliseconds. */
  readonly authenticatedAt: number
  /** Who the client would be, by what is trusted now. */
  readonly identity: ClientIdentity | null
}

/** The application's word on a resumption; it never throws or rejects. */
export type ResumptionCheck = (session: ResumableSession) => Awaitable<boolean>

export interface ServerConfiguration {
  readonly crypto: CryptoProvider
  /** Enabled suites in order of preference. */
  readonly cipherSuites: readonly CipherSuite[]
  /** Enabled groups in order of preference. */
  readonly namedGroups: readonly NamedGroup[]
  /** SignatureSchemes for our CertificateVerify and for the client's, in order of preference. */
  readonly signatureSchemes: readonly number[]
  /** Ours before the client's order of cipher suites? node:tls `honorCipherOrder`. */
  readonly honorCipherOrder: boolean
  /** In order of preference; empty: the extension is ignored. */
  readonly alpnProtocols: readonly string[]
  readonly resolveContext: ContextResolver
  /** For certificates in both directions, in order of preference; empty: never compressed. */
  readonly certificateCompression: readonly CertificateCompression[]
  /** The OCSP response to staple to a certificate (DER), null where there is none; null: never asked. */
  readonly ocspResponse: ((credential: Credential) => Awaitable<Uint8Array | null>) | null
  /** Pre-shared keys that were agreed on outside of TLS; null: none. */
  readonly externalPsk: ExternalPskLookup | null
  /** PskKeyExchangeModes that are accepted; psk_ke gives up forward secrecy. */
  readonly pskKeyExchangeModes: readonly number[]
  /** Authenticates the cookie of a HelloRetryRequest; null: none is sent. */
  readonly cookieKey: Uint8Array | null
  /** Ask for a certificate in the handshake? */
  readonly requestCert: boolean
  /** Refuse a client whose certificate is missing or not authorized? */
  readonly rejectUnauthorized: boolean
  /** Tickets of new connections, 0 to 255: `SSL_CTX_set_num_tickets`. The one field that changes while serving. */
  numTickets: number
  /** Cap on a resumed connection; OpenSSL's is 1. */
  readonly ticketsOnResumption: number
  /** Tickets to a client that offered no usable psk_key_exchange_modes, as OpenSSL 3 does? */
  readonly ticketsWithoutPskModes: boolean
  /** null: no tickets are sent and none is accepted. */
  readonly tickets: TicketProtector | null
  /** Seconds a ticket lives, at most 604800. */
  readonly ticketLifetime: number
  /** Seconds from the first full handshake to the last resumption of it (RFC 9846 §4.7.1). */
  readonly sessionLifetime: number
  /** May refuse a session that passed every other check; null: nobody asks. */
  readonly onResume: ResumptionCheck | null
  /** null: early data is skipped. */
  readonly earlyData: EarlyDataTerms | null
  /** Do the first records of application data fit into packets? */
  readonly dynamicRecordSizes: boolean
  readonly observer: Observer
  readonly counters: TrafficCounters
  /** Takes SSLKEYLOGFILE lines (RFC 9850); null: none are made. */
  readonly keyLog: ((line: string) => void) | null
  /** Unix time in milliseconds. */
  readonly now: () => number
}
