/**
 * A TestClient on a TCP connection, for tests of sockets and servers.
 *
 *     const tls = await connect(port, { alpnProtocols: ['http/1.1'] })
 *     await tls.handshake()
 *     const response = await tls.request('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
 *     tls.close()
 *
 * Every `expect…` waits for what it names and rejects when the server ends the connection, sends an alert, or does
 * what a client must refuse.
 */
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import type { AnswerOptions, CertificateRequest } from './answer.ts'
import { concat, text } from './bytes.ts'
import { TestClient } from './client.ts'
import type { ClientOptions } from './client.ts'
import type { Session } from './hello.ts'
import type { ReceivedAlert, ReceivedMessage } from './incoming.ts'

/** @param options those of a TestClient, or a TestClient of one's own */
export async function connect (port: number, options: ClientOptions | TestClient = {}, host: string = '127.0.0.1'): Promise<ClientConnection> {
  const socket = connectTcp({ port, host, noDelay: true })
  await once(socket, 'connect')
  return new ClientConnection(socket, options instanceof TestClient ? options : new TestClient(options))
}

export class ClientConnection {
  readonly socket: Socket
  readonly client: TestClient
  /** The transport's end, an error of it, or what the server did wrong. */
  ended: Error | null
  #change: () => void
  #taken: number
  #requestsAnswered: number

  constructor (socket: Socket, client: TestClient) {
    this.socket = socket
    this.client = client
    this.ended = null
    this.#change = () => {}
    this.#taken = 0
    this.#requestsAnswered = 0
    socket.on('data', (bytes) => { this.#receive(bytes) })
    socket.on('end', () => { this.#end(new Error('the server ended the connection')) })
    socket.on('error', (error) => { this.#end(error) })
    socket.on('close', () => { this.#end(new Error('the connection is closed')) })
  }

  /** Writes bytes as they are. */
  write (bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Sends application data. */
  send (data: string | Uint8Array): void {
    this.write(this.client.data(data))
  }

  /** The whole handshake; tickets are not waited for. */
  async handshake (answer: AnswerOptions = {}): Promise<void> {
    this.write(this.client.clientHello())
    await this.completeHandshake(answer)
  }

  /** ClientHello, and early data in the same segment; `completeHandshake` does the rest. */
  sendEarly (data: string | Uint8Array): void {
    const hello = this.client.clientHello({ earlyData: true })
    this.write(concat(hello, this.client.earlyData(data)))
  }

  /** Everything after the ClientHello. */
  async completeHandshake (answer: AnswerOptions = {}): Promise<void> {
    await this.#until(() => this.client.incoming.helloRetryRequest !== null || this.#serverFinished())
    if (!this.#serverFinished()) this.write(this.client.secondClientHello())
    await this.#until(() => this.#serverFinished())
    this.write(this.client.flight2(answer))
  }

  /** The nth message of that type (default: the first). */
  async expectMessage (type: number, count: number = 1): Promise<ReceivedMessage> {
    const found = (): ReceivedMessage[] => this.client.messages.filter((message) => message.type === type)
    await this.#until(() => found().length >= count)
    return found()[count - 1]!
  }

  /** All tickets so far, once there are at least `count`. */
  async expectTickets (count: number): Promise<readonly Session[]> {
    await this.#until(() => this.client.tickets.length >= count)
    return this.client.tickets
  }

  /** The next post-handshake CertificateRequest that has not been taken. */
  async expectCertificateRequest (): Promise<CertificateRequest> {
    const index = this.#requestsAnswered++
    await this.#until(() => this.client.requests.length > index)
    return this.client.requests[index]!
  }

  /** Answers the next CertificateRequest in one record. */
  async answerCertificateRequest (options: AnswerOptions = {}): Promise<CertificateRequest> {
    const request = await this.expectCertificateRequest()
    this.write(this.client.handshake(this.client.answer(request, options)))
    return request
  }

  /** Application data that was not taken yet, as soon as `enough` says so (default: any). */
  async expectData (enough: number | ((data: Uint8Array) => boolean) = 1): Promise<Uint8Array> {
    const test = typeof enough === 'number' ? (data: Uint8Array) => data.length >= enough : enough
    await this.#until(() => test(this.#untaken()))
    const data = this.#untaken()
    this.#taken += data.length
    return data
  }

  /** The server's alert, close_notify included. */
  async expectAlert (): Promise<ReceivedAlert> {
    await this.#until(() => this.client.alerts.length > 0, true)
    return this.client.alerts[0]!
  }

  /** Until the server ends or resets the transport. */
  async expectEnd (): Promise<void> {
    await this.#until(() => this.ended !== null, true)
  }

  /** Sends a request and gives the whole response, by Content-Length, chunks, or the connection's end. */
  async request (httpText: string): Promise<string> {
    this.send(httpText)
    return await this.response()
  }

  /** The next whole response. */
  async response (): Promise<string> {
    let length: number | null = null
    await this.#until(() => {
      length = responseLength(this.#untaken())
      return length !== null || this.client.closed || this.ended !== null
    }, true)
    const data = this.#untaken()
    if (data.length === 0) throw this.ended ?? new Error('the server closed without a response')
    const response = data.slice(0, length ?? data.length)
    this.#taken += response.length
    return text(response)
  }

  /** close_notify, then the end of our side. */
  close (): void {
    if (!this.socket.writable) return
    this.socket.end(this.client.write === null ? new Uint8Array(0) : this.client.closeNotify())
  }

  destroy (): void {
    this.socket.destroy()
  }

  #serverFinished (): boolean {
    return this.client.messages.some((message) => message.type === 20)
  }

  #untaken (): Uint8Array {
    return this.client.plaintext.slice(this.#taken)
  }

  #receive (bytes: Uint8Array): void {
    try {
      this.client.receive(new Uint8Array(bytes))
    } catch (error) {
      this.#end(error as Error)
      this.socket.destroy()
    }
    this.#change()
  }

  #end (reason: Error): void {
    this.ended ??= reason
    this.#change()
  }

  /** @param alsoAfterEnd is an end or an alert what is waited for? */
  async #until (condition: () => boolean, alsoAfterEnd: boolean = false): Promise<void> {
    while (!condition()) {
      if (!alsoAfterEnd && this.client.alerts.length > 0) throw new Error(`the server sent alert ${this.client.alerts[0]!.description}`)
      if (this.ended !== null) throw this.ended
      await new Promise<void>((resolve) => { this.#change = resolve })
    }
  }
}

/** @returns bytes of the first response in `data`, null while it is not whole or only the end will tell */
function responseLength (data: Uint8Array): number | null {
  const content = Buffer.from(data).toString('latin1')
  const head = content.indexOf('\r\n\r\n')
  if (head < 0) return null
  const body = head + 4
  if (/^HTTP\/1\.[01] (1\d\d|204|304)/.test(content)) return body
  const length = /\r\ncontent-length: *(\d+)/i.exec(content.slice(0, body))
  if (length !== null) return data.length >= body + Number(length[1]) ? body + Number(length[1]) : null
  if (!/\r\ntransfer-encoding: *chunked/i.test(content.slice(0, body))) return null
  const last = /(^|\r\n)0\r\n\r\n/.exec(content.slice(body))
  return last === null ? null : body + last.index + last[0].length
}
