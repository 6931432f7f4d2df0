import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import { ServerConnection } from '../core/connection.ts'
import { invalidOption } from '../errors.ts'
import type { Connect } from '../socket/contracts.ts'
import { TlsSocket } from '../socket/tls-socket.ts'
import type { Limit } from '../../types/observer.ts'
import type { ServerSettings } from './configuration.ts'
import { AddressTally } from './address-tally.ts'
import { Http2 } from './http2.ts'
import { noteLastRequests } from './last-requests.ts'
import { Roster } from './roster.ts'
import { Visitor, type Host } from './visitor.ts'

/**
 * Makes an https.Server serve by our TLS instead of OpenSSL's. Everything behind TLS stays Node's.
 * @param settings of this server, or shared by servers that are one to their clients
 * @throws {Error} when the server's own TLS cannot be told from other listeners: it stays as it was
 */
export function attach (server: Server, settings: ServerSettings): Gate {
  detachOpenSsl(server)
  const { configuration, contexts, ticketKeys, longWrites } = settings
  const http2 = configuration.alpnProtocols.includes('h2') ? new Http2(server) : null
  settings.stapling.add(server)
  noteLastRequests(server)
  if (configuration.earlyData !== null) settings.earlyRequests.attach(server)
  const gate = new Gate(server, settings, (socket) => {
    if (http2 !== null && socket.alpnProtocol === 'h2') http2.accept(socket)
    else server.emit('secureConnection', socket)
  })
  const { close } = server
  Object.assign(server, {
    close (callback?: (error?: Error) => void) {
      gate.close()
      http2?.close()
      ticketKeys.release(server)
      return close.call(server, callback)
    },
    setSecureContext: contexts.setDefault.bind(contexts),
    addContext: contexts.add.bind(contexts),
    setTicketKeys: ticketKeys.setSecret.bind(ticketKeys),
    getTicketKeys () {
      throw invalidOption('ticketKeys', 'cannot be read from a server, only set')
    }
  })
  server.on('connection', gate.open)
  server.on('listening', () => ticketKeys.use(server))
  server.on('close', () => longWrites.close())
  return gate
}

/** Takes connections whose handshake is complete. */
type Accept = (socket: TlsSocket) => void

/**
 * Stands in front of HTTP: a TCP connection comes in, and when its TLS handshake is complete a socket goes to HTTP.
 * Handshakes have their own time-out and their own cap, because until they are complete none of HTTP's limits holds.
 */
export class Gate implements Host {
  readonly #server: Server
  readonly #accept: Accept
  readonly #settings: ServerSettings
  readonly #connect: Connect
  readonly #handshakes: Roster<Visitor>
  readonly #handshakesFrom: AddressTally
  readonly #connections: Roster<Visitor>
  readonly #onTimeout: (socket: TlsSocket) => void

  /** @param server gets 'tlsClientError' (error, socket) for each handshake that fails, as from node:tls */
  constructor (server: Server, settings: ServerSettings, accept: Accept) {
    const connect: Connect = (sink) => new ServerConnection(settings.configuration, sink)
    const onTimeout = (socket: TlsSocket): void => socket.abort('HANDSHAKE_TIMEOUT', `the handshake took longer than ${settings.handshakeTimeout} ms`)
    this.#server = server
    this.#accept = accept
    this.#settings = settings
    this.#connect = connect
    this.#handshakes = new Roster()
    this.#handshakesFrom = new AddressTally(this.#handshakes, settings.maxPendingHandshakesPerAddress)
    this.#connections = new Roster()
    this.#onTimeout = onTimeout
  }

  get handshakesInProgress (): number { return this.#handshakes.size }
  /** Connections open after their handshake. */
  get connections (): number { return this.#connections.size }

  /** Begins the handshake on a TCP connection, which is the gate's from now on. */
  readonly open = (raw: Socket): void => {
    const { handshakeTimeout, maxPendingHandshakes, longWrites, maxBufferedBody } = this.#settings
    if (this.#handshakes.size >= maxPendingHandshakes) return this.#refuse(raw, 'handshakes')
    if (this.#handshakesFrom.isFull(() => raw.remoteAddress ?? '')) return this.#refuse(raw, 'handshakes_per_address')
    const visitor = new Visitor(this)
    const socket = visitor.socket = new TlsSocket(raw, this.#connect, visitor, longWrites, maxBufferedBody)
    socket.server = this.#server
    visitor.timer = setTimeout(this.#onTimeout, handshakeTimeout, socket).unref()
    this.#handshakes.add(visitor)
    this.#handshakesFrom.came(visitor)
  }

  /**
   * Ends what is of no use to a server that closes: handshakes in progress that HTTP has nothing of, and connections on
   * which the client has not said anything, which HTTP does not count among the idle ones and would wait for.
   */
  close (): void {
    for (const { socket, accepted } of this.#handshakes) if (!accepted) socket.destroy()
    for (const { socket } of this.#connections) if (socket.bytesRead === 0) socket.destroy()
  }

  /** The handshake stays one that is in progress, with its time-out and in its cap, until the client's Finished. */
  onEarlyData (visitor: Visitor): void {
    if (visitor.roster !== this.#handshakes || !this.#settings.earlyRequests.judged) return
    visitor.accepted = true
    this.#accept(visitor.socket)
  }

  onSecure (visitor: Visitor): void {
    const { socket, accepted } = visitor
    this.#handshakeOver(visitor)
    this.#connections.add(visitor)
    socket.emit('secure')
    if (!accepted && !socket.destroyed) this.#accept(socket)
  }

  /**
   * node:https makes this a 'clientError', whose listeners write an HTTP error to the socket and destroy it. Here it is
   * destroyed already: nothing but the alert is seen on the wire.
   */
  onHandshakeFailed (visitor: Visitor, error: Error): void {
    this.#handshakeOver(visitor)
    this.#server.emit('tlsClientError', error, visitor.socket)
  }

  onClosed (visitor: Visitor): void {
    this.#handshakeOver(visitor)
    this.#connections.delete(visitor)
  }

  #handshakeOver (visitor: Visitor): void {
    if (!this.#handshakes.delete(visitor)) return
    this.#handshakesFrom.left(visitor)
    if (visitor.timer !== null) clearTimeout(visitor.timer)
    visitor.timer = null
  }

  /** An answer would cost what the cap saves. */
  #refuse (raw: Socket, limit: Limit): void {
    const { observer } = this.#settings.configuration
    raw.destroy()
    observer.handshakeStarted?.()
    observer.handshakeFailed?.('abort', 'overload')
    observer.limitReached?.(limit)
  }
}

/**
 * tls.Server's own listener gives each connection to OpenSSL. It has no name that is documented; where it cannot be
 * recognised, and cannot be the only listener either, nothing is done: without a key OpenSSL refuses every client.
 */
function detachOpenSsl (server: Server): void {
  const listeners = server.listeners('connection') as Array<(raw: Socket) => void>
  const own = listeners.filter(({ name }) => name === 'tlsConnectionListener')
  const [listener] = own.length > 0 ? own : listeners
  if (listener === undefined || (own.length !== 1 && listeners.length !== 1)) {
    throw new Error("the server's own TLS cannot be told from other 'connection' listeners: register fastify-tls13 before adding any")
  }
  server.removeListener('connection', listener)
}
