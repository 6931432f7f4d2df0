/** What goes on after the handshake (RFC 8446 §4.6): tickets out, KeyUpdate both ways, authentication of the client. */
import type { ClientIdentity } from '../../../types/credentials.ts'
import type { TicketCause } from '../../../types/observer.ts'
import { ContentType, HandshakeType } from '../constants.ts'
import { RefusedError, fail } from '../errors.ts'
import { maxKeyUpdates, maxSessionStateLength, maxTicketsPerConnection } from '../limits.ts'
import { encodeCertificateRequest } from '../messages/certificate-request.ts'
import { decodeFinished } from '../messages/finished.ts'
import { decodeKeyUpdate } from '../messages/key-update.ts'
import { encodeNewSessionTicket } from '../messages/new-session-ticket.ts'
import { exportKeyingMaterial, finishedVerifyData, nextTrafficSecret, resumptionPsks } from '../schedule/key-schedule.ts'
import { wipe } from '../wire/memory.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { Channel } from './channel.ts'
import { ClientAuthentication } from './client-authentication.ts'
import type { Established } from './established.ts'
import { encodeSessionState, type SessionState } from './session-state.ts'
import { ticketCount } from './ticket-count.ts'

/** How a post-handshake authentication ended. `rejected`: not authorized, and accepted all the same. */
export interface ClientAuthResult {
  readonly outcome: 'verified' | 'empty' | 'rejected'
  readonly identity: ClientIdentity | null
}

export interface ClientCertificateTerms {
  readonly failIfNoCertificate: boolean
  readonly rejectUnauthorized: boolean
}

export class PostHandshake {
  /** Tickets that the next event brings: SSL_set_num_tickets(3). */
  numTickets: number
  /** Tickets sent on this connection. */
  ticketsSent = 0
  /** Was the client asked for a certificate on this connection, in the handshake or after it? */
  certificateRequested: boolean

  readonly #channel: Channel
  readonly #established: Established
  #identity: ClientIdentity | null
  #sending = true
  #keyUpdatesReceived = 0
  #updateRequested = false
  #clientAuthentication: ClientAuthentication | null = null

  constructor (channel: Channel, established: Established, numTickets: number) {
    this.numTickets = numTickets
    this.certificateRequested = channel.configuration.requestCert
    this.#channel = channel
    this.#established = established
    this.#identity = established.identity
  }

  get established (): Established {
    return this.#established
  }

  get identity (): ClientIdentity | null {
    return this.#identity
  }

  get clientAuthPending (): boolean {
    return this.#clientAuthentication !== null
  }

  /** A message that the state machine let through. @returns the answer to a certificate request, when it is whole */
  receive (message: Uint8Array): ClientAuthResult | null {
    switch (message[0]) {
      case HandshakeType.key_update: this.#onKeyUpdate(message); break
      case HandshakeType.certificate:
      case HandshakeType.compressed_certificate: this.#onCertificate(message); break
      case HandshakeType.certificate_verify: this.#onCertificateVerify(message); break
      case HandshakeType.finished: return this.#onFinished(message)
    }
    return null
  }

  /** Application data came: the peer does more than renew its keys. */
  receivedApplicationData (): void {
    this.#keyUpdatesReceived = 0
  }

  /** We said close_notify: nothing of ours may follow (§6.1), what the client sends is still read. */
  stopSending (): void {
    this.#sending = false
  }

  abandon (): void {
    this.#clientAuthentication?.report()
  }

  /** Nothing is read, sent or derived any more: the secrets go, however long somebody keeps the connection. */
  destroy (): void {
    this.#established.secrets.destroy()
  }

  // Tickets (§4.6.1)

