/**
 * A server's end of a TLS 1.3 connection as bytes in, bytes out: no socket, no clock, no randomness of its own.
 *
 * Whoever drives it feeds `receive`, writes what `takeOutput` gives after every call (an alert too, after a failure), and
 * resumes it when `waiting` settles. What the peer brings is told to the sink between two pieces of work, never from
 * inside one, so that what a sink throws is the sink's own and no failure of the connection.
 */
import type { ClientIdentity, SecureContext } from '../../types/credentials.ts'
import type { HandshakeInfo, Limit } from '../../types/observer.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import { AlertDescription, AlertLevel, ContentType, nameOf } from './constants.ts'
import { RefusedError, TlsError, alertName, fail, internalError, limitOf, peerAlert, type Reason } from './errors.ts'
import { maxEmptyRecords, maxWarningAlerts } from './limits.ts'
import type { RecordRun } from './record/record-run.ts'
import type { ApplicationWriter } from './handshake/application-writer.ts'
import { Channel } from './handshake/channel.ts'
import type { EarlyPhase } from './handshake/early-data.ts'
import type { Established } from './handshake/established.ts'
import { PostHandshake, type ClientAuthResult, type ClientCertificateTerms } from './handshake/post-handshake.ts'
import { ServerHandshake } from './handshake/server-handshake.ts'
import type { State } from './handshake/states.ts'
import type { Driver } from './handshake/waiter.ts'

export type { ClientAuthResult, ClientCertificateTerms } from './handshake/post-handshake.ts'

/** What a connection tells its driver. */
export interface ConnectionSink extends Driver {
  /** Application data; the bytes are the sink's. Before `onConnected` it is early data, which may be a replay. */
  onPlaintext (data: Uint8Array): void
  /** The client's Finished was verified. */
  onConnected (): void
  /** The peer said close_notify; we may still send. */
  onPeerClosed (): void
  /** The answer to `requestClientCertificate`. */
  onClientAuth (result: ClientAuthResult): void
  /** The connection failed; an alert of ours is in the output, and nothing follows. */
  onFailed (error: TlsError): void
}

export class ServerConnection {
  readonly #sink: ConnectionSink
  readonly #channel: Channel
  #numTickets: number
  #handshake: ServerHandshake | null
  #post: PostHandshake | null = null

  /** What is to be told to the sink next; work goes on when it was told. */
  #plaintext: Uint8Array | null = null
  #event: 'connected' | 'peerClosed' | 'clientAuth' | 'failed' | null = null
  #clientAuthResult: ClientAuthResult | null = null
  #error: TlsError | null = null

  #peerClosed = false
  #closed = false
  #reportedEnd = false
  #emptyRecords = 0
  #warningAlerts = 0

  constructor (configuration: ServerConfiguration, sink: ConnectionSink) {
    this.#sink = sink
    this.#numTickets = configuration.numTickets
    this.#channel = new Channel(configuration, sink)
    this.#handshake = new ServerHandshake(this.#channel, this.#numTickets, (established) => this.#onEstablished(established))
    configuration.observer.handshakeStarted?.()
  }

  // Facts

  get state (): State {
    return this.#channel.state.current
  }

  get connected (): boolean {
    return this.#post !== null && this.#error === null
  }

  get failed (): boolean {
    return this.#error !== null
  }

  get peerClosed (): boolean {
    return this.#peerClosed
  }

  /** What the handshake negotiated; null before CONNECTED, or before early data was accepted. */
  get info (): HandshakeInfo | null {
    return this.#post?.established.info ?? this.#earlyPhase()?.info ?? null
  }

  get serverName (): string | null {
    return this.info?.serverName ?? null
  }

  get alpnProtocol (): string | null {
    return this.info?.alpnProtocol ?? null
  }

  get context (): SecureContext | null {
    return this.#post?.established.context ?? this.#earlyPhase()?.context ?? null
  }

  /** Who the client is, by the handshake, the session it resumed, or a later request; null: nobody. */
  get identity (): ClientIdentity | null {
    return this.#post?.identity ?? null
  }

  /** Did the client offer post-handshake authentication? */
  get postHandshakeAuth (): boolean {
    return this.info?.postHandshakeAuth ?? false
  }

