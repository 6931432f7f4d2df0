/** A Fastify server with a Prometheus registry, and what the tests of limits want to know of it. */
import { EventEmitter, once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import prometheus from 'prom-client'
import type { Test } from 'tap'
import type { Tls13Options } from '../../index.ts'
import { AlertDescription, nameOf } from '../../lib/core/constants.ts'
import { aliceCredential, createApp, get, listen, parse, trusting } from '../fastify/helpers.ts'
import type { App } from '../fastify/helpers.ts'
import { ClientConnection, TestClient } from '../helpers/client/index.ts'
import type { AnswerOptions, ClientOptions } from '../helpers/client/index.ts'

/** A server that somebody goes beyond a limit of. */
export class Target {
  readonly app: App
  readonly port: number
  /** A route's path, with the status, when it has answered. */
  readonly answers: EventEmitter
  readonly #t: Test
  readonly #register: prometheus.Registry

  constructor (t: Test, app: App, port: number, answers: EventEmitter, register: prometheus.Registry) {
    this.#t = t
    this.app = app
    this.port = port
    this.answers = answers
    this.#register = register
  }

  /** @param sample name and labels as the text has them */
  async metric (sample: string): Promise<number> {
    const line = (await this.#register.metrics()).split('\n').find((line) => line.startsWith(sample + ' '))
    return line === undefined ? 0 : Number(line.slice(sample.length))
  }

  /** A client before its handshake, from an address of one's own where that matters. */
  async client (options: ClientOptions | TestClient = {}, localAddress: string = '127.0.0.1'): Promise<ClientConnection> {
    const socket = connectTcp({ port: this.port, host: '127.0.0.1', localAddress, noDelay: true })
    this.#t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return new ClientConnection(socket, options instanceof TestClient ? options : new TestClient(options))
  }

  /** A client after its handshake; it offers post-handshake authentication, and has a certificate should it be asked. */
  async secure (options: ClientOptions | TestClient = {}, answer: AnswerOptions = { credential: aliceCredential }, localAddress?: string): Promise<ClientConnection> {
    const client = await this.client(options instanceof TestClient ? options : { serverName: 'localhost', postHandshakeAuth: true, ...options }, localAddress)
    await client.handshake(answer)
    return client
  }
}

export async function target (t: Test, options: Tls13Options = {}): Promise<Target> {
  const register = new prometheus.Registry()
  const app = await createApp(t, { ...trusting, ...options, metrics: { client: prometheus, register } }, { requestTimeout: 0 })
  const answers = new EventEmitter()
  app.addHook('onResponse', async (request, reply) => { answers.emit(request.url, reply.statusCode) })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.get('/', async () => 'served')
  app.get('/large', async (_request, reply) => reply.type('application/octet-stream').send(large))
  app.get('/ask', async (request) => String(await request.tls.requestClientCertificate()))
  app.get('/ask-twice', async (request) => {
    request.tls.requestClientCertificate().catch(() => {}) // the client never answers it
    return String(await request.tls.requestClientCertificate())
  })
  app.post('/upload', { config: { tls: { clientCertificate: 'require' } } }, async () => 'uploaded')
  app.get('/all-tickets', async (request) => {
    for (;;) request.tls.sendTickets(255)
  })
  return new Target(t, app, await listen(app), answers, register)
}

/** A body that takes more records than a key may seal in the test of that. */
export const large = Buffer.alloc(2 ** 20, 'x')

/** @returns `alert decode_error` */
export async function alertTo (client: ClientConnection): Promise<string> {
  const { level, description } = await client.expectAlert()
  if (level !== 2) throw new Error(`alert ${description} of level ${level}`)
  return `alert ${nameOf(AlertDescription, description)}`
}

/** @returns `HTTP 409` */
export async function statusOf (response: Promise<string>): Promise<string> {
  return `HTTP ${parse(await response).status}`
}

/** @throws {Error} where the server does not answer */
export async function isServed (client: ClientConnection): Promise<boolean> {
  return parse(await client.request(get('/'))).body === 'served'
}

export { aliceCredential, get, parse } from '../fastify/helpers.ts'
