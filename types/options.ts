/** The options as a user writes them. Names are those of node:tls and node:https wherever the meaning is the same. */
import type { X509Certificate } from 'node:crypto'
import type { Awaitable, CryptoProvider } from './crypto.ts'
import type { Observer } from './observer.ts'
import type { SessionStore, TicketKeyStoreOpener } from './session.ts'

export type Pem = string | Uint8Array

/** A key in PEM or DER with a passphrase of its own (node:tls `key: [{ pem, passphrase }]`). */
export interface KeyObjectOption { pem: Pem, passphrase?: string }

/** A PKCS#12 archive with a passphrase of its own (node:tls `pfx: [{ buf, passphrase }]`). */
export interface PfxObjectOption { buf: string | Uint8Array, passphrase?: string }

/** Keys, certificates and whom to trust: what `node:tls` calls a secure context. */
export interface SecureContextOptions {
  /** Private keys, PEM or DER (PKCS#8, PKCS#1, SEC 1), possibly encrypted. Several: one per key type. */
  key?: Pem | KeyObjectOption | Array<Pem | KeyObjectOption>
  /** Certificate chains, PEM or DER, in any order; one chain for each key. */
  cert?: Pem | Pem[]
  /** PKCS#12 archives instead of `key` and `cert`; needs the optional package that docs/options.md names. */
  pfx?: string | Uint8Array | PfxObjectOption | Array<string | Uint8Array | PfxObjectOption>
  /** For encrypted keys and archives that bring none of their own. */
  passphrase?: string
  /** Trust anchors for clients' certificates, PEM or DER. Nothing is trusted by default. */
  ca?: Pem | Pem[]
  /** Certificate revocation lists, PEM or DER. With any, every certificate of a chain must be covered. */
  crl?: Pem | Pem[]
}

/** An opaque context made by `createSecureContext`, for `SNICallback` and `addContext`. */
export interface Tls13SecureContext { readonly name: string }

/** Prometheus: which registry gets our metrics. */
export interface MetricsOptions {
  /** The `prom-client` module, or anything with its `Counter`, `Gauge` and `Histogram`. Default: `app.metrics.client` of fastify-metrics. */
  client?: unknown
  /** A prom-client `Registry`; default: the client's default registry. */
  register?: unknown
  /** Put before every name; default none. */
  prefix?: string
  /** Buckets of the duration histograms, in seconds. */
  buckets?: number[]
}

/** A session that a client would resume: it fits the server, the name, the protocol and the time, and its client is still trusted. */
export interface SessionToResume {
  /** The name that the client asks for in this handshake; the session has the same. */
  readonly serverName: string | null
  readonly alpnProtocol: string | null
  /** When the ticket was made. */
  readonly issuedAt: Date
  /** When the full handshake was that the session goes back to, over all resumptions between. */
  readonly authenticatedAt: Date
  /** Did the client prove an identity that this server trusts now? */
  readonly authorized: boolean
  /** node:tls's code for why not; null when authorized, or without a certificate. */
  readonly authorizationError: string | null
  /** The certificate that the client proved to have, null for none. */
  readonly peerCertificate: X509Certificate | null
}

export interface Tls13Options extends SecureContextOptions {
  /** Session tickets of a full handshake, an integer from 0 to 255, default 2: `SSL_CTX_set_num_tickets`. */
  numTickets?: number
  /** Cap on the tickets of a resumed connection, 0 to 255, default 1 (OpenSSL's cap). */
  ticketsOnResumption?: number
  /** Send tickets to a client that offered no usable psk_key_exchange_modes, as OpenSSL 3 does; default false. */
  ticketsWithoutPskModes?: boolean
  /** Seconds a ticket lives, 1 to 604800, default 7200. */
  sessionTimeout?: number
  /** Seconds from a full handshake to the last resumption that goes back to it, default 86400. */
  sessionLifetime?: number
  /**
   * Which processes accept each other's tickets. 48 bytes as in node:tls: all that have them, without a word between them.
   * `redisTicketKeys(client)`: all with that Redis. `'random'`: this one alone. Default: in a worker of node:cluster all
   * workers of its primary, elsewhere `'random'`.
   */
  ticketKeys?: Uint8Array | 'random' | TicketKeyStoreOpener
  /** Seconds after which a new ticket key seals, default 43200; older keys still open their tickets (RFC 9325 §3.4). */
  ticketKeyRotation?: number
  /**
   * Where sessions are kept: `memorySessionStore()`, `redisSessionStore(client)` or a store of your own. Tickets are then
   * handles that are used once (RFC 8446 §8.1), and `ticketKeys` has no use. Default: tickets hold the session themselves.
   */
  sessionStore?: SessionStore
  /** Milliseconds an answer of the store is waited for, default 500; beyond it the client does a full handshake. */
  sessionStoreTimeout?: number
  /**
   * Called before a session is resumed; `false`, or a promise of it, refuses, and the client does a full handshake. What it
   * throws refuses too, and is told by a warning. Default: what passed the checks resumes.
   */
  onResume?: (session: SessionToResume) => Awaitable<boolean | void>
  /**
   * Bytes of early data (0-RTT, RFC 8446 §4.2.10) that a client may send with a ticket, default 0: none is accepted.
   * Requests in it are served before the handshake is complete where `config.tls.earlyData` of their route allows it, and
   * held until it is complete elsewhere.
   */
  maxEarlyData?: number
  /**
   * Where it is known which ClientHellos with early data have come (RFC 8446 §8.2), `memorySessionStore()`,
   * `redisSessionStore(client)` or one of your own, asked for no longer than `sessionStoreTimeout`. Default: the memory of
   * this process, which is enough where no other process accepts its tickets.
   */
  antiReplay?: SessionStore