  /** Was the client asked for a certificate, in the handshake or after it? */
  get certificateRequested (): boolean {
    return this.#post?.certificateRequested ?? (this.#earlyPhase() !== null && this.#channel.configuration.requestCert)
  }

  get clientAuthPending (): boolean {
    return this.#post?.clientAuthPending ?? false
  }

  get ticketsSent (): number {
    return this.#post?.ticketsSent ?? 0
  }

  /** Tickets that the next event brings: SSL_get_num_tickets(3). */
  get numTickets (): number {
    return this.#post?.numTickets ?? this.#numTickets
  }

  /** SSL_set_num_tickets(3). @throws {RefusedError} before CONNECTED, unless early data was accepted */
  set numTickets (value: number) {
    if (this.#earlyPhase() === null) this.#established().numTickets = value
    else this.#numTickets = value
  }

  // Bytes in and out

  /** Takes what the transport brought. The chunk is lent: what of it is needed later is copied. */
  receive (chunk: Uint8Array): void {
    // §6.1: "Any data received after a closure alert has been received MUST be ignored."
    if (this.#ended() || this.#peerClosed) return
    this.#channel.records.push(chunk)
    try {
      this.#run()
    } finally { // whatever a sink threw
      this.#channel.records.keep()
    }
  }

  /** All that is to be written, in one buffer; null when there is nothing. */
  takeOutput (): Uint8Array | null {
    return this.#channel.records.takeOutput()
  }

  /** What the connection waits for: stop feeding it, and call `resume` or `reject` when it settles. */
  get waiting (): Promise<unknown> | null {
    return this.#channel.waiter.promise
  }

  resume (value: unknown): void {
    if (this.#ended()) return
    this.#run(() => this.#channel.waiter.resume(value))
  }

  /** What was waited for failed: the peer learns internal_error. */
  reject (error: unknown): void {
    if (this.#ended()) return
    this.#channel.waiter.cancel()
    this.#run(() => { throw error })
  }

  // Calls of the application

  /**
   * Sends application data. Where early data was accepted, before the client's Finished too (RFC 8446 §2.3): what is sent
   * can be read by the holder of the session alone, and nobody else's certificate is in play.
   * @throws {RefusedError} before CONNECTED, unless early data was accepted, and after close
   */
  send (chunks: readonly Uint8Array[]): void {
    this.#writer().write(chunks)
  }

  /**
   * Takes the numbers of the records of so much application data, which the caller seals and sends: behind what the output
   * holds now, and before all that it will hold.
   * @returns null when `send` must do it, because the keys are renewed in the middle
   * @throws {RefusedError} as `send`
   */
  reserve (length: number): RecordRun | null {
    return this.#writer().reserve(length)
  }

  /** Says close_notify; what the peer still sends is read. Before CONNECTED it ends the handshake. */
  close (): void {
    if (this.#closed || this.#ended()) return
    this.#closed = true
    this.#sendAlert(AlertLevel.warning, AlertDescription.close_notify)
    if (this.#post !== null) return this.#post.stopSending()
    this.#channel.waiter.cancel()
    this.#reportEnd('failure', alertName(AlertDescription.close_notify))
    this.#shut()
  }

  /** Ends the connection with an alert of ours. */
  abort (reason: Reason, detail: string): void {
    if (this.#ended()) return
    this.#channel.waiter.cancel()
    this.#run(() => fail(reason, detail))
  }

  /** The transport is gone: nothing follows, and the observer learns how it ended. */
  disconnected (): void {
    if (this.#channel.state.current === 'CLOSED' && this.#reportedEnd) return
    this.#channel.waiter.cancel()
    this.#reportEnd('abort', 'eof')
    this.#shut()
  }

  /** Sends tickets now, whatever `numTickets` is: SSL_new_session_ticket(3). @throws {RefusedError} */
  sendTickets (count: number): void {
    this.#established().sendTickets(count)
  }

  /** Asks for the client's certificate: SSL_verify_client_post_handshake(3). @throws {RefusedError} */
  requestClientCertificate (terms: ClientCertificateTerms): void {
    const post = this.#established()
    if (this.#peerClosed) throw new RefusedError('CLOSED', 'the client has closed its side')
    post.requestClientCertificate(terms)
  }

  /** Nobody waits any longer for the client's answer. */
  clientAuthTimedOut (): void {
    this.#post?.clientAuthTimedOut()
  }

  /** A limit was reached, here or at the driver: the observer learns it. */
  limitReached (limit: Limit): void {
    this.#channel.configuration.observer.limitReached?.(limit)
  }

  /** New keys for our direction (RFC 8446 §4.6.3). @throws {RefusedError} */
  updateKeys (requestPeer: boolean): void {
    this.#established().updateKeys(requestPeer)
  }

  /** RFC 8446 §7.5. @throws {RefusedError} before CONNECTED */
  exportKeyingMaterial (length: number, label: string, context: Uint8Array): Uint8Array {
    return this.#established().exportKeyingMaterial(length, label, context)
  }

  #established (): PostHandshake {
    if (this.#closed || this.#ended()) throw new RefusedError('CLOSED', 'the connection is closed')
    if (this.#post === null) throw new RefusedError('HANDSHAKE_IN_PROGRESS', 'the handshake is not complete')
    return this.#post
  }

  #writer (): ApplicationWriter {
    return this.#earlyPhase()?.writer ?? this.#established().established.writer
  }

  #earlyPhase (): EarlyPhase | null {
    return this.#handshake?.earlyPhase ?? null
  }

  // The loop

  #ended (): boolean {
    return this.#channel.state.current === 'CLOSED'
  }

  /** Works, tells, and works on, until there is nothing left to work with. @param first what there is to do before */
  #run (first: (() => void) | null = null): void {
    for (let begin = first; ; begin = null) {
      this.#attempt(begin)
      if (this.#nothingToTell()) return
      this.#tell()
    }
  }

  /** Everything that reads what a peer wrote runs in here: what it throws becomes an alert. */
  #attempt (begin: (() => void) | null): void {
    try {
      begin?.()
      while (this.#nothingToTell() && this.#work());
    } catch (error) {
      this.#fail(internalError(error))
    }
  }

  #nothingToTell (): boolean {
    return this.#plaintext === null && this.#event === null
  }

  #tell (): void {
    const plaintext = this.#plaintext
    const event = this.#event
    this.#plaintext = null
    this.#event = null
    if (plaintext !== null) this.#sink.onPlaintext(plaintext)
    switch (event) {
      case 'connected': return this.#sink.onConnected()
      case 'peerClosed': return this.#sink.onPeerClosed()
      case 'clientAuth': return this.#sink.onClientAuth(this.#clientAuthResult as ClientAuthResult)
      case 'failed': return this.#sink.onFailed(this.#error as TlsError)
    }
  }

  /** One message, or one record. @returns false when more bytes are needed, or an answer of ours */
  #work (): boolean {
    const { waiter, messages, records } = this.#channel
    if (this.#ended() || waiter.promise !== null) return false
    if (messages.next()) this.#onMessage(messages.message)
    else if (!this.#peerClosed && records.next()) this.#onRecord(records.type, records.content)
    else return false
    return true
  }

  // Records

  #onRecord (type: number, content: Uint8Array): void {
    const { records, messages } = this.#channel
    if (type !== ContentType.handshake && messages.midMessage) fail('INTERLEAVED', `a record of type ${nameOf(ContentType, type) ?? type} inside a handshake message`)
    switch (type) {
      case ContentType.handshake: return this.#onHandshakeRecord(content)
      case ContentType.application_data: return this.#onApplicationData(content)
      case ContentType.alert: return this.#onAlert(content)
      case ContentType.change_cipher_spec: return this.#onChangeCipherSpec(content, records.encrypted)
      default: fail('RECORD_TYPE', `a record of type ${type}`)
    }
  }

  #onHandshakeRecord (content: Uint8Array): void {
    const { records, messages, state } = this.#channel
    // Once there are keys, nothing but them will do (§5).
    if (!records.encrypted && state.current !== 'START') fail('RECORD_TYPE', 'a handshake record that is not protected')
    messages.push(content)
  }

  #onMessage (message: Uint8Array): void {
    this.#channel.state.expect(message[0])
    if (this.#post === null) return this.#handshake?.receive(message)
    this.#clientAuthResult = this.#post.receive(message)
    if (this.#clientAuthResult !== null) this.#event = 'clientAuth'
  }

  #onApplicationData (content: Uint8Array): void {
    const { state, configuration } = this.#channel
    state.expectApplicationData()
    if (content.length === 0) return this.#countEmptyRecord()
    this.#emptyRecords = 0
    this.#post?.receivedApplicationData()
    this.#handshake?.receivedEarlyData(content.length)
    configuration.counters.plaintextReceived += content.length
    this.#plaintext = content
  }

  /** §5: the one byte that old middleboxes want to see, between the first ClientHello and the client's Finished. */
  #onChangeCipherSpec (content: Uint8Array, encrypted: boolean): void {
    const awaited = this.#handshake !== null && this.#handshake.started
    if (encrypted || !awaited || content.length !== 1 || content[0] !== 1) fail('BAD_CHANGE_CIPHER_SPEC', 'change_cipher_spec')
    this.#countEmptyRecord()
  }

  #countEmptyRecord (): void {
    if (++this.#emptyRecords > maxEmptyRecords) fail('EMPTY_RECORDS', `more than ${maxEmptyRecords} records that say nothing`)
  }

  // Alerts (§6)

  #onAlert (content: Uint8Array): void {
    const { records, state, configuration } = this.#channel
    // A client that cannot read our flight has no keys yet to say so with. After the handshake, anybody could have said it.
    if (!records.encrypted && (this.#post !== null || !records.readKeyUnused)) fail('RECORD_TYPE', 'an alert that is not protected')
    if (content.length === 0) fail('EMPTY_RECORD', 'an alert record without content')
    if (content.length !== 2) fail('ALERT_LENGTH', `an alert of ${content.length} bytes`)
    const description = content[1]
    configuration.observer.alert?.('received', alertName(description))
    if (description === AlertDescription.close_notify) return this.#onCloseNotify()
    // §6.1: user_canceled is followed by close_notify and means nothing by itself.
    if (description === AlertDescription.user_canceled && state.current !== 'START') return this.#countWarningAlert()
    // §6.2: everything else is fatal, whatever level it claims.
    throw peerAlert(description)
  }

  #onCloseNotify (): void {
    if (this.#post === null) throw peerAlert(AlertDescription.close_notify)
    this.#peerClosed = true
    this.#event = 'peerClosed'
  }

  #countWarningAlert (): void {
    if (++this.#warningAlerts > maxWarningAlerts) fail('WARNING_ALERTS', `more than ${maxWarningAlerts} warning alerts`)
  }

  #sendAlert (level: number, description: number): void {
    this.#channel.records.write(ContentType.alert, [Uint8Array.of(level, description)])
    this.#channel.configuration.observer.alert?.('sent', alertName(description))
  }

  // Beginnings and ends

  #onEstablished (established: Established): void {
    const { observer } = this.#channel.configuration
    this.#handshake = null
    this.#post = new PostHandshake(this.#channel, established, this.#numTickets)
    observer.handshakeCompleted?.(established.info)
    observer.connectionOpened?.(established.info.alpnProtocol)
    // At once, and before any application data: a client without TCP_NODELAY would wait for them later.
    this.#post.sendTicketsFor('handshake')
    this.#event = 'connected'
  }

  #fail (error: TlsError): void {
    this.#error = error
    this.#plaintext = null
    if (error.origin === 'local' && !this.#closed) this.#sendAlert(AlertLevel.fatal, error.alert)
    const limit = limitOf(error)
    if (limit !== null) this.limitReached(limit)
    const timeout = error.code === 'TLS13_HANDSHAKE_TIMEOUT'
    this.#reportEnd(timeout ? 'timeout' : 'failure', timeout ? 'timeout' : error.code === 'TLS13_NOT_TLS' ? 'not_tls' : error.alertName)
    this.#shut()
    this.#event = 'failed'
  }

  #reportEnd (result: 'failure' | 'timeout' | 'abort', reason: string): void {
    if (this.#reportedEnd) return
    this.#reportedEnd = true
    const { observer } = this.#channel.configuration
    this.#handshake?.abandon()
    this.#post?.abandon()
    if (this.#post === null) observer.handshakeFailed?.(result, reason)
    else observer.connectionClosed?.(this.alpnProtocol, this.#closed && this.#peerClosed && !this.failed)
  }

  /** Nothing is read or sent any more, and the keys go. */
  #shut (): void {
    if (!this.#ended()) this.#channel.state.to('CLOSED')
    this.#channel.records.destroy()
    this.#post?.destroy()
    this.#handshake = null
  }
}
