/**
 * The server's side of the handshake (RFC 8446 §2, Appendix A.2): from the first ClientHello to the client's Finished.
 * The object holds what only the handshake needs, and is let go when it is done.
 */
import type { CipherSuite, NamedGroup } from '../../../types/crypto.ts'
import type { ClientIdentity, SecureContext } from '../../../types/credentials.ts'
import type { HandshakeInfo } from '../../../types/observer.ts'
import { ContentType, HandshakeType } from '../constants.ts'
import { fail } from '../errors.ts'
import { encodeCertificateRequest } from '../messages/certificate-request.ts'
import { encodeCertificateVerify, signedContent } from '../messages/certificate-verify.ts'
import { maxEarlyDataSkipped, maxPlaintextLength } from '../limits.ts'
import { decodeClientHello, type ClientHello } from '../messages/client-hello.ts'
import { decodeEndOfEarlyData } from '../messages/end-of-early-data.ts'
import { encodeEncryptedExtensions } from '../messages/encrypted-extensions.ts'
import { decodeFinished, encodeFinished } from '../messages/finished.ts'
import { encodeHelloRetryRequest, encodeServerHello } from '../messages/server-hello.ts'
import { handshakeKeys, type HandshakeKeys } from '../record/protection.ts'
import { EarlySecret, verifyData, type HandshakeSecrets, type MasterSecret } from '../schedule/key-schedule.ts'
import { Transcript } from '../schedule/transcript.ts'
import { noBytes } from '../wire/bytes.ts'
import { encodeHex } from '../wire/text.ts'
import { Writer } from '../wire/writer.ts'
import { ApplicationSecrets } from './application-secrets.ts'
import { ApplicationWriter } from './application-writer.ts'
import type { Channel } from './channel.ts'
import { ClientAuthentication } from './client-authentication.ts'
import { admitEarlyData, type EarlyPhase } from './early-data.ts'
import type { Established } from './established.ts'
import { Flight } from './flight.ts'
import { canResume, checkClientHello, checkSecondClientHello, negotiate, pskStandsAlone, selectCredential, selectGroup, type KeyExchange, type Negotiated } from './negotiate.ts'
import { PskSelection, type SelectedPsk } from './psk-selection.ts'
import { retryCookie } from './retry-cookie.ts'
import { serverCertificate } from './server-certificate.ts'
import { sessionPolicy } from './session-state.ts'
import { ticketCount } from './ticket-count.ts'

export class ServerHandshake {
  readonly #channel: Channel
  readonly #numTickets: number
  readonly #onEstablished: (established: Established) => void
  readonly #startedAt: number

  #hello!: ClientHello
  /** The ClientHello before a HelloRetryRequest, and what was asked for. */
  #retry: { readonly hello: ClientHello, readonly group: number, readonly cookie: Uint8Array | null } | null = null
  #context: SecureContext | null = null
  #negotiated!: Negotiated
  #group: NamedGroup | null = null
  #transcript: Transcript | null = null
  #psk: SelectedPsk | null = null
  #policy: Uint8Array = noBytes
  #scheme: number | null = null
  #masterSecret!: MasterSecret
  #clientHandshakeKeys!: HandshakeKeys
  #serverHandshakeKeys!: HandshakeKeys
  #secrets!: ApplicationSecrets
  #writer!: ApplicationWriter
  #clientAuthentication: ClientAuthentication | null = null
  #ticketsAsked: number | null = null
  #earlyPhase: EarlyPhase | null = null
  /** Bytes of early data that may still come; null: it was not accepted. */
  #earlyDataLeft: number | null = null

  /** @param numTickets the connection's number, for the answer to a ticket_request */
  constructor (channel: Channel, numTickets: number, onEstablished: (established: Established) => void) {
    this.#channel = channel
    this.#numTickets = numTickets
    this.#onEstablished = onEstablished
    this.#startedAt = channel.configuration.now()
  }

  /** Has a ClientHello come? Before, not even a change_cipher_spec may (RFC 8446 §5). */
  get started (): boolean {
    return this.#hello !== undefined
  }

  /** Not null from our Finished on, where early data was accepted. */
  get earlyPhase (): EarlyPhase | null {
    return this.#earlyPhase
  }

