/**
 * A TLS 1.3 client for tests, bytes in and bytes out, that shares no code with lib/core: it checks what the server says
 * and throws when that is wrong, and it can itself do everything right or, on purpose, everything wrong.
 *
 *     const client = new TestClient()
 *     client.receive(deliver(client.clientHello()))       // parses and verifies the server's flight
 *     client.receive(deliver(client.flight2()))           // Finished; tickets arrive
 *     client.receive(deliver(client.data('hello')))
 */
import { randomBytes } from 'node:crypto'
import { answerMessages } from './answer.ts'
import type { AnswerOptions, CertificateRequest } from './answer.ts'
import { ascii, concat, message } from './bytes.ts'
import { keyPair } from './groups.ts'
import type { KeyPair, Random } from './groups.ts'
import { encodeClientHello } from './hello.ts'
import type { Hello, Session } from './hello.ts'
import { Incoming } from './incoming.ts'
import type { ReceivedAlert, ReceivedMessage, ServerFacts } from './incoming.ts'
import { exporter, TrafficKeys } from './key-schedule.ts'
import type { KeySchedule } from './key-schedule.ts'
import { changeCipherSpec, encodeRecords } from './records.ts'
import type { ReceivedRecord, RecordOptions } from './records.ts'
import { signatureSchemes } from './signatures.ts'

export interface ClientOptions extends Partial<Omit<Hello, 'shares'>> {
  /** Groups to send shares for; default the first of `groups`. */
  readonly shareGroups?: readonly number[]
  /** Default node:crypto's. */
  readonly randomBytes?: Random
  /** Check the server's CertificateVerify; default true. */
  readonly verifyServer?: boolean
}

export class TestClient {
  readonly randomBytes: Random
  readonly keyPairs: KeyPair[]
  readonly hello: Hello
  /** Keys of our direction; null while in the clear. */
  write: TrafficKeys | null
  /** The bytes of the transcript of the main handshake. */
  transcript: Uint8Array
  /** The last ClientHello message. */
  helloMessage: Uint8Array
  readonly incoming: Incoming
  /** Keys of early data for this ClientHello, once some was sent. */
  #early: TrafficKeys | null
  #endOfEarlyDataSent: boolean

  constructor (options: ClientOptions = {}) {
    const { shareGroups, randomBytes: random, verifyServer = true, ...fields } = options
    this.randomBytes = random ?? ((length) => new Uint8Array(randomBytes(length)))
    this.hello = { ...defaults(this.randomBytes), ...fields }
    this.keyPairs = (shareGroups ?? this.hello.groups?.slice(0, 1) ?? []).map((group) => keyPair(group, this.randomBytes))
    this.hello.shares = this.hello.groups === null ? null : this.keyPairs
    this.write = null
    this.transcript = new Uint8Array(0)
    this.helloMessage = new Uint8Array(0)
    this.incoming = new Incoming(this, verifyServer)
    this.#early = null
    this.#endOfEarlyDataSent = false
  }

  /** @returns the records of a ClientHello; `overrides` replace fields of `hello` for good */
  clientHello (overrides: Partial<Hello> = {}, record: RecordOptions = {}): Uint8Array {
    Object.assign(this.hello, overrides)
    const message = encodeClientHello(this.hello, this.transcript)
    this.helloMessage = message
    this.#early = null
    this.transcript = concat(this.transcript, message)
    return encodeRecords(null, 22, message, { version: 0x0301, ...record })
  }

  /** The ClientHello that answers a HelloRetryRequest (RFC 8446 §4.1.2), with a CCS before it in compatibility mode. */
  secondClientHello (overrides: Partial<Hello> = {}, record: RecordOptions = {}): Uint8Array {
    const retry = this.incoming.helloRetryRequest
    if (retry === null) throw new Error('there was no HelloRetryRequest')
    if (retry.group !== null) {
      const pair = keyPair(retry.group, this.randomBytes)
      this.keyPairs.push(pair)
      this.hello.shares = [pair]
    }
    if (retry.cookie !== null) this.hello.cookie = retry.cookie
    this.hello.earlyData = false
    const hello = this.clientHello(overrides, { version: 0x0303, ...record })
    return this.hello.sessionId.length > 0 ? concat(changeCipherSpec, hello) : hello
  }

  /** 0-RTT application data under the first PSK's early traffic secret (RFC 8446 §4.2.10). */
  earlyData (content: string | Uint8Array, record: RecordOptions = {}): Uint8Array {
    return this.earlyRecords(23, typeof content === 'string' ? ascii(content) : content, record)
  }

  /** EndOfEarlyData (RFC 8446 §4.5); `flight2` sends it by itself where it is due and was not sent. */
  endOfEarlyData (record: RecordOptions = {}): Uint8Array {
    const end = message(5)
    this.transcript = concat(this.transcript, end)
    this.#endOfEarlyDataSent = true
    return this.earlyRecords(22, end, record)
  }

