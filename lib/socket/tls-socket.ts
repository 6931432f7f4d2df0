import type { X509Certificate } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { CipherNameAndProtocol, PeerCertificate } from 'node:tls'
import type { Answers } from '../core/closed-connection.ts'
import type { ClientAuthResult } from '../core/connection.ts'
import { RefusedError } from '../core/errors.ts'
import type { Reason } from '../core/errors.ts'
import { legacyCertificate, x509Certificate } from '../credentials/peer-certificate.ts'
import { refusedError } from '../errors.ts'
import type { ClientIdentity } from '../../types/credentials.ts'
import { connectionClosed } from './client-auth.ts'
import { ClosedTransport } from './closed-transport.ts'
import type { Connect, Link, Message, Sealer, TransportListener, WriteCallback } from './contracts.ts'
import { Transport } from './transport.ts'

export interface ClientCertificateRequest {
  /** End the connection when the client has none (`SSL_VERIFY_FAIL_IF_NO_PEER_CERT`). */
  readonly failIfNoCertificate: boolean
  /** End the connection when the certificate is not authorized. */
  readonly rejectUnauthorized: boolean
  /** Milliseconds to wait for the answer. */
  readonly timeout: number
}

/**
 * A TLS 1.3 connection over a TCP socket, server side, as the stream of its application data. It answers like a
 * `tls.TLSSocket`, so that what was written for node:https finds what it looks for.
 */
export class TlsSocket extends Duplex {
  /** Tells it from a plain socket, as in node:tls. */
  readonly encrypted: true
  /** The HTTP server that has it; http sets it. */
  server: unknown
  #link: Link
  #reportsErrors: boolean
  #handshake: Promise<void> | null

  /**
   * @param sealer for what is long
   * @param maxBufferedBody bytes to hold for the reader while a certificate request is outstanding
   */
  constructor (raw: Socket, connect: Connect, listener: TransportListener<TlsSocket>, sealer: Sealer, maxBufferedBody: number) {
    super({ allowHalfOpen: raw.allowHalfOpen, decodeStrings: false })
    this.encrypted = true
    this.server = null
    this.#reportsErrors = true
    this.#handshake = null
    this.#link = new Transport(raw, this, connect, listener, sealer, maxBufferedBody)
  }

  // The connection.

