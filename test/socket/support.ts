import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { ServerConnection } from '../../lib/core/connection.ts'
import { LongWrites } from '../../lib/sealing/long-writes.ts'
import type { Sealer } from '../../lib/socket/contracts.ts'
import { TlsSocket } from '../../lib/socket/tls-socket.ts'
import { connect } from '../helpers/client/index.ts'
import type { ClientConnection, ClientOptions, TestClient } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'
import type { ServerOptions, TestServer } from '../helpers/server.ts'
import type { Test } from 'tap'

/** What a TlsSocket's listener was told, in order. */
export interface Told { early: number, secure: number, closed: number, failures: Error[] }

export interface Served {
  readonly test: TestServer
  readonly told: Told
  /** A client and the server's socket for it, after the handshake. */
  pair (client?: ClientOptions | TestClient): Promise<{ client: ClientConnection, socket: TlsSocket, raw: Socket }>
  /** A client that has said nothing yet, and what the server has for it. */
  dial (client?: ClientOptions | TestClient): Promise<{ client: ClientConnection, socket: TlsSocket, raw: Socket }>
}

/** A TCP server whose every connection becomes a TlsSocket. */
export async function serve (t: Test, options: ServerOptions = {}, maxBufferedBody: number = 2 ** 16, sealer: Sealer = new LongWrites(0, { crypto: 'node' })): Promise<Served> {
  const test = createServer(options)
  const told: Told = { early: 0, secure: 0, closed: 0, failures: [] }
  const accepted: Array<{ socket: TlsSocket, raw: Socket }> = []
  const server = createTcpServer((raw) => {
    const socket = new TlsSocket(raw, (sink) => new ServerConnection(test.configuration, sink), {
      onEarlyData (socket) {
        told.early++
        socket.emit('early')
      },
      onSecure (socket) {
        told.secure++
        socket.emit('secure')
      },
      onHandshakeFailed (socket, error) {
        told.failures.push(error)
        socket.emit('failed')
      },
      onClosed () { told.closed++ }
    }, sealer, maxBufferedBody)
    sockets.push(socket)
    accepted.push({ socket, raw })
    server.emit('accepted')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clients: ClientConnection[] = []
  const sockets: TlsSocket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    for (const client of clients) client.destroy()
    server.close()
  })

  async function dial (options?: ClientOptions | TestClient): Promise<{ client: ClientConnection, socket: TlsSocket, raw: Socket }> {
    const client = await connect(port, options)
    clients.push(client)
    if (accepted.length === 0) await once(server, 'accepted')
    return { client, ...accepted.shift()! }
  }

  async function pair (options?: ClientOptions | TestClient): Promise<{ client: ClientConnection, socket: TlsSocket, raw: Socket }> {
    const pair = await dial(options)
    const secure = once(pair.socket, 'secure')
    await pair.client.handshake()
    await secure
    await new Promise((resolve) => setImmediate(resolve)) // the tickets leave at the end of the turn
    return pair
  }

  return { test, told, dial, pair }
}

/** Waits until a stream has this many bytes to read. */
export async function buffered (socket: TlsSocket, length: number): Promise<void> {
  while (socket.readableLength < length) await new Promise((resolve) => setImmediate(resolve))
}

/** The next error that nobody catches, instead of what tap makes of one. */
export async function uncaughtException (t: Test): Promise<Error> {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  t.teardown(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  const [error] = await once(process, 'uncaughtException')
  return error
}
