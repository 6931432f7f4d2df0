import type { Socket } from 'node:net'
import type { Answers } from '../core/closed-connection.ts'
import type { ClientAuthResult, ConnectionSink, ServerConnection } from '../core/connection.ts'
import type { Reason } from '../core/errors.ts'
import type { RecordRun } from '../core/record/record-run.ts'
import type { ClientIdentity } from '../../types/credentials.ts'

/** What the transport needs of the core: its public face. */
export type Connection = Pick<ServerConnection, keyof ServerConnection>

/** Makes the connection of a socket around the sink it will report to. */
export type Connect = (sink: ConnectionSink) => Connection

/** What is behind a stream: a transport, or what is left of one. */
export interface Link {
  readonly raw: Socket
  readonly connection: Answers

  /** Bytes of application data. */
  readonly bytesRead: number
  readonly bytesWritten: number

  /** The identity under which the bytes arrived that were last handed to the reader, and were they early data? */
  readonly readerIdentity: ClientIdentity | null
  readonly readsEarlyData: boolean

  /** What a stream is asked for. @param written called when more may be written */
  read (): void
  write (chunks: readonly Uint8Array[], written: WriteCallback): void
  end (finished: WriteCallback): void
  destroy (error: Error | null, closed: () => void): void

  /** The stream's end is followed by its destruction. */
  destroyedAtEnd (): void

  /** Behind this message of the peer's nothing comes. */
  expectNothingBehind (message: Message): void

  /** Sends what a call of the connection left to be sent. */
  flush (): void

  /** Ends the connection with an alert of ours. */
  abort (reason: Reason, detail: string): void

  /** @param timeout milliseconds to wait for the answer to a certificate request */
  awaitClientAuth (timeout: number): Promise<ClientAuthResult>
}

/** What a reader reads, as http's IncomingMessage. */
export interface Message {
  readonly complete: boolean
}

export type WriteCallback = (error?: Error | null) => void

/** Who is told how a connection fares before anybody reads from it, and that it is gone. */
export interface TransportListener<Stream> {
  /** Early data came, the first of it is in the stream: it may be answered, and it may be a replay. The handshake goes on. */
  onEarlyData (stream: Stream): void
  /** The handshake is complete; from here on errors are the stream's. */
  onSecure (stream: Stream): void
  /** The handshake failed: the stream is destroyed, the alert is on its way. */
  onHandshakeFailed (stream: Stream, error: Error): void
  /** The TCP connection is closed. */
  onClosed (stream: Stream): void
}

/** Records on their way out, by another thread. */
export interface Sealing {
  /** What is sealed of them and still to be written: nothing, where another thread has written all. Null while it has them. */
  readonly unwritten: Uint8Array | null
  /** May another thread write to the descriptor until it is done? It must be left alone meanwhile, and left open. */
  readonly usesDescriptor: boolean
  /** The records were written, or will not be: their memory may be used again. */
  release (): void
}

/** Has threads that seal long writes. */
export interface Sealer {
  /** @returns null: the event loop is sooner done with so much */
  threadFor (length: number): SealingThread | null
}

export interface SealingThread {
  /**
   * @param run the records, whose keys are the thread's to wipe
   * @param chunks their content, which stays as it is until `unwritten` is not null
   * @param descriptor of the TCP socket, if these records may be written to it now; otherwise -1
   * @param done called when it has done its part, or has ended; with an error when nobody knows what it has written
   */
  seal (run: RecordRun, chunks: readonly Uint8Array[], descriptor: number, done: (error: Error | null) => void): Sealing
}