  /** Early data came, which the state machine let through. */
  receivedEarlyData (length: number): void {
    const left = this.#earlyDataLeft = (this.#earlyDataLeft ?? 0) - length
    // §4.2.10: "A server receiving more than max_early_data_size bytes of 0-RTT data SHOULD terminate the connection".
    if (left < 0) fail('EARLY_DATA_TOO_LONG', 'more early data than the ticket allows')
  }

  /** A message that the state machine let through. */
  receive (message: Uint8Array): void {
    switch (message[0]) {
      case HandshakeType.client_hello: return this.#onClientHello(message)
      case HandshakeType.end_of_early_data: return this.#onEndOfEarlyData(message)
      case HandshakeType.certificate:
      case HandshakeType.compressed_certificate: return this.#onCertificate(message)
      case HandshakeType.certificate_verify: return this.#onCertificateVerify(message)
      case HandshakeType.finished: return this.#onFinished(message)
    }
  }

  /** The connection failed: a request for a certificate that is under way has an outcome all the same. */
  abandon (): void {
    this.#clientAuthentication?.report()
  }

  // START → RECVD_CH

  #onClientHello (message: Uint8Array): void {
    const { messages, state, waiter, configuration, records } = this.#channel
    messages.assertAligned()
    const hello = decodeClientHello(message)
    checkClientHello(hello, configuration)
    if (this.#retry !== null) checkSecondClientHello(this.#retry.hello, hello, this.#retry.group, this.#retry.cookie)
    // Accepted or not is decided later; until then nothing of it can be read.
    records.skipEarlyData(hello.earlyData ? maxEarlyDataSkipped + (configuration.earlyData?.maxEarlyData ?? 0) : 0)
    this.#hello = hello
    state.to('RECVD_CH')
    if (this.#context !== null) return this.#negotiate(this.#context)
    const { serverName, alpnProtocols } = hello
    waiter.then(configuration.resolveContext({ serverName, alpnProtocols: alpnProtocols ?? [] }), (context) => {
      this.#context = context ?? fail('UNRECOGNIZED_NAME', 'no context for the server name')
      this.#negotiate(this.#context)
    })
  }

  // RECVD_CH → NEGOTIATED, or back to START by HelloRetryRequest

  #negotiate (context: SecureContext): void {
    const { configuration } = this.#channel
    this.#negotiated = negotiate(this.#hello, configuration)
    this.#policy = sessionPolicy(configuration.crypto.sha256, context, configuration)
    if (pskStandsAlone(this.#hello, configuration)) {
      this.#selectPsk(context, (psk) => {
        if (psk === null) this.#agreeOnGroup((exchange) => this.#respond(null, exchange))
        else this.#admit(psk, null)
      })
    } else {
      // The group first: a HelloRetryRequest comes before a ticket is spent.
      this.#agreeOnGroup((exchange) => this.#selectPsk(context, (psk) => this.#admit(psk, exchange)))
    }
  }

  #agreeOnGroup (next: (exchange: KeyExchange) => void): void {
    const { group, keyShare } = selectGroup(this.#hello, this.#channel.configuration)
    if (keyShare === null) this.#requestRetry(group)
    else next({ group, keyShare })
  }

  #selectPsk (context: SecureContext, next: (psk: SelectedPsk | null) => void): void {
    const { configuration, waiter } = this.#channel
    const { suite, alpnProtocol } = this.#negotiated
    const transcript = this.#transcript ??= Transcript.start(suite.hash)
    const target = { hello: this.#hello, suite, context, policy: this.#policy, alpnProtocol, transcript }
    new PskSelection(configuration, target, waiter, next).start()
  }

  #requestRetry (group: NamedGroup): void {
    const { records, state, configuration } = this.#channel
    const { suite } = this.#negotiated
    if (this.#retry !== null) fail('BAD_SECOND_CLIENT_HELLO', 'a second HelloRetryRequest would be needed')
    const { message, legacySessionId } = this.#hello
    const cookie = configuration.cookieKey === null ? null : retryCookie(suite.hash, configuration.cookieKey, message, suite.id, group.id)
    const writer = new Writer(256)
    encodeHelloRetryRequest(writer, { legacySessionIdEcho: legacySessionId, cipherSuite: suite.id, group: group.id, cookie })
    this.#transcript = Transcript.startAfterRetry(suite.hash, message)
    this.#transcript.update(writer.view())
    records.write(ContentType.handshake, [writer.view()])
    this.#sendChangeCipherSpec()
    this.#retry = { hello: this.#hello, group: group.id, cookie }
    configuration.observer.helloRetryRequested?.(group.name)
    // §4.2.10: the second ClientHello offers none.
    if (this.#hello.earlyData) configuration.observer.earlyDataOffered?.('hello_retry_request')
    state.to('START')
  }

  #admit (psk: SelectedPsk | null, exchange: KeyExchange | null): void {
    const { configuration, waiter } = this.#channel
    admitEarlyData(configuration, this.#hello, this.#negotiated.suite, psk, waiter, (limit) => {
      this.#earlyDataLeft = limit
      this.#respond(psk, exchange)
    })
  }

  // NEGOTIATED: ServerHello … Finished

  #respond (psk: SelectedPsk | null, exchange: KeyExchange | null): void {
    const { state, waiter } = this.#channel
    const transcript = this.#transcript as Transcript
    state.to('NEGOTIATED')
    this.#psk = psk
    this.#group = exchange?.group ?? null
    transcript.update(this.#hello.message)
    const exchanged = exchange === null ? null : encapsulate(exchange)
    // The key exchange is half of the work.
    waiter.giveWay(() => this.#answer(psk, exchanged))
  }

  #answer (psk: SelectedPsk | null, exchanged: Exchanged | null): void {
    const { configuration } = this.#channel
    const { suite } = this.#negotiated
    const transcript = this.#transcript as Transcript
    const earlySecret = psk?.earlySecret ?? EarlySecret.withoutPsk(suite.hash)
    if (this.#earlyDataLeft !== null) this.#readEarlyData(earlySecret.clientEarlyTrafficSecret(transcript.hash()))
    const serverHello = this.#serverHello(exchanged?.share ?? null)
    transcript.update(serverHello)
    this.#useHandshakeSecrets(earlySecret.handshakeSecret(exchanged?.secret ?? null).derive(transcript.hash()))
    this.#ticketsAsked = ticketsAsked(this.#hello, psk !== null)

    const flight = new Flight(transcript)
    this.#addEncryptedExtensions(flight)
    if (psk !== null) return this.#finishFlight(serverHello, flight)
    if (configuration.requestCert) this.#addCertificateRequest(flight)
    this.#addCertificate(flight, () => this.#finishFlight(serverHello, flight))
  }

  /** Of the traffic secrets only the keys are needed; the master secret is kept for what comes later. */
  #useHandshakeSecrets ({ clientHandshakeTrafficSecret, serverHandshakeTrafficSecret, masterSecret }: HandshakeSecrets): void {
    const { suite } = this.#negotiated
    this.#clientHandshakeKeys = handshakeKeys(suite, clientHandshakeTrafficSecret)
    this.#serverHandshakeKeys = handshakeKeys(suite, serverHandshakeTrafficSecret)
    this.#masterSecret = masterSecret
    this.#logKey('CLIENT_HANDSHAKE_TRAFFIC_SECRET', clientHandshakeTrafficSecret)
    this.#logKey('SERVER_HANDSHAKE_TRAFFIC_SECRET', serverHandshakeTrafficSecret)
  }

  #serverHello (share: Uint8Array | null): Uint8Array {
    const { crypto } = this.#channel.configuration
    const writer = new Writer(256)
    encodeServerHello(writer, {
      random: crypto.random(32),
      legacySessionIdEcho: this.#hello.legacySessionId,
      cipherSuite: this.#negotiated.suite.id,
      keyShare: share === null || this.#group === null ? null : { group: this.#group.id, keyExchange: share },
      selectedIdentity: this.#psk?.index ?? null
    })
    return writer.view()
  }

  #addEncryptedExtensions (flight: Flight): void {
    const { configuration } = this.#channel
    const { recordSizeLimit, serverName } = this.#hello
    const resumed = this.#psk !== null
    const terms = { resumed, canResume: canResume(this.#hello, configuration), ticketsAsked: this.#ticketsAsked }
    flight.add((writer) => encodeEncryptedExtensions(writer, {
      // RFC 6066 §3: "When resuming a session, the server MUST NOT include a server_name extension".
      acknowledgeServerName: serverName !== null && !resumed,
      alpnProtocol: this.#negotiated.alpnProtocol,
      recordSizeLimit: recordSizeLimit === null ? null : maxPlaintextLength + 1,
      earlyData: this.#earlyDataLeft !== null,
      expectedTickets: this.#ticketsAsked === null ? null : ticketCount(configuration, terms, this.#numTickets)
    }))
  }

  #addCertificateRequest (flight: Flight): void {
    const { configuration, waiter } = this.#channel
    const { rejectUnauthorized } = configuration
    this.#clientAuthentication = new ClientAuthentication(configuration, {
      phase: 'handshake',
      context: this.#context as SecureContext,
      requestContext: noBytes,
      failIfNoCertificate: rejectUnauthorized,
      rejectUnauthorized
    }, this.#transcript as Transcript, waiter)
    const request = this.#clientAuthentication.request()
    flight.add((writer) => encodeCertificateRequest(writer, request))
  }

  /** Certificate and CertificateVerify; the OCSP response and the signature may take their time. */
  #addCertificate (flight: Flight, next: () => void): void {
    const { waiter, configuration } = this.#channel
    const { credential, scheme } = selectCredential(this.#hello, this.#context as SecureContext, configuration)
    const compression = configuration.certificateCompression.find(({ algorithm }) => this.#hello.compressionAlgorithms.includes(algorithm)) ?? null
    this.#scheme = scheme
    waiter.then(this.#hello.statusRequest ? configuration.ocspResponse?.(credential) ?? null : null, (ocspResponse) => {
      flight.add((writer) => writer.raw(serverCertificate(credential, ocspResponse, compression)))
      const content = signedContent('server', (this.#transcript as Transcript).hash())
      waiter.then(credential.signer.sign(scheme, content), (signature) => {
        flight.add((writer) => encodeCertificateVerify(writer, { algorithm: scheme, signature }))
        next()
      })
    })
  }

  /** Finished, and the whole flight goes out; from here on we send under the application's keys. */
  #finishFlight (serverHello: Uint8Array, flight: Flight): void {
    const { records, state } = this.#channel
    const { suite } = this.#negotiated
    const transcript = this.#transcript as Transcript
    const finished = verifyData(suite.hash, this.#serverHandshakeKeys.finishedKey, transcript.hash())
    flight.add((writer) => encodeFinished(writer, finished))

    records.write(ContentType.handshake, [serverHello])
    if (this.#retry === null) this.#sendChangeCipherSpec()
    if (this.#earlyDataLeft === null) records.setReadKeys(suite, this.#clientHandshakeKeys)
    records.setWriteKeys(suite, this.#serverHandshakeKeys)
    if (this.#hello.recordSizeLimit !== null) records.limitRecords(this.#hello.recordSizeLimit)
    records.write(ContentType.handshake, [flight.bytes])
    flight.end()
    this.#secrets = this.#applicationSecrets(suite, transcript.hash())
    this.#writer = new ApplicationWriter(this.#channel, suite, this.#secrets)
    if (this.#earlyDataLeft === null) return state.to(this.#clientAuthentication === null ? 'WAIT_FINISHED' : 'WAIT_CERT')
    this.#earlyPhase = { info: this.#info(), context: this.#context as SecureContext, writer: this.#writer }
    state.to('WAIT_EOED')
  }

  /** @returns all but the resumption's, which is of the client's Finished too */
  #applicationSecrets (suite: CipherSuite, transcriptHash: Uint8Array): ApplicationSecrets {
    const { clientApplicationTrafficSecret0, serverApplicationTrafficSecret0, exporterMasterSecret } = this.#masterSecret.derive(transcriptHash)
    this.#logKey('CLIENT_TRAFFIC_SECRET_0', clientApplicationTrafficSecret0)
    this.#logKey('SERVER_TRAFFIC_SECRET_0', serverApplicationTrafficSecret0)
    this.#logKey('EXPORTER_SECRET', exporterMasterSecret)
    const secrets = new ApplicationSecrets(suite.hash.length)
    secrets.keep('client', clientApplicationTrafficSecret0)
    secrets.keep('server', serverApplicationTrafficSecret0)
    secrets.keep('exporter', exporterMasterSecret)
    return secrets
  }

  // WAIT_EOED → WAIT_FINISHED

  /** §4.2.10: under a key of its own until EndOfEarlyData, without which the next record cannot be read. */
  #readEarlyData (clientEarlyTrafficSecret: Uint8Array): void {
    const { records } = this.#channel
    this.#logKey('CLIENT_EARLY_TRAFFIC_SECRET', clientEarlyTrafficSecret)
    records.skipEarlyData(0)
    records.setReadSecret(this.#negotiated.suite, clientEarlyTrafficSecret)
  }

  #onEndOfEarlyData (message: Uint8Array): void {
    const { messages, records, state } = this.#channel
    messages.assertAligned()
    decodeEndOfEarlyData(message)
    this.#transcript?.update(message)
    records.setReadKeys(this.#negotiated.suite, this.#clientHandshakeKeys)
    state.to('WAIT_FINISHED')
  }

  // WAIT_CERT → WAIT_CV → WAIT_FINISHED → CONNECTED

  #onCertificate (message: Uint8Array): void {
    const { state } = this.#channel
    this.#clientAuthentication?.receiveCertificate(message, (verifyFollows) => state.to(verifyFollows ? 'WAIT_CV' : 'WAIT_FINISHED'))
  }

  #onCertificateVerify (message: Uint8Array): void {
    this.#clientAuthentication?.receiveCertificateVerify(message)
    this.#channel.state.to('WAIT_FINISHED')
  }

  #onFinished (message: Uint8Array): void {
    const { configuration, messages, records, state } = this.#channel
    const { suite } = this.#negotiated
    const transcript = this.#transcript as Transcript
    messages.assertAligned()
    const expected = verifyData(suite.hash, this.#clientHandshakeKeys.finishedKey, transcript.hash())
    if (!configuration.crypto.timingSafeEqual(expected, decodeFinished(message, suite.hash.length))) fail('BAD_FINISHED', 'Finished does not verify')
    transcript.update(message)
    records.setReadSecret(suite, this.#secrets.get('client'))
    state.to('CONNECTED')
    const identity = this.#clientAuthentication === null ? this.#psk?.identity ?? null : this.#clientAuthentication.conclude().identity
    const established = this.#established(suite, transcript, identity)
    transcript.end()
    this.#onEstablished(established)
  }

  #established (suite: CipherSuite, transcript: Transcript, identity: ClientIdentity | null): Established {
    this.#secrets.keep('resumption', this.#masterSecret.resumptionMasterSecret(transcript.hash()))
    return {
      suite,
      context: this.#context as SecureContext,
      policy: this.#policy,
      info: this.#info(),
      identity,
      authenticatedAt: this.#psk?.authenticatedAt ?? this.#startedAt,
      ticketsAsked: this.#ticketsAsked,
      canResume: canResume(this.#hello, this.#channel.configuration),
      // A fork, which keeps no messages: it stays as long as the connection.
      transcript: this.#hello.postHandshakeAuth ? transcript.fork() : null,
      secrets: this.#secrets,
      writer: this.#writer
    }
  }

  #info (): HandshakeInfo {
    const { suite, alpnProtocol } = this.#negotiated
    return {
      cipher: suite.name,
      group: this.#group?.name ?? null,
      resumed: this.#psk !== null && !this.#psk.external,
      externalPsk: this.#psk !== null && this.#psk.external,
      helloRetryRequest: this.#retry !== null,
      serverName: this.#hello.serverName,
      alpnProtocol,
      signatureScheme: this.#scheme,
      postHandshakeAuth: this.#hello.postHandshakeAuth,
      duration: this.#channel.configuration.now() - this.#startedAt
    }
  }

  /** Appendix D.4: after our first message, for the middleboxes on the way; every client must ignore it, so every client gets one. */
  #sendChangeCipherSpec (): void {
    this.#channel.records.writePlaintext(ContentType.change_cipher_spec, Uint8Array.of(1))
  }

  #logKey (label: string, secret: Uint8Array): void {
    this.#channel.configuration.keyLog?.(`${label} ${encodeHex(this.#hello.random)} ${encodeHex(secret)}`)
  }
}

function encapsulate ({ group, keyShare }: KeyExchange): Exchanged {
  return group.encapsulate(keyShare) ?? fail('BAD_KEY_SHARE', `the key share is none of ${group.name}`)
}

type Exchanged = NonNullable<ReturnType<NamedGroup['encapsulate']>>

/** RFC 9149 §3: the count for the kind of handshake this is. */
function ticketsAsked ({ ticketRequest }: ClientHello, resumed: boolean): number | null {
  if (ticketRequest === null) return null
  return resumed ? ticketRequest.resumptionCount : ticketRequest.newSessionCount
}
