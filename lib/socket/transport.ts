import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ClientAuthResult, ConnectionSink } from '../core/connection.ts'
import type { Reason, TlsError } from '../core/errors.ts'
import type { ClientIdentity } from '../../types/credentials.ts'
import { ClientAuth, connectionClosed } from './client-auth.ts'
import type { Connect, Connection, Link, Message, Sealer, TransportListener, WriteCallback } from './contracts.ts'
import { linger } from './linger.ts'
import { Outbound } from './outbound.ts'
import { disown, own } from './tcp-events.ts'
import type { TcpOwner } from './tcp-events.ts'
import { connectionLeft, connectionStays, handshakeAtEnd, othersTurn, writeAtEnd } from './turn.ts'

/**
 * Moves bytes between a TCP socket, a TLS connection and the stream that HTTP reads and writes. It is the one that
 * decides when the TCP socket is read.
 *
 * The connection reports between two pieces of work, so a reader may write, ask or destroy while it is handed data.
 */
export class Transport<Stream extends Linked> implements Link, ConnectionSink, TcpOwner {
  readonly raw: Socket
  readonly connection: Connection
  readonly #stream: Stream
  readonly #listener: TransportListener<Stream>
  readonly #maxBufferedBody: number
  readonly #clientAuth: ClientAuth
  readonly #outbound: Outbound

  /** Is the handshake complete, did the stream get its end, is TCP closed, and why did the connection fail? */
  #secure: boolean
  #ended: boolean
  #gone: boolean
  #failure: TlsError | null

  /** Has the client asked again after an answer? */
  #stays: boolean

  /** What came for the handshake and waits for the end of the turn. */
  #held: Uint8Array | null

  /** Is there an end behind what the connection waits for? */
  #endWaits: boolean

  /** Why the TCP socket is not read, if it is not. */
  #waiting: boolean
  #queued: boolean
  #crowded: boolean
  #replying: boolean
  #full: boolean
  #paused: boolean

  /** Does what was written leave at the end of the turn? */
  #putOff: boolean

  /** Callback of the stream: all is closed. */
  #closed: (() => void) | null

  /** An end that waits for the handshake to be complete. */
  #postponedEnd: WriteCallback | null

  /** The last message of the peer's, if the reader knows it to be the last. */
  #lastMessage: Message | null

  /** Is the stream destroyed as soon as it has ended? */
  #destroyedAtEnd: boolean

  /** Bytes that were given to the stream, those of them that were early data, and bytes that came from it. */
  #received: number
  #early: number
  #sent: number

  constructor (raw: Socket, stream: Stream, connect: Connect, listener: TransportListener<Stream>, sealer: Sealer, maxBufferedBody: number) {
    this.raw = raw
    this.#stream = stream
    this.#listener = listener
    this.#maxBufferedBody = maxBufferedBody
    this.#clientAuth = new ClientAuth()
    this.#secure = this.#ended = this.#gone = this.#stays = this.#endWaits = false
    this.#failure = this.#held = null
    this.#waiting = this.#queued = this.#crowded = this.#replying = this.#full = this.#paused = false
    this.#closed = this.#postponedEnd = this.#lastMessage = null
    this.#received = this.#early = this.#sent = 0
    this.#putOff = this.#destroyedAtEnd = false
    this.connection = connect(this)
    this.#outbound = new Outbound(raw, this.connection, sealer)
    raw.allowHalfOpen = true // whether the server keeps half of it is the stream's to say
    raw.setNoDelay(true)
    own(raw, this)
  }

