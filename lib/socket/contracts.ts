import type { ConnectionSink, ServerConnection } from '../core/connection.ts'
import type { RecordRun } from '../core/record/record-run.ts'

/** What the transport needs of the core: its public face. */
export type Connection = Pick<ServerConnection, keyof ServerConnection>

/** Makes the connection of a socket around the sink it will report to. */
export type Connect = (sink: ConnectionSink) => Connection

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

/** Records on their way out, sealed or being sealed by another thread. */
export interface Sealing {
  /** Null until they are. */
  readonly sealed: Uint8Array | null
  /** Seals them here and now, whoever else was to do it. */
  sealNow (): Uint8Array
  /** The records were written, or will not be: their memory may be used again. */
  release (): void
}

/** Seals long writes. */
export interface Sealer {
  /**
   * @param run the records, whose keys are the sealer's to wipe
   * @param chunks their content, which stays as it is until `sealed` is not null
   * @param done called when they are sealed, if they are not when this returns
   */
  seal (run: RecordRun, chunks: readonly Uint8Array[], done: () => void): Sealing
}
