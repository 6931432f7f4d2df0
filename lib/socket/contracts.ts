import type { ConnectionSink, ServerConnection } from '../core/connection.ts'

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
