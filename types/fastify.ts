/** What the plugin adds to Fastify: `app.tls`, `request.tls`, `config.tls`. */
import type { X509Certificate } from 'node:crypto'
import type { SecureContextOptions, Tls13SecureContext } from './options.ts'

/** What `request.tls.requestClientCertificate` takes. */
export interface ClientCertificateOptions {
  /**
   * What a client without a certificate gets. `false` (default): the identity is cleared and the call gives null.
   * `true`: the same, and the call throws `FST_TLS13_CLIENT_CERTIFICATE_REQUIRED` (403).
   * `'fatal'`: the alert certificate_required ends the connection (`SSL_VERIFY_FAIL_IF_NO_PEER_CERT`).
   */
  required?: boolean | 'fatal'
  /** End the connection with the chain's alert when the certificate is not authorized; default: the server's option. */
  rejectUnauthorized?: boolean
  /** Milliseconds to wait, default: the server's `clientCertificateTimeout`. */
  timeout?: number
  /** Sets the connection's `numTickets` first, so that this many tickets follow. */
  numTickets?: number
}

/**
 * A connection, as a request sees it. It is there for every request: where there is no TLS 1.3 connection of ours
 * (`app.inject()`), the getters give `null`, `false` and 0, and the calls that need one are refused.
 */
export interface RequestTls {
  /** Tickets of this connection's next handshake events, 0 to 255: `SSL_set_num_tickets`. */
  numTickets: number
  /** Tickets this connection was sent so far, of all causes. */
  readonly ticketsSent: number
  readonly resumed: boolean
  /**
   * Did the request come in early data (RFC 8446 §2.3)? Where its route does not allow that, it waited for the handshake and
   * is no replay any more; where it does, it may be one.
   */
  readonly earlyData: boolean
  readonly protocol: 'TLSv1.3' | null
  /** IANA name of the cipher suite. */
  readonly cipher: string | null
  /** IANA name of the group. */
  readonly group: string | null
  readonly servername: string | null
  readonly alpnProtocol: string | null
  /** Did the client prove an identity that this server trusts? */
  readonly authorized: boolean
  /**
   * node:tls's code for why not: `UNABLE_TO_GET_ISSUER_CERT` for a client that was asked for a certificate and has none.
   * null when authorized, or when no certificate was asked for.
   */
  readonly authorizationError: string | null
  readonly peerCertificate: X509Certificate | null
  /** Did the client offer post-handshake authentication (RFC 8446 §4.2.6)? */
  readonly postHandshakeAuth: boolean
  /** Asks for the client's certificate now: `SSL_verify_client_post_handshake`. */
  requestClientCertificate (options?: ClientCertificateOptions): Promise<X509Certificate | null>
  /** Sends tickets at the next record boundary, whatever `numTickets` is: `SSL_new_session_ticket`. */
  sendTickets (count?: number): void
  /** New traffic keys for our direction, and for the client's when asked: RFC 8446 §4.6.3. */
  updateKeys (options?: { requestPeer?: boolean }): void
  /** RFC 8446 §7.5. */
  exportKeyingMaterial (length: number, label: string, context?: Uint8Array): Buffer
}

/** The server, as the application sees it. */
export interface AppTls {
  /** Tickets of new connections, 0 to 255: `SSL_CTX_set_num_tickets`. */
  numTickets: number
  /** Replaces keys, certificates, `ca` and `crl`: new connections use them, tickets of the old ones are refused. */
  setSecureContext (options: SecureContextOptions): void
  /** Adds a context for a server name (`*.example.com` for one label). */
  addContext (serverName: string, context: SecureContextOptions | Tls13SecureContext): void
  /**
   * A new key seals tickets from now on; the old ones still open theirs. Where keys are shared through a cluster or Redis, all
   * processes change to it together, when each had time to see it.
   */
  rotateTicketKeys (): void
  /** Handshakes in progress and connections open now. */
  readonly counters: { readonly handshakesInProgress: number, readonly connections: number }
}

/** `config.tls` of a route. */
export interface RouteTlsConfig {
  /** `request` asks and goes on without; `require` answers 403 without; an object is passed to requestClientCertificate. */
  clientCertificate?: 'request' | 'require' | ClientCertificateOptions
  /** The connection's `numTickets` from this request on. */
  numTickets?: number
  /**
   * May a request be served in early data, before it is known to be no replay (RFC 8470)? Default `false`: it waits until the
   * handshake is complete, and one that a proxy took from early data (`Early-Data: 1`) is answered by 425. Not together with
   * `clientCertificate`.
   */
  earlyData?: boolean
}

declare module 'fastify' {
  interface FastifyInstance { tls: AppTls }
  interface FastifyRequest { tls: RequestTls }
  interface FastifyContextConfig { tls?: RouteTlsConfig }
}
