/** The test client's reading side: records to messages in their order, and all that came of them. */
import type { CertificateRequest } from './answer.ts'
import { concat, Reader, toHex } from './bytes.ts'
import type { TestClient } from './client.ts'
import { extensionType } from './hello.ts'
import type { Session } from './hello.ts'
import { KeySchedule, TrafficKeys } from './key-schedule.ts'
import type { Suite } from './key-schedule.ts'
import { RecordReader } from './records.ts'
import type { ReceivedRecord } from './records.ts'
import { ServerMessages } from './server-messages.ts'

export interface ReceivedMessage {
  readonly type: number
  readonly body: Uint8Array
  /** Header included. */
  readonly bytes: Uint8Array
  /** Index in `received` of the records it began and ended in. */
  readonly firstRecord: number
  readonly lastRecord: number
}

export interface ReceivedAlert { readonly level: number, readonly description: number, readonly protected: boolean }

/** What the server chose. */
export interface ServerFacts {
  cipherSuite: number
  group: number | null
  selectedIdentity: number | null
  alpnProtocol: string | null
  encryptedExtensions: ReadonlyMap<number, Uint8Array>
  chain: readonly Uint8Array[]
  signatureScheme: number | null
  /** What the certificate was compressed with; null: it came as it is. */
  compression: number | null
  /** The OCSP response that was stapled to the leaf. */
  ocspResponse: Uint8Array | null
}

export class Incoming {
  readonly client: TestClient
  readonly verifyServer: boolean
  readonly reader: RecordReader
  read: TrafficKeys | null
  schedule: KeySchedule | null
  helloRetryRequest: { suite: Suite, group: number | null, cookie: Uint8Array | null } | null
  handshakeRequest: CertificateRequest | null
  readonly records: ReceivedRecord[]
  readonly messages: ReceivedMessage[]
  readonly tickets: Session[]
  readonly alerts: ReceivedAlert[]
  readonly requests: CertificateRequest[]
  readonly plaintext: Uint8Array[]
  readonly keyUpdates: number[]
  readonly facts: ServerFacts
  closed: boolean
  /** The types that may come next. */
  expected: number[]
  #partial: Uint8Array
  #partialFrom: number
  #ccs: number
  readonly #server: ServerMessages

  constructor (client: TestClient, verifyServer: boolean) {
    this.client = client
    this.verifyServer = verifyServer
    this.reader = new RecordReader()
    this.read = this.schedule = this.helloRetryRequest = this.handshakeRequest = null
    this.records = []
    this.messages = []
    this.tickets = []
    this.alerts = []
    this.requests = []
    this.plaintext = []
    this.keyUpdates = []
    this.facts = { cipherSuite: 0, group: null, selectedIdentity: null, alpnProtocol: null, encryptedExtensions: new Map(), chain: [], signatureScheme: null, compression: null, ocspResponse: null }
    this.closed = false
    this.expected = [2]
    this.#partial = new Uint8Array(0)
    this.#partialFrom = 0
    this.#ccs = 0
    this.#server = new ServerMessages(this)
  }

  receive (bytes: Uint8Array): void {
    this.reader.push(bytes)
    for (let record = this.reader.next(this.read); record !== null; record = this.reader.next(this.read)) {
      if (this.closed) throw new Error('server sent a record after the end')
      this.#assertSize(record)
      this.records.push(record)
      this.#record(record)
    }
  }

  /** RFC 8446 §4.2.10: did EncryptedExtensions say so? */
  get earlyDataAccepted (): boolean {
    return this.facts.encryptedExtensions.has(extensionType.earlyData)
  }

  /** RFC 8446 §2.3: after its Finished a server may answer early data. */
  get #answersEarlyData (): boolean {
    return this.earlyDataAccepted && this.expected.includes(4)
  }

  earlySchedule (session: Session): KeySchedule {
    return new KeySchedule(session.suite, session.psk)
  }

  /** RFC 8449 §4: the limit counts content, its type and padding of every protected record. */
  #assertSize (record: ReceivedRecord): void {
    const { recordSizeLimit } = this.client.hello
    const length = record.content.length + 1 + record.padding
    if (record.protected && recordSizeLimit !== null && length > recordSizeLimit) throw new Error(`server sent a record of ${length} bytes where ${recordSizeLimit} is the limit`)
  }

  #record (record: ReceivedRecord): void {
    if (record.type !== 22 && this.#partial.length > 0) throw new Error('server put a record between the parts of a message')
    switch (record.type) {
      case 20: return this.#changeCipherSpec(record)
      case 21: return this.#alert(record)
      case 22: return this.#handshake(record)
      case 23:
        if (!this.#answersEarlyData) this.needClientFinished('application data')
        this.plaintext.push(record.content)
        return
      default: throw new Error(`server sent a record of type ${record.type}`)
    }
  }

  /** RFC 8446 Appendix D.4: one, right after the first ServerHello or HelloRetryRequest. */
  #changeCipherSpec (record: ReceivedRecord): void {
    if (this.messages.length !== 1 || ++this.#ccs > 1 || toHex(record.content) !== '01') throw new Error('server sent a change_cipher_spec it may not')
  }

  #alert (record: ReceivedRecord): void {
    if (record.content.length !== 2) throw new Error(`server's alert has ${record.content.length} bytes`)
    const [level, description] = record.content
    this.alerts.push({ level: level!, description: description!, protected: record.protected })
    this.closed = true
  }

  #handshake (record: ReceivedRecord): void {
    if (record.content.length === 0) throw new Error('server sent an empty handshake record')
    if (this.#partial.length === 0) this.#partialFrom = this.records.length - 1
    this.#partial = concat(this.#partial, record.content)
    while (this.#partial.length >= 4) {
      const length = 4 + new Reader(this.#partial.slice(1, 4)).uint(3)
      if (this.#partial.length < length) return
      const bytes = this.#partial.slice(0, length)
      this.#partial = this.#partial.slice(length)
      const type = bytes[0]!
      this.messages.push({ type, body: bytes.slice(4), bytes, firstRecord: this.#partialFrom, lastRecord: this.records.length - 1 })
      this.#partialFrom = this.records.length - 1
      if (!this.expected.includes(type)) throw new Error(`server sent message ${type} where one of ${this.expected.join()} is due`)
      this.#server.receive(type, bytes)
    }
  }

  /** Messages do not span a change of keys (RFC 8446 §5.1). */
  assertAligned (): void {
    if (this.#partial.length > 0) throw new Error('server changed keys inside a record')
  }

  changeKeys (secret: Uint8Array): void {
    this.assertAligned()
    this.read = new TrafficKeys(this.schedule!.suite, secret)
  }

  /** Our server sends nothing before the client's Finished but answers to early data, though RFC 8446 §2 would let it. */
  needClientFinished (what: string): void {
    if (this.schedule === null || this.schedule.resumptionMaster.length === 0) throw new Error(`server sent ${what} before the client's Finished`)
  }
}
