/** `request.tls`: the connection as one request sees it. */
import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { FastifyRequest } from 'fastify'
import { x509Certificate } from '../credentials/peer-certificate.ts'
import { FST_TLS13_CLIENT_CERTIFICATE_REQUIRED } from '../errors.ts'
import type { ServerSettings } from '../server/configuration.ts'
import { TlsSocket } from '../socket/tls-socket.ts'
import type { ClientIdentity } from '../../types/credentials.ts'
import type { ClientCertificateOptions, RequestTls } from '../../types/fastify.ts'
import { clientCertificateOptions, numTickets, ticketCount } from './checks.ts'
import { NoTls } from './no-tls.ts'

/** The getter behind `request.tls`: made when a handler first looks, one for each HTTP message. */
export function requestTls (settings: ServerSettings): (this: FastifyRequest) => RequestTls {
  return function () {
    const message = this.raw as Noted
    message[tlsOf] ??= message.socket instanceof TlsSocket
      ? new ConnectionTls(message.socket, message[noteOf] ?? new Note(message.socket), settings)
      : new NoTls()
    return message[tlsOf]
  }
}

/**
 * Notes at the moment a request is read who the client was when it sent it, and whether that was early data: a certificate
 * that comes later, because another request on the connection asked for it, is not this request's. (An upgrade needs no
 * note, since nothing is read after it.)
 */
export function noteRequests (server: Server): void {
  server.prependListener('request', (message: Noted) => {
    if (message.socket instanceof TlsSocket) message[noteOf] = new Note(message.socket)
  })
}

/**
 * Is this request for another host than its connection was made for? The name of the connection decided whom we trust; one
 * without a name was decided by the default context, which may not be the host's.
 */
export function isForAnotherHost ({ tls }: FastifyRequest, host: string): boolean {
  return tls instanceof ConnectionTls && tls.isForAnother(host)
}

class ConnectionTls implements RequestTls {
  readonly #socket: TlsSocket
  readonly #settings: ServerSettings
  readonly #earlyData: boolean
  #identity: ClientIdentity | null

  constructor (socket: TlsSocket, { identity, earlyData }: Note, settings: ServerSettings) {
    this.#socket = socket
    this.#settings = settings
    this.#earlyData = earlyData
    this.#identity = identity
  }

  /** @param host in lower case, without a port */
  isForAnother (host: string): boolean {
    return this.servername === null ? this.#settings.contexts.isSeparate(host) : this.servername !== host
  }

  get numTickets (): number { return this.#socket.numTickets }
  set numTickets (value: number) { this.#socket.numTickets = numTickets('numTickets', value) }
  get ticketsSent (): number { return this.#socket.connection.ticketsSent }
  get resumed (): boolean { return this.#socket.isSessionReused() }
  get earlyData (): boolean { return this.#earlyData }
  get protocol (): 'TLSv1.3' | null { return this.#socket.getProtocol() }
  get cipher (): string | null { return this.#socket.connection.info?.cipher ?? null }
  get group (): string | null { return this.#socket.connection.info?.group ?? null }
  get servername (): string | null { return this.#socket.connection.serverName }
  get alpnProtocol (): string | null { return this.#socket.connection.alpnProtocol }
  get authorized (): boolean { return this.#identity?.authorized ?? false }
  get authorizationError (): string | null { return this.#socket.authorizationErrorOf(this.#identity) }
  get postHandshakeAuth (): boolean { return this.#socket.connection.postHandshakeAuth }

  get peerCertificate (): X509Certificate | null {
    if (this.#identity === null) return null
    return x509Certificate(this.#identity.chain) ?? null
  }

  async requestClientCertificate (options: ClientCertificateOptions = {}): Promise<X509Certificate | null> {
    const { required = false, rejectUnauthorized, timeout, numTickets = this.numTickets } = clientCertificateOptions('options', options)
    this.numTickets = numTickets
    const { identity } = await this.#socket.requestClientCertificate({
      failIfNoCertificate: required === 'fatal',
      rejectUnauthorized: rejectUnauthorized ?? this.#settings.configuration.rejectUnauthorized,
      timeout: timeout ?? this.#settings.clientCertificateTimeout
    })
    this.#identity = identity
    if (required !== false && identity === null) throw FST_TLS13_CLIENT_CERTIFICATE_REQUIRED()
    return this.peerCertificate
  }

  sendTickets (count: number = 1): void {
    this.#socket.sendTickets(ticketCount('count', count))
  }

  updateKeys ({ requestPeer = false }: { requestPeer?: boolean } = {}): void {
    this.#socket.updateKeys(requestPeer)
  }

  exportKeyingMaterial (length: number, label: string, context?: Uint8Array): Buffer {
    return this.#socket.exportKeyingMaterial(length, label, context)
  }
}

const tlsOf = Symbol('fastify-tls13.tls')
const noteOf = Symbol('fastify-tls13.note')

/** How the request came that was read last. */
class Note {
  readonly identity: ClientIdentity | null
  readonly earlyData: boolean

  constructor ({ readerIdentity, readsEarlyData }: TlsSocket) {
    this.identity = readerIdentity
    this.earlyData = readsEarlyData
  }
}

type Noted = IncomingMessage & { [tlsOf]?: RequestTls, [noteOf]?: Note }
