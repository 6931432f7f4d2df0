/** What a TypeScript user sees of the package. */
import type { X509Certificate } from 'node:crypto'
import type { Server } from 'node:https'
import Fastify from 'fastify'
import type { FastifyContextConfig, FastifyInstance, FastifyServerFactory, RouteShorthandOptions } from 'fastify'
import { expect, test } from 'tstyche'
import tls13, { createSecureContext, memorySessionStore, redisSessionStore, redisTicketKeys, serverFactory } from '../../index.ts'
import type { AppTls, ClientCertificateOptions, Observer, RequestTls, RouteTlsConfig, SessionStore, Tls13Options, Tls13SecureContext } from '../../index.ts'

test('the plugin is registered on an https instance', () => {
  const app = Fastify({ https: {} })
  expect(app.register).type.toBeCallableWith(tls13, { key: 'PEM', cert: Buffer.of(), numTickets: 2 })
  expect(app.register).type.toBeCallableWith(tls13)
  expect(app.register).type.not.toBeCallableWith(tls13, { numTickets: '2' })
  expect(app.tls).type.toBe<AppTls>()
})

test('the factory gives an https instance', () => {
  expect(serverFactory({ key: 'PEM', cert: 'PEM' })).type.toBe<FastifyServerFactory<Server>>()
  expect(Fastify({ https: {}, serverFactory: serverFactory({}) })).type.toBeAssignableTo<FastifyInstance<Server>>()
  expect(serverFactory).type.not.toBeCallableWith()
})

test('options', () => {
  expect<Tls13Options>().type.toBeAssignableFrom({ key: [{ pem: 'PEM', passphrase: 'x' }], cert: ['PEM'], ca: Buffer.of(), metrics: false })
  expect<Tls13Options>().type.toBeAssignableFrom({ metrics: { client: {}, prefix: 'x_', buckets: [1] } })
  expect<Tls13Options>().type.toBeAssignableFrom({ ticketKeys: redisTicketKeys({}, { prefix: 'x:', secret: Buffer.of(), pollInterval: 1000 }) })
  expect<Tls13Options>().type.toBeAssignableFrom({ ticketKeys: 'random' as const })
  expect<Tls13Options>().type.not.toBeAssignableFrom({ ticketKeys: 'redis' })
  expect<Tls13Options>().type.not.toBeAssignableFrom({ numTickets: '2' })
  expect<Tls13Options>().type.not.toBeAssignableFrom({ crypto: 'openssl' })
  expect<Tls13Options['observer']>().type.toBe<Observer | undefined>()
})

test('session stores', () => {
  expect(memorySessionStore({ maxEntries: 100 })).type.toBe<SessionStore>()
  expect(redisSessionStore({}, { prefix: 'x:' })).type.toBe<SessionStore>()
  expect<Tls13Options>().type.toBeAssignableFrom({ sessionStore: { name: 'mine', put () {}, take: async () => null, claim: () => true } })
  expect<Tls13Options>().type.not.toBeAssignableFrom({ sessionStore: new Map() })
})

test('request.tls is always there, and its facts may be null', () => {
  Fastify({ https: {} }).get('/', async (request) => {
    expect(request.tls).type.toBe<RequestTls>()
    expect(request.tls.protocol).type.toBe<'TLSv1.3' | null>()
    expect(request.tls.cipher).type.toBe<string | null>()
    expect(request.tls.peerCertificate).type.toBe<X509Certificate | null>()
    expect(request.tls.requestClientCertificate()).type.toBe<Promise<X509Certificate | null>>()
    expect(request.tls.requestClientCertificate).type.toBeCallableWith({ required: 'fatal', timeout: 1000, numTickets: 1 })
    expect(request.tls.requestClientCertificate).type.not.toBeCallableWith({ required: 'yes' })
    expect(request.tls.exportKeyingMaterial(32, 'label')).type.toBe<Buffer>()
  })
})

test('config.tls of a route', () => {
  expect<RouteTlsConfig['clientCertificate']>().type.toBe<'request' | 'require' | ClientCertificateOptions | undefined>()
  const app = Fastify({ https: {} })
  app.get('/', { config: { tls: { clientCertificate: 'require', numTickets: 1 } } }, async () => '')
  app.get('/other', { config: { tls: { clientCertificate: { required: true } } } }, async () => '')
  // in place, Fastify infers a config of its own beside ours; said beforehand, ours holds
  expect<FastifyContextConfig>().type.toBeAssignableFrom({ tls: { clientCertificate: 'request' as const } })
  expect<FastifyContextConfig>().type.not.toBeAssignableFrom({ tls: { clientCertificate: 'required' as const } })
  expect<RouteShorthandOptions<Server>>().type.not.toBeAssignableFrom({ config: { tls: { numTickets: '1' } } })
})

test('contexts for server names', () => {
  expect(createSecureContext({ key: 'PEM', cert: 'PEM' })).type.toBe<Tls13SecureContext>()
  const app = Fastify({ https: {} })
  expect(app.tls.addContext).type.toBeCallableWith('a.example', createSecureContext({}))
  expect(app.tls.addContext).type.toBeCallableWith('a.example', { key: 'PEM', cert: 'PEM' })
  expect<NonNullable<Tls13Options['SNICallback']>>().type.toBeAssignableFrom(
    (_name: string, callback: (error: Error | null, context?: Tls13SecureContext) => void) => { callback(null, createSecureContext({})) })
})
