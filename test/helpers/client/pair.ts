/** A ServerConnection and a TestClient joined in memory, synchronously. */
import type { ServerConnection } from '../../../lib/core/connection.ts'
import type { AnswerOptions } from './answer.ts'
import type { TestClient } from './client.ts'
import type { Hello } from './hello.ts'

export function pair (connection: ServerConnection, client: TestClient): Pair {
  return new Pair(connection, client)
}

export class Pair {
  readonly connection: ServerConnection
  readonly client: TestClient
  /** Every byte the server wrote. */
  readonly wire: Uint8Array[]

  constructor (connection: ServerConnection, client: TestClient) {
    this.connection = connection
    this.client = client
    this.wire = []
  }

  /** Lends bytes to the server as a socket does, in memory that is written to again, and gives what it answers to the client. */
  deliver (...pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      const lent = Buffer.from(piece)
      try {
        this.connection.receive(lent)
      } finally {
        lent.fill(0xff)
      }
      this.flush()
    }
  }

  /** Gives what the server has to say to the client. */
  flush (): void {
    const output = this.connection.takeOutput()
    if (output === null) return
    this.wire.push(output.slice())
    this.client.receive(output.slice())
  }

  /** Waits for whatever the server waits for, again and again until it waits no more. */
  async settle (): Promise<void> {
    for (let waiting = this.connection.waiting; waiting !== null; waiting = this.connection.waiting) {
      await waiting.then(
        (value) => { this.connection.resume(value) },
        (error: unknown) => { this.connection.reject(error) })
      this.flush()
    }
  }

  /** ClientHello, a second one when asked, and the second flight. */
  handshake (answer: AnswerOptions = {}, hello: Partial<Hello> = {}): this {
    this.deliver(this.client.clientHello(hello))
    if (this.client.incoming.helloRetryRequest !== null) this.deliver(this.client.secondClientHello())
    if (this.connection.waiting !== null) throw new Error('the server waits: use handshakeAsync')
    if (!this.connection.failed) this.deliver(this.client.flight2(answer))
    return this
  }

  /** The same where the server may wait. */
  async handshakeAsync (answer: AnswerOptions = {}, hello: Partial<Hello> = {}): Promise<this> {
    this.deliver(this.client.clientHello(hello))
    await this.settle()
    if (this.client.incoming.helloRetryRequest !== null) this.deliver(this.client.secondClientHello())
    await this.settle()
    if (!this.connection.failed) this.deliver(this.client.flight2(answer))
    await this.settle()
    return this
  }
}
