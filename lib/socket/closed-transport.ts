import type { Socket } from 'node:net'
import { ClosedConnection } from '../core/closed-connection.ts'
import type { Answers } from '../core/closed-connection.ts'
import type { ClientIdentity } from '../../types/credentials.ts'
import { connectionClosed } from './client-auth.ts'
import type { Link, WriteCallback } from './contracts.ts'

/**
 * What is left of a transport when TCP is closed and the stream destroyed. Node makes its streams so that V8 keeps them until
 * all of its heap is collected, and an application may keep them for longer; what they do not hold any more is collected young.
 */
export class ClosedTransport implements Link {
  readonly raw: Socket
  readonly connection: Answers
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly readerIdentity: ClientIdentity | null
  readonly readsEarlyData: boolean

  constructor (transport: Link) {
    this.raw = transport.raw
    this.connection = new ClosedConnection(transport.connection)
    this.bytesRead = transport.bytesRead
    this.bytesWritten = transport.bytesWritten
    this.readerIdentity = transport.readerIdentity
    this.readsEarlyData = transport.readsEarlyData
  }

  awaitClientAuth (): Promise<never> { return Promise.reject(connectionClosed(null)) }
  write (_: readonly Uint8Array[], written: WriteCallback): void { written(connectionClosed(null)) }
  end (finished: WriteCallback): void { finished(connectionClosed(null)) }
  destroy (_: Error | null, closed: () => void): void { closed() }
  read (): void {}
  flush (): void {}
  abort (): void {}
  expectNothingBehind (): void {}
  destroyedAtEnd (): void {}
}