  get bytesRead (): number { return this.#received }
  get bytesWritten (): number { return this.#sent }

  get readerIdentity (): ClientIdentity | null {
    return this.#clientAuth.identityAt(this.#received - this.#stream.readableLength)
  }

  get readsEarlyData (): boolean {
    return this.#early > 0 && this.#received - this.#stream.readableLength <= this.#early
  }

  // What the connection reports.

  /** Tickets leave at the end of the turn: with the answer, when a request came together with the client's Finished. */
  onConnected (): void {
    this.#secure = true
    this.#putOffWriting()
    this.#clientAuth.begin(this.connection.identity)
    this.#listener.onSecure(this.#stream)
    if (this.#postponedEnd !== null) this.end(this.#postponedEnd)
  }

  othersTurn (): Promise<void> | null { return othersTurn() }

  onPlaintext (data: Uint8Array): void {
    if (this.#stream.destroyed) return
    const isFirst = this.#received === 0
    this.#received += data.length
    if (!this.#secure) this.#early = this.#received
    if (!this.#stream.push(data)) this.#full = true
    if (isFirst && !this.#secure) this.#listener.onEarlyData(this.#stream)
  }

  onClientAuth (result: ClientAuthResult): void {
    this.#clientAuth.answered(result, this.#received)
  }

  /** Not at once: the answer to what came in the same segment would come after the end, and be lost to HTTP. */
  onPeerClosed (): void {
    setImmediate(() => this.#endReading())
  }

  onFailed (error: TlsError): void {
    this.#failure = error
    this.flush()
    this.#failed(error)
  }

  // What the TCP socket reports.

  received (chunk: Uint8Array): void {
    if (!this.#secure || this.#held !== null) return this.#hold(chunk)
    if (this.#sent > 0) this.#stay()
    this.#receive(chunk)
  }

  /**
   * Without close_notify before it this is a truncation, which node:tls, too, gives its reader as an end. It waits for a
   * verdict on what came before it, unless the client has heard nothing yet and can have no more than a ClientHello behind it.
   */
  receivedEnd (): void {
    if (this.#waiting && this.raw.bytesWritten > 0) this.#endWaits = true
    else if (this.goOn()) this.#receiveEndLater()
    else if (this.#secure) this.#endReading()
    else this.#failed(connectionReset())
  }

  receivedError (error: Error): void {
    this.goOn()
    this.#failed(error)
  }

  drained (): void {
    this.#replying = false
    this.#regulate()
    this.#outbound.drained()
  }

  timedOut (): void {
    this.#stream.emit('timeout')
  }

  closed (): void {
    this.#gone = true
    if (this.#stays) connectionLeft()
    this.connection.disconnected()
    this.#outbound.discard()
    disown(this.raw)
    // A TCP socket that ended both ways closes by itself, possibly before the stream was read to its end.
    if (this.#stream.destroyed) this.#over(this.#closed)
    else if (!this.#ended || !this.raw.writableFinished) this.#stream.destroy()
    this.#listener.onClosed(this.#stream)
  }

  // What the stream asks.

  read (): void {
    this.#full = false
    this.#regulate()
  }

  /**
   * What is short leaves at the end of the event loop's turn.
   * @param written called when more may be written
   */
  write (chunks: readonly Uint8Array[], written: WriteCallback): void {
    let length = 0
    for (const chunk of chunks) length += chunk.length
    if (!this.#outbound.write(chunks, length, written)) return
    this.#sent += length
    if (length > longestPutOff) this.#outbound.writeOut()
    else this.#putOffWriting()
  }

  /**
   * Writes what `write` has put off, if nothing else took it along. Whoever waits to write more, or to end, does so first,
   * so that all leaves together.
   */
  writeOut (): void {
    this.#putOff = false
    this.#outbound.drained()
    this.flush()
  }

  /**
   * Says close_notify, then FIN (RFC 8446 §6.1); reading goes on. After an answer to early data it waits for the client's
   * Finished, so that the handshake is what it was and the client has its tickets.
   */
  end (finished: WriteCallback): void {
    if (this.#early > 0 && !this.#secure) {
      this.#postponedEnd = finished
      return
    }
    this.connection.close()
    this.flush()
    if (this.#destroyedAtEnd && this.#nothingBehind()) this.#outbound.leaveEnd(finished)
    else this.#outbound.end(finished)
  }

  /** The stream's end is followed by its destruction, whose end of the TCP connection is then enough. */
  destroyedAtEnd (): void { this.#destroyedAtEnd = true }

  /** When all of it has come the peer owes nothing, and the end of the connection does not wait for the peer's. */
  expectNothingBehind (message: Message): void { this.#lastMessage = message }

  /**
   * Ends the TCP connection without close_notify, so that a response cut short is known to be cut short. An alert or
   * an end that was written still gets its time, for which the stream does not wait.
   */
  destroy (error: Error | null, closed: () => void): void {
    this.flush()
    this.#clientAuth.connectionClosed(error)
    const lastWords = !this.#gone && this.#lastWords(error)
    this.#outbound.stop(() => error ?? connectionClosed(null))
    if (lastWords) this.#outbound.afterwards(() => linger(this.raw, this))
    else this.#outbound.discard()
    if (this.#gone) return this.#over(closed)
    if (lastWords) return closed()
    this.#closed = closed
    this.raw.destroy()
  }

  // What the end of the turn asks.

  /** With the handshake. */
  goOn (): boolean {
    const held = this.#held
    if (held === null) return false
    this.#held = null
    this.#crowded = false
    this.#receive(held)
    return true
  }

  // What the server asks.

  /** Ends the connection with an alert of ours. */
  abort (reason: Reason, detail: string): void {
    this.connection.abort(reason, detail)
    this.#act()
  }

  /** Sends what a call of the connection left to be sent. */
  flush (): boolean { return this.#outbound.flush() }

  /** Sends the certificate request that the connection holds, and reads until it is answered. */
  awaitClientAuth (timeout: number): Promise<ClientAuthResult> {
    this.flush()
    const answer = this.#clientAuth.await(timeout, () => {
      this.connection.clientAuthTimedOut()
      this.#regulate()
    })
    this.#regulate()
    return answer
  }

  // What came in.

  #stay (): void {
    if (this.#stays) return
    this.#stays = true
    connectionStays()
  }

  #receive (chunk: Uint8Array): void {
    this.#queued = this.#waiting
    try {
      this.connection.receive(chunk)
    } finally { // whatever a reader threw
      this.#act()
    }
  }

  /** Behind the answer to what came before it, as in `onPeerClosed`. */
  #receiveEndLater (): void {
    setImmediate(() => this.receivedEnd())
  }

  /** To the end of the turn, as all that belongs to a handshake: established connections come first. */
  #hold (chunk: Uint8Array): void {
    if (this.#held === null) {
      this.#held = Buffer.from(chunk)
      handshakeAtEnd(this)
    } else {
      this.#held = Buffer.concat([this.#held, chunk])
      this.#crowded = true
      this.#regulate()
    }
  }

  // What follows whenever the connection was given something.

  #act (): void {
    if (!this.#putOff && this.flush()) this.#replying = this.#outbound.full
    this.#wait()
    this.#regulate()
  }

  /** To the end of the turn. */
  #putOffWriting (): void {
    if (this.#putOff) return
    this.#putOff = true
    writeAtEnd(this)
  }

  /** Was something written last that a peer still sending would lose to the RST of a socket closed with unread input? */
  #lastWords (error: Error | null): boolean {
    if (this.#failure !== null) return this.#failure.origin === 'local' && this.raw.writable
    if (this.#nothingBehind()) return false
    return error === null && this.raw.writableFinished && !this.#ended && !this.raw.readableEnded
  }

  /** Has the peer sent its last message? */
  #nothingBehind (): boolean { return this.#lastMessage !== null && this.#lastMessage.complete }

  #endReading (): void {
    if (this.#ended || this.#stream.destroyed) return
    this.#ended = true
    this.#clientAuth.connectionClosed(null)
    this.#stream.push(null)
  }

  /** The stream is destroyed, and TCP closed. */
  #over (closed: (() => void) | null): void {
    closed?.()
    this.#stream.linkClosed()
  }

  /** Before the handshake is complete nobody listens to the stream, so the error is the listener's. */
  #failed (error: Error): void {
    if (this.#stream.destroyed) return
    if (this.#secure) {
      this.#stream.destroy(error)
    } else {
      this.#stream.destroy()
      this.#listener.onHandshakeFailed(this.#stream, error)
    }
  }

  #wait (): void {
    const { waiting } = this.connection
    if (waiting === null || this.#waiting) return
    this.#waiting = true
    waiting.then((value) => this.connection.resume(value), (error) => this.connection.reject(error)).then(() => {
      this.#waiting = this.#queued = false
      this.#act()
      if (!this.#endWaits) return
      this.#endWaits = false
      this.#receiveEndLater()
    })
  }

  /**
   * Not read: while an answer of ours is outstanding and more has come since; while a peer that makes us reply (KeyUpdate) does not read the
   * replies, which would pile up; while the reader has enough, unless the client's certificate is behind it, or its Finished
   * behind early data, of which there is only so much.
   */
  #regulate (): void {
    if (this.#stream.destroyed) return
    if (this.#clientAuth.awaited && this.#stream.readableLength > this.#maxBufferedBody) {
      this.connection.limitReached('buffered_body')
      this.#clientAuth.bodyTooLarge(this.#maxBufferedBody)
    }
    const pause = this.#queued || this.#crowded || this.#replying || (this.#full && this.#secure && !this.#clientAuth.awaited)
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) this.raw.pause()
    else this.raw.resume()
  }
}

/** A stream with something behind it. */
export interface Linked extends Duplex {
  /** TCP is closed, and the stream destroyed. */
  linkClosed (): void
}

/** Bytes; what is longer keeps the peer busy by itself. */
const longestPutOff = 16_384

/** As node:tls reports a peer that leaves during the handshake. */
function connectionReset (): Error {
  return Object.assign(new Error('the client closed the connection during the handshake'), { code: 'ECONNRESET' })
}
