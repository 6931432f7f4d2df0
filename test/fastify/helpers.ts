/** An application on a port of 127.0.0.1, its certificates, and clients of it. */
import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyHttpsOptions } from 'fastify'
import type { Test } from 'tap'
import tls13 from '../../index.ts'
import type { Tls13Options } from '../../index.ts'
import { connect } from '../helpers/client/index.ts'
import type { ClientConnection, ClientCredential, ClientOptions } from '../helpers/client/index.ts'
import { createAuthority } from '../helpers/pki.ts'

export const root = createAuthority({ name: 'Test Root' })
export const stranger = createAuthority({ name: 'Unknown Root' })
const serverCredential = root.issueServer()
const alice = root.issueClient({ name: 'alice' })
const mallory = stranger.issueClient({ name: 'mallory' })

export const credentials: Tls13Options = { key: serverCredential.keyPem, cert: serverCredential.pem }
export const trusting: Tls13Options = { ...credentials, ca: root.pem }
export const aliceCredential: ClientCredential = { chain: [alice.certificate], privateKey: alice.privateKey }
export const malloryCredential: ClientCredential = { chain: [mallory.certificate], privateKey: mallory.privateKey }

export type App = FastifyInstance<Server>

/** An instance with the plugin registered; it is closed when the test ends. */
export async function createApp (t: Test, options: Tls13Options = trusting, fastify: Partial<FastifyHttpsOptions<Server>> = {}): Promise<App> {
  const app = Fastify({ https: {}, forceCloseConnections: true, ...fastify })
  t.teardown(() => app.close())
  await app.register(tls13, options)
  return app
}

export async function listen (app: FastifyInstance<Server>): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** A connection of the test client after its handshake, ended when the test ends. */
export async function dial (t: Test, port: number, options: ClientOptions = {}): Promise<ClientConnection> {
  const tls = await connect(port, { serverName: 'localhost', postHandshakeAuth: true, ...options })
  t.teardown(() => tls.destroy())
  await tls.handshake()
  return tls
}

export function get (path: string, headers: string = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
}

export interface Response { status: number, headers: string, body: string, json: () => Record<string, unknown> }

export function parse (response: string): Response {
  const end = response.indexOf('\r\n\r\n')
  const body = response.slice(end + 4)
  return { status: Number(response.slice(9, 12)), headers: response.slice(0, end), body, json: () => JSON.parse(body) }
}

/** By Node's own client, which does not offer post-handshake authentication. */
export async function fetchWithNode (port: number, path: string, options: { host?: string, agent?: false } = {}): Promise<{ status: number, body: string }> {
  const request = httpsRequest({ host: '127.0.0.1', port, path, ca: root.pem, servername: 'localhost', agent: false, headers: { host: 'localhost' }, ...options })
  request.end()
  const [response] = await once(request, 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return { status: response.statusCode, body }
}