  /** Sends the tickets that this event brings, as the numbers are at this moment. */
  sendTicketsFor (cause: TicketCause): void {
    if (!this.#sending) return
    const { info, canResume, ticketsAsked } = this.#established
    const count = ticketCount(this.#channel.configuration, { resumed: info.resumed || info.externalPsk, canResume, ticketsAsked }, this.numTickets)
    this.#sendTickets(Math.min(count, maxTicketsPerConnection - this.ticketsSent), cause)
  }

  /** Sends so many tickets, whatever the numbers are: SSL_new_session_ticket(3). */
  sendTickets (count: number): void {
    if (this.#channel.configuration.tickets === null) throw new RefusedError('NO_TICKETS', 'this server has no session tickets')
    if (this.ticketsSent + count > maxTicketsPerConnection) {
      this.#channel.configuration.observer.limitReached?.('tickets')
      throw new RefusedError('TOO_MANY_TICKETS', `a connection gets at most ${maxTicketsPerConnection} tickets`)
    }
    this.#sendTickets(count, 'on_demand')
  }

  #sendTickets (count: number, cause: TicketCause): void {
    const { configuration, records } = this.#channel
    const now = configuration.now()
    const lifetime = Math.min(configuration.ticketLifetime, Math.floor((this.#established.authenticatedAt - now) / 1000) + configuration.sessionLifetime)
    // A session that has reached its whole lifetime is not prolonged.
    if (count <= 0 || lifetime <= 0) return
    const writer = new Writer(512)
    const { suite, secrets } = this.#established
    const ticketNonces = this.#takeTicketNonces(count)
    const psks = resumptionPsks(suite.hash, secrets.get('resumption'), ticketNonces)
    psks.forEach((psk, i) => this.#encodeTicket(writer, ticketNonces[i], { psk, issuedAt: now, lifetime }, cause))
    if (writer.length > 0) records.write(ContentType.handshake, [writer.view()])
  }

  /** The nonce counts over the whole connection, so that no two of its tickets share a PSK. */
  #takeTicketNonces (count: number): Uint8Array[] {
    const nonces: Uint8Array[] = []
    for (; nonces.length < count; this.ticketsSent++) nonces.push(Uint8Array.of(this.ticketsSent >>> 8, this.ticketsSent))
    return nonces
  }

  #encodeTicket (writer: Writer, ticketNonce: Uint8Array, { psk, issuedAt, lifetime }: Pick<SessionState, 'psk' | 'issuedAt' | 'lifetime'>, cause: TicketCause): void {
    const { suite, policy, info, authenticatedAt } = this.#established
    const { configuration } = this.#channel
    const ticketAgeAdd = new Reader(configuration.crypto.random(4)).u32()
    const maxEarlyDataSize = this.#identity === null ? configuration.earlyData?.maxEarlyData ?? 0 : 0
    const state = encodeSessionState({
      policy,
      cipherSuite: suite.id,
      psk,
      issuedAt,
      authenticatedAt,
      lifetime,
      ticketAgeAdd,
      maxEarlyDataSize,
      serverName: info.serverName ?? '',
      alpnProtocol: info.alpnProtocol ?? '',
      authorized: this.#identity?.authorized ?? false,
      chain: this.#identity?.chain ?? []
    })
    const ticket = state.length > maxSessionStateLength ? null : configuration.tickets?.seal(state, policy, lifetime) as Uint8Array
    wipe(state)
    if (ticket === null) {
      this.ticketsSent-- // one is as long as the other: none of them is sent
      return configuration.observer.limitReached?.('ticket_size')
    }
    encodeNewSessionTicket(writer, { ticketLifetime: lifetime, ticketAgeAdd, ticketNonce, ticket, maxEarlyDataSize })
    configuration.observer.ticketIssued?.(cause, ticket.length, this.#identity !== null)
  }

  // KeyUpdate (§4.6.3)

  /** New keys for our direction; with `requestPeer` the client is asked for new ones of its own. */
  updateKeys (requestPeer: boolean): void {
    // RFC 9846 §4.7.3: no second request before the first was answered.
    const request = requestPeer && !this.#updateRequested
    if (request) this.#updateRequested = true
    this.#established.writer.updateKeys(request)
  }

  #onKeyUpdate (message: Uint8Array): void {
    const { records, messages, configuration } = this.#channel
    const { suite, secrets } = this.#established
    messages.assertAligned()
    const requested = decodeKeyUpdate(message)
    if (++this.#keyUpdatesReceived > maxKeyUpdates) fail('KEY_UPDATES', `more than ${maxKeyUpdates} KeyUpdates without application data`)
    // In the place of the old one, from which the new one could be had.
    secrets.keep('client', nextTrafficSecret(suite.hash, secrets.get('client')))
    records.setReadSecret(suite, secrets.get('client'))
    this.#updateRequested = false
    configuration.observer.keyUpdate?.('received', requested)
    // Answered at once: a client may wait for it before it sends more.
    if (requested && this.#sending) this.#established.writer.updateKeys(false)
  }

  // Post-handshake client authentication (§4.6.2)

  /** Asks for the client's certificate: SSL_verify_client_post_handshake(3). @throws {RefusedError} */
  requestClientCertificate (terms: ClientCertificateTerms): void {
    const { configuration, records, waiter } = this.#channel
    const { info, context, transcript } = this.#established
    if (transcript === null) {
      configuration.observer.clientAuthCompleted?.('post_handshake', 'unsupported', 0)
      throw new RefusedError('NOT_OFFERED', 'the client did not offer post_handshake_auth')
    }
    // RFC 9113 §9.2.3: on HTTP/2 it is a connection error at the client.
    if (info.alpnProtocol === 'h2') throw new RefusedError('HTTP2', 'HTTP/2 forbids post-handshake authentication')
    // RFC 9846 §4.7.2: a key agreed on outside of TLS is the client's authentication.
    if (info.externalPsk) throw new RefusedError('EXTERNAL_PSK', 'the client authenticated by an external PSK')
    if (this.#clientAuthentication !== null) {
      configuration.observer.limitReached?.('certificate_requests')
      throw new RefusedError('PENDING', 'a certificate request is outstanding')
    }
    const requestContext = configuration.crypto.random(certificateRequestContextLength)
    const authentication = new ClientAuthentication(configuration, { ...terms, phase: 'post_handshake', context, requestContext }, transcript.fork(), waiter)
    const writer = new Writer(512)
    encodeCertificateRequest(writer, authentication.request())
    authentication.transcript.update(writer.view())
    records.write(ContentType.handshake, [writer.view()])
    this.#clientAuthentication = authentication
    this.certificateRequested = true
  }

  /** Nobody waits for the answer any longer; should it come, it is read as any other. */
  clientAuthTimedOut (): void {
    this.#clientAuthentication?.report('timeout')
  }

  #onCertificate (message: Uint8Array): void {
    const { state } = this.#channel
    const authentication = this.#clientAuthentication ?? fail('UNEXPECTED_MESSAGE', 'a Certificate that was not asked for')
    authentication.receiveCertificate(message, (verifyFollows) => state.to(verifyFollows ? 'POST_WAIT_CV' : 'POST_WAIT_FINISHED'))
  }

  #onCertificateVerify (message: Uint8Array): void {
    this.#clientAuthentication?.receiveCertificateVerify(message)
    this.#channel.state.to('POST_WAIT_FINISHED')
  }

  #onFinished (message: Uint8Array): ClientAuthResult {
    const { configuration, state } = this.#channel
    const { suite, secrets } = this.#established
    const authentication = this.#clientAuthentication as ClientAuthentication
    // §4.4: the base key is the client's application traffic secret of now.
    const expected = finishedVerifyData(suite.hash, secrets.get('client'), authentication.transcript.hash())
    if (!configuration.crypto.timingSafeEqual(expected, decodeFinished(message, suite.hash.length))) fail('BAD_FINISHED', 'Finished does not verify')
    state.to('CONNECTED')
    const result = authentication.conclude()
    this.#clientAuthentication = null
    // An empty Certificate clears an earlier identity; the tickets that follow carry the new one.
    this.#identity = result.identity
    this.sendTicketsFor('client_auth')
    return result
  }

  /** RFC 8446 §7.5. */
  exportKeyingMaterial (length: number, label: string, context: Uint8Array): Uint8Array {
    const { suite, secrets } = this.#established
    return exportKeyingMaterial(suite.hash, secrets.get('exporter'), label, context, length)
  }
}

/** §4.6.2: unpredictable, so that an answer cannot be prepared before it was asked for. */
const certificateRequestContextLength = 32
