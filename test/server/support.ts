import { once } from 'node:events'
import type { RequestListener, ServerOptions } from 'node:http'
import { connect as connectTcp } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { Tls13Server } from '../../lib/server/tls13-server.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import type { Observer } from '../../types/observer.ts'
import type { Tls13Options } from '../../types/options.ts'
import { ca, settings } from '../http/servers.ts'

export { ca, settings } from '../http/servers.ts'

export interface Served {
  readonly server: Tls13Server
  readonly port: number
  /** 'tlsClientError', in order. */
  readonly errors: Array<{ error: Error & { code?: string }, socket: TlsSocket }>
  /** 'handshakeFailed' of the observer, in order. */
  readonly failures: string[]
}

/** A server that listens on 127.0.0.1 and closes with the test. */
export async function serve (t: Test, options: Tls13Options = {}, http: ServerOptions = {}, handler?: RequestListener): Promise<Served> {
  const failures: string[] = []
  const observer: Observer = { handshakeFailed: (result, reason) => { failures.push(`${result} ${reason}`) } }
  const server = new Tls13Server(settings({ observer, ...options }), http, handler)
  const errors: Served['errors'] = []
  server.on('tlsClientError', (error, socket) => errors.push({ error, socket: socket as unknown as TlsSocket }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port, errors, failures }
}

/** A TLS client after its handshake. */
export async function secure (t: Test, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca, ...options })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** A TCP client. */
export async function tcp (t: Test, port: number): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** All that comes until the end. */
export async function rest (socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}