  /**
   * Pre-shared keys that were agreed on outside of TLS (RFC 8446 §4.2.11): the key of an identity, for SHA-256 when it is
   * given as bytes, or null for an identity that is none of them. At least 16 bytes. Default: none.
   */
  externalPsk?: (identity: Buffer) => Awaitable<Uint8Array | { key: Uint8Array, hash: 'sha256' | 'sha384' } | null>
  /** How PSKs and tickets may be used, default `['psk_dhe_ke']`; `psk_ke` gives up forward secrecy (RFC 8446 §4.2.9). */
  pskKeyExchangeModes?: Array<'psk_dhe_ke' | 'psk_ke'>

  /** Ask for a client's certificate in the handshake; default false. */
  requestCert?: boolean
  /** Refuse clients whose certificate is missing or not authorized; default true. In the handshake it needs `requestCert`. */
  rejectUnauthorized?: boolean
  /** Milliseconds a client may take to answer a certificate request after the handshake, default 30000. */
  clientCertificateTimeout?: number
  /** Bytes of body that are held while a certificate request is outstanding, default 1048576; beyond: 413. */
  maxBufferedBody?: number

  /** Application protocols in order of preference, default `['http/1.1']`. */
  ALPNProtocols?: string[]
  /** Chooses the context for a server name; called with `(error, context)`. Without a context the default answers. */
  SNICallback?: (serverName: string, callback: (error: Error | null, context?: Tls13SecureContext) => void) => void
  /**
   * Cipher suites in order of preference, colon-separated IANA names. Default: those of the crypto provider, with
   * TLS_CHACHA20_POLY1305_SHA256 first where the runtime has WebAssembly with SIMD, else TLS_AES_128_GCM_SHA256.
   */
  ciphers?: string
  /** Our order of suites before the client's; default true. */
  honorCipherOrder?: boolean
  /** Groups in order of preference, colon-separated, or `auto`. */
  ecdhCurve?: string
  /** Signature algorithms in order of preference, colon-separated, OpenSSL's or the RFC's names. */
  sigalgs?: string
  /**
   * Certificate compression (RFC 8879) in both directions: `true` (default) for all that the runtime has, `false` for none,
   * or names of `brotli`, `zstd` and `zlib` in order of preference.
   */
  certificateCompression?: boolean | Array<'brotli' | 'zstd' | 'zlib'>
  /**
   * The OCSP response (DER) to staple to a certificate, null where there is none; asked in each handshake whose client wants
   * one, so keep it. Default: the server's event `'OCSPRequest'`, as in node:tls, where somebody listens.
   */
  ocspResponse?: (certificate: Buffer, issuer: Buffer | null) => Awaitable<Uint8Array | null>
  /** Send a cookie in HelloRetryRequest (RFC 8446 §4.2.2) and want it back; default false. */
  helloRetryRequestCookie?: boolean
  /** `node` (default) is node:crypto; `noble` is @noble/*, complete but slower; or a provider of your own. */
  crypto?: 'node' | 'noble' | CryptoProvider

  /**
   * Let the first records of a connection's responses fit into a packet each, and grow: a page shows sooner over a slow
   * link. Default true; false: records of 16 KiB from the start.
   */
  dynamicRecordSizes?: boolean
  /**
   * Threads that seal and send what is written in pieces of 128 KiB or more, 0 to 64, default 0: the event loop does. For
   * servers with CPUs to spare whose event loop is busy with long responses. Not with a `crypto` provider of your own.
   */
  sealWorkers?: number

  /** Milliseconds a handshake may take, default 10000. */
  handshakeTimeout?: number
  /** Handshakes in progress at one time, default 2000; more are refused by closing. */
  maxPendingHandshakes?: number
  /** Handshakes in progress at one time from one address, default 500; more are refused by closing. */
  maxPendingHandshakesPerAddress?: number

  /** Called with each SSLKEYLOGFILE line. Whoever has them can read the traffic. */
  keyLog?: (line: string) => void
  /** Prometheus metrics: `true` or absent: where a client is found; `false`: none. */
  metrics?: boolean | MetricsOptions
  /** Callbacks of your own, beside diagnostics_channel and Prometheus. */
  observer?: Observer
}