  /** The TLS connection; call `flush` after a call that makes it send. */
  get connection (): Answers { return this.#link.connection }

  flush (): void { this.#link.flush() }

  /** Keeps the facts of a connection that is over, and nothing else of it. */
  linkClosed (): void { this.#link = new ClosedTransport(this.#link) }

  /** For a reader that takes the end of the stream for what it is, and an error for more than it can bear. */
  muteErrors (): void { this.#reportsErrors = false }

  /**
   * Says which message is the last one that the client sends: when it is complete, the end of the connection does not wait
   * for the client's.
   */
  expectNothingBehind (message: Message): void { this.#link.expectNothingBehind(message) }

  /** Ends the connection with an alert of ours. */
  abort (reason: Reason, detail: string): void { this.#link.abort(reason, detail) }

  /**
   * Asks for the client's certificate after the handshake (RFC 8446 §4.6.2). Until it answers, what it sends is held
   * for the reader up to `maxBufferedBody` bytes, because the answer comes behind it.
   * @throws FST_TLS13_* (rejects): what the core refuses; CLIENT_CERTIFICATE_TIMEOUT, after which a late answer is still
   *   taken; BODY_TOO_LARGE, after which reading goes on at the reader's pace; CONNECTION_CLOSED
   */
  async requestClientCertificate (options: ClientCertificateRequest): Promise<ClientAuthResult> {
    refusable(() => this.connection.requestClientCertificate(options))
    return this.#link.awaitClientAuth(options.timeout)
  }

  /** Tickets that the next event brings. @throws FST_TLS13_* what the core refuses */
  get numTickets (): number { return this.connection.numTickets }
  set numTickets (value: number) { refusable(() => { this.connection.numTickets = value }) }

  /** @throws FST_TLS13_* what the core refuses */
  sendTickets (count: number): void {
    refusable(() => this.connection.sendTickets(count))
    this.flush()
  }

  /** @throws FST_TLS13_* what the core refuses */
  updateKeys (requestPeer: boolean): void {
    refusable(() => this.connection.updateKeys(requestPeer))
    this.flush()
  }

  /** Who the client is now. */
  get identity (): ClientIdentity | null { return this.connection.identity }

  /** Who the client was when it sent the bytes that were last handed to the reader. */
  get readerIdentity (): ClientIdentity | null { return this.#link.readerIdentity }

  /** Were the bytes that were last handed to the reader early data, which may be a replay? */
  get readsEarlyData (): boolean { return this.#link.readsEarlyData }

  /**
   * Waits for the client's Finished, after which nothing that came before is a replay.
   * @throws FST_TLS13_CONNECTION_CLOSED (rejects) where the handshake fails
   */
  handshakeComplete (): Promise<void> {
    this.#handshake ??= new Promise((resolve, reject) => {
      if (this.connection.connected) return resolve()
      if (this.closed) return reject(connectionClosed(null))
      this.once('secure', resolve)
      this.once('close', () => reject(connectionClosed(null)))
    })
    return this.#handshake
  }

  // As tls.TLSSocket has it.

  get authorized (): boolean { return this.identity?.authorized ?? false }
  get authorizationError (): string | null { return this.authorizationErrorOf(this.identity) }

  /** node:tls's word for a client that was asked for a certificate and has none; null for one that was not asked. */
  authorizationErrorOf (identity: ClientIdentity | null): string | null {
    if (identity !== null) return identity.authorizationError
    return this.connection.certificateRequested ? 'UNABLE_TO_GET_ISSUER_CERT' : null
  }

  get alpnProtocol (): string | false { return this.connection.alpnProtocol ?? false }
  get servername (): string | false { return this.connection.serverName ?? false }
  getProtocol (): 'TLSv1.3' | null { return this.connection.info !== null && !this.connection.failed ? 'TLSv1.3' : null }

  getCipher (): CipherNameAndProtocol | null {
    const { info } = this.connection
    return info === null ? null : { name: info.cipher, standardName: info.cipher, version: 'TLSv1.3' }
  }

  getPeerCertificate (detailed: boolean = false): PeerCertificate | Record<string, never> | null {
    if (this.destroyed) return null
    return legacyCertificate(this.identity?.chain ?? [], detailed) ?? {}
  }

  getPeerX509Certificate (): X509Certificate | undefined { return x509Certificate(this.identity?.chain ?? []) }
  getCertificate (): PeerCertificate | Record<string, never> | null { return this.destroyed ? null : legacyCertificate(this.#ownChain(), false) ?? {} }
  getX509Certificate (): X509Certificate | undefined { return x509Certificate(this.#ownChain()) }

  /** Known to clients only, says node:tls. */
  getEphemeralKeyInfo (): null { return null }
  /** Sessions are in tickets, which only the client has. */
  getSession (): undefined {}
  getTLSTicket (): undefined {}
  isSessionReused (): boolean { return this.connection.info?.resumed ?? false }

  /** @throws FST_TLS13_HANDSHAKE_IN_PROGRESS */
  exportKeyingMaterial (length: number, label: string, context: Uint8Array = noContext): Buffer {
    const material = refusable(() => this.connection.exportKeyingMaterial(length, label, context))
    return Buffer.from(material.buffer, material.byteOffset, material.byteLength)
  }

  /** The chain we presented: the one whose key made our signature; in a resumption nobody presented any. */
  #ownChain (): readonly Uint8Array[] {
    const credentials = this.connection.context?.credentials ?? []
    const scheme = this.connection.info?.signatureScheme ?? null
    const used = credentials.find(({ signer }) => scheme === null || signer.signatureSchemes.includes(scheme))
    return used?.chain ?? []
  }

  // As net.Socket has it.

  get remoteAddress (): string | undefined { return this.#link.raw.remoteAddress }
  get remotePort (): number | undefined { return this.#link.raw.remotePort }
  get remoteFamily (): string | undefined { return this.#link.raw.remoteFamily }
  get localAddress (): string | undefined { return this.#link.raw.localAddress }
  get localPort (): number | undefined { return this.#link.raw.localPort }
  get localFamily (): string | undefined { return this.#link.raw.localFamily }
  address (): AddressInfo | {} { return this.#link.raw.address() }
  /** Bytes of application data, as in node:tls. */
  get bytesRead (): number { return this.#link.bytesRead }
  get bytesWritten (): number { return this.#link.bytesWritten }
  get timeout (): number | undefined { return this.#link.raw.timeout }
  get connecting (): boolean { return false }
  get pending (): boolean { return false }

  get readyState (): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** @param milliseconds without traffic until 'timeout' is emitted; 0: never */
  setTimeout (milliseconds: number, listener?: () => void): this {
    this.#link.raw.setTimeout(milliseconds)
    if (listener !== undefined) {
      if (milliseconds === 0) this.removeListener('timeout', listener)
      else this.once('timeout', listener)
    }
    return this
  }

  setNoDelay (noDelay?: boolean): this { this.#link.raw.setNoDelay(noDelay); return this }
  setKeepAlive (enable?: boolean, initialDelay?: number): this { this.#link.raw.setKeepAlive(enable, initialDelay); return this }
  ref (): this { this.#link.raw.ref(); return this }
  unref (): this { this.#link.raw.unref(); return this }

  /** Destroys it when all that was written has left. */
  destroySoon (): void {
    this.#link.destroyedAtEnd()
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', this.destroy)
  }

  // As stream.Duplex asks for it.

  override _read (): void { this.#link.read() }

  override _write (chunk: Uint8Array | string, encoding: BufferEncoding, callback: WriteCallback): void {
    this.#write([{ chunk, encoding }], callback)
  }

  override _writev (chunks: readonly Chunk[], callback: WriteCallback): void { this.#write(chunks, callback) }

  override _final (callback: WriteCallback): void { this.#link.end(callback) }

  override _destroy (error: Error | null, callback: WriteCallback): void {
    this.#link.destroy(error, () => callback(this.#reportsErrors ? error : null))
  }

  /** http ends each response with an empty chunk, which must not become a record. */
  #write (chunks: readonly Chunk[], callback: WriteCallback): void {
    const filled: Uint8Array[] = []
    for (const { chunk, encoding } of chunks) if (chunk.length > 0) filled.push(bytesOf(chunk, encoding))
    if (filled.length === 0) callback()
    else this.#link.write(filled, callback)
  }
}

/** What was written to the stream. */
interface Chunk { readonly chunk: Uint8Array | string, readonly encoding: BufferEncoding }

function bytesOf (chunk: Uint8Array | string, encoding: BufferEncoding): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
}

/** @throws FST_TLS13_* for what the core refuses */
function refusable<T> (call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw error instanceof RefusedError ? refusedError(error) : error
  }
}

const noContext = new Uint8Array(0)
