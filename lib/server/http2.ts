import { createServer, Http2ServerRequest } from 'node:http2'
import type { Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:https'
import type { ReadableOptions } from 'node:stream'
import type { TlsSocket } from '../socket/tls-socket.ts'

/**
 * HTTP/2 for the connections that chose it by ALPN (RFC 9113 §3.2): an HTTP/2 server that never listens and gives its
 * requests to the listeners of the one that does.
 */
export class Http2 {
  readonly #server: Http2Server
  readonly #sessions: Set<Http2Session>
  #accepting: TlsSocket | null

  /** @param server gets the requests, in the shape of node:http2's compatibility API */
  constructor (server: Server) {
    this.#sessions = new Set()
    this.#accepting = null
    this.#server = createServer({ Http2ServerRequest: Request })
    this.#server.on('request', (request, response) => server.emit('request', request, response))
    this.#server.on('session', (session) => {
      if (this.#accepting !== null) sockets.set(session, this.#accepting)
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      session.setTimeout(sessionTimeout, () => session.close())
    })
  }

  accept (socket: TlsSocket): void {
    // node:http2 wraps a stream that is no net.Socket; one that fails under a pending write makes it throw where nobody
    // catches (ERR_INTERNAL_ASSERTION). The session ends with the stream all the same.
    socket.muteErrors()
    this.#accepting = socket
    this.#server.emit('connection', socket)
    this.#accepting = null
  }

  /** Sends GOAWAY: streams in progress are finished, no new ones begin (RFC 9113 §6.8). */
  close (): void {
    for (const session of this.#sessions) session.close()
  }
}

/**
 * http2 wraps a stream that is no net.Socket and shows the wrapping as `request.socket`, which knows neither the
 * client's address nor that it is encrypted. This shows the socket.
 */
class Request extends Http2ServerRequest {
  readonly #socket: TlsSocket | undefined

  constructor (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: ReadableOptions, rawHeaders: readonly string[]) {
    super(stream, headers, options, rawHeaders)
    this.#socket = stream.session === undefined ? undefined : sockets.get(stream.session)
  }

  // Accessors by description: TypeScript takes those of the base class for fields, which none may override.
  static {
    const socket: PropertyDescriptor & ThisType<Request> = { configurable: true, get () { return this.#socket } }
    Object.defineProperties(this.prototype, { socket, connection: socket })
  }
}

const sockets = new WeakMap<Http2Session, TlsSocket>()

/** Milliseconds of silence after which a session is closed, as Fastify's own `http2SessionTimeout`. */
const sessionTimeout = 72_000