  /** Records of any type under the early traffic secret. */
  earlyRecords (type: number, content: Uint8Array, record: RecordOptions = {}): Uint8Array {
    this.#early ??= this.earlyKeys()
    return encodeRecords(this.#early, type, content, record)
  }

  earlyKeys (): TrafficKeys {
    const session = this.hello.psks[0]!.session
    return new TrafficKeys(session.suite, this.incoming.earlySchedule(session).clientEarlyTraffic(this.helloMessage))
  }

  /** The client's second flight: EndOfEarlyData, Certificate and CertificateVerify when asked for, Finished. Keys change after it. */
  flight2 (answer: AnswerOptions = {}, record: RecordOptions = {}): Uint8Array {
    const end = this.incoming.earlyDataAccepted && !this.#endOfEarlyDataSent ? this.endOfEarlyData() : new Uint8Array(0)
    const messages = this.flight2Messages(answer)
    const bytes = concat(end, encodeRecords(this.write, 22, concat(...messages), record))
    this.#startApplicationKeys(concat(...messages))
    return this.hello.sessionId.length > 0 && this.incoming.helloRetryRequest === null ? concat(changeCipherSpec, bytes) : bytes
  }

  /** The messages of `flight2`; nothing changes. */
  flight2Messages (answer: AnswerOptions = {}): Uint8Array[] {
    const { schedule, handshakeRequest } = this.incoming
    return answerMessages(this.schedule.suite, handshakeRequest, this.transcript, schedule!.clientHandshake, answer)
  }

  /** The messages that answer a post-handshake CertificateRequest (RFC 8446 §4.6.2). */
  answer (request: CertificateRequest, options: AnswerOptions = {}): Uint8Array[] {
    const before = concat(this.transcript, request.bytes)
    return answerMessages(this.schedule.suite, request, before, this.write!.secret, options)
  }

  handshake (messages: Uint8Array | readonly Uint8Array[], record: RecordOptions = {}): Uint8Array {
    return this.records(22, messages instanceof Uint8Array ? messages : concat(...messages), record)
  }

  data (content: string | Uint8Array, record: RecordOptions = {}): Uint8Array {
    return this.records(23, typeof content === 'string' ? ascii(content) : content, record)
  }

  /** KeyUpdate (RFC 8446 §4.6.3); our keys change after it. */
  keyUpdate (request: 0 | 1 = 0, record: RecordOptions = {}): Uint8Array {
    const bytes = this.handshake(message(24, [request]), record)
    this.write!.update()
    return bytes
  }

  alert (level: number, description: number, record: RecordOptions = {}): Uint8Array {
    return this.records(21, Uint8Array.from([level, description]), record)
  }

  closeNotify (record: RecordOptions = {}): Uint8Array {
    return this.alert(1, 0, record)
  }

  /** Records of any type under the present keys. */
  records (type: number, content: Uint8Array, options: RecordOptions = {}): Uint8Array {
    return encodeRecords(this.write, type, content, options)
  }

  /** @throws {Error} when the server did something that a client must refuse */
  receive (bytes: Uint8Array): void {
    this.incoming.receive(bytes)
  }

  exporter (length: number, label: string, context: Uint8Array = new Uint8Array(0)): Uint8Array {
    return exporter(this.schedule.suite, this.schedule.exporterMaster, label, context, length)
  }

  /** Called with the message that completed the server's part of a key change. */
  startHandshakeKeys (schedule: KeySchedule): void {
    this.write = new TrafficKeys(schedule.suite, schedule.clientHandshake)
  }

  get schedule (): KeySchedule {
    if (this.incoming.schedule === null) throw new Error('the handshake has not come to its keys')
    return this.incoming.schedule
  }

  get messages (): readonly ReceivedMessage[] { return this.incoming.messages }
  get received (): readonly ReceivedRecord[] { return this.incoming.records }
  get tickets (): readonly Session[] { return this.incoming.tickets }
  get alerts (): readonly ReceivedAlert[] { return this.incoming.alerts }
  get requests (): readonly CertificateRequest[] { return this.incoming.requests }
  get facts (): ServerFacts { return this.incoming.facts }
  get plaintext (): Uint8Array { return concat(...this.incoming.plaintext) }
  get closed (): boolean { return this.incoming.closed }

  #startApplicationKeys (sent: Uint8Array): void {
    this.transcript = concat(this.transcript, sent)
    this.schedule.resumption(this.transcript)
    this.write = new TrafficKeys(this.schedule.suite, this.schedule.clientApplication)
  }
}

/** A client for the next connection that offers this one's last ticket. */
export function resuming (client: TestClient, options: ClientOptions = {}): TestClient {
  const session = options.psks?.[0]?.session ?? client.tickets.at(-1)
  if (session === undefined) throw new Error('the server sent no ticket')
  const { serverName, alpnProtocols, groups, cipherSuites, postHandshakeAuth, ticketRequest } = client.hello
  return new TestClient({ serverName, alpnProtocols, groups, cipherSuites, postHandshakeAuth, ticketRequest, psks: [{ session }], ...options })
}

function defaults (random: Random): Hello {
  return {
    legacyVersion: 0x0303,
    random: random(32),
    sessionId: new Uint8Array(0),
    cipherSuites: [0x1301, 0x1302, 0x1303],
    compressionMethods: [0],
    supportedVersions: [0x0304],
    groups: [0x001d, 0x0017, 0x0018, 0x0019],
    shares: null,
    signatureSchemes,
    signatureSchemesCert: null,
    serverName: null,
    alpnProtocols: null,
    pskModes: [1],
    postHandshakeAuth: false,
    ticketRequest: null,
    recordSizeLimit: null,
    compressionAlgorithms: null,
    statusRequest: false,
    earlyData: false,
    cookie: null,
    psks: [],
    grease: false,
    extraExtensions: [],
    editExtensions: (extensions) => extensions,
    editMessage: (bytes) => bytes
  }
}
