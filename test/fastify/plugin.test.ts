/** Ways in and refusals of the plugin. */
import { channel } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import prometheus from 'prom-client'
import t from 'tap'
import tls13, { createSecureContext, serverFactory } from '../../index.ts'
import type { TicketKeyStore } from '../../index.ts'
import { createApp, credentials, dial, fetchWithNode, get, listen, parse, root, trusting } from './helpers.ts'

t.test('an https instance is taken over', async (t) => {
  const app = await createApp(t)
  app.get('/', async (request) => ({ protocol: request.tls.protocol, scheme: request.protocol }))
  const port = await listen(app)
  const { status, body } = await fetchWithNode(port, '/')
  t.equal(status, 200)
  t.same(JSON.parse(body), { protocol: 'TLSv1.3', scheme: 'https' })
})

t.test('a server of the factory', async (t) => {
  const app = Fastify({ https: {}, serverFactory: serverFactory(trusting), forceCloseConnections: true })
  t.teardown(() => app.close())
  await app.register(tls13)
  app.get('/', async (request) => ({ protocol: request.tls.protocol, scheme: request.protocol }))
  const port = await listen(app)
  const { status, body } = await fetchWithNode(port, '/')
  t.equal(status, 200)
  t.same(JSON.parse(body), { protocol: 'TLSv1.3', scheme: 'https' })
})

t.test('time-outs of Fastify count both ways', async (t) => {
  const timeouts = { connectionTimeout: 11_000, keepAliveTimeout: 12_000, requestTimeout: 13_000, maxRequestsPerSocket: 14 }
  const taken = await createApp(t, trusting, timeouts)
  const made = Fastify({ https: {}, serverFactory: serverFactory(trusting), ...timeouts })
  t.teardown(() => made.close())
  for (const { server } of [taken, made]) {
    t.match(server, { timeout: 11_000, keepAliveTimeout: 12_000, requestTimeout: 13_000, maxRequestsPerSocket: 14 })
  }
})

t.test('maxRequestsPerSocket is honoured by a server of the factory', async (t) => {
  const app = Fastify({ https: {}, serverFactory: serverFactory(trusting), maxRequestsPerSocket: 1, forceCloseConnections: true })
  t.teardown(() => app.close())
  await app.register(tls13)
  app.get('/', async () => 'x')
  const tls = await dial(t, await listen(app))
  t.match(parse(await tls.request(get('/'))).headers, /connection: close/i)
})

t.test('every address of localhost', async (t) => {
  const { lookup } = dns
  t.teardown(() => { dns.lookup = lookup })
  // Fastify asks for all addresses of localhost; the test must not depend on the machine's hosts file
  dns.lookup = ((host: string, options: { all?: boolean }, callback: Function) => {
    if (host !== 'localhost' || options.all !== true) return (lookup as Function)(host, options, callback)
    callback(null, [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }])
  }) as unknown as typeof dns.lookup
  const app = await createApp(t)
  app.get('/', async (request) => request.tls.protocol)
  await app.listen({ port: 0, host: 'localhost' })
  const addresses = app.addresses()
  t.ok(addresses.length >= 2)
  for (const { address, port } of addresses as AddressInfo[]) {
    t.same(await fetchWithNode(port, '/', { host: address }), { status: 200, body: 'TLSv1.3' }, address)
  }
})

t.test('a server of another application is left alone', async (t) => {
  await createApp(t)
  const other = createServer({ key: credentials.key as string, cert: credentials.cert as string }, (_request, response) => {
    response.end('other')
  })
  await new Promise<void>((resolve) => { other.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => other.close())
  t.same(await fetchWithNode((other.address() as AddressInfo).port, '/'), { status: 200, body: 'other' })
})

t.test('after close nothing listens for other servers', async (t) => {
  t.equal(somebodyListens(), false)
  const app = await createApp(t)
  t.equal(somebodyListens(), true)
  await app.close()
  t.equal(somebodyListens(), false)
})

t.test('a child scope', async (t) => {
  const app = Fastify({ https: {}, forceCloseConnections: true })
  t.teardown(() => app.close())
  app.register(async (child) => {
    await child.register(tls13, trusting)
    child.get('/inside', async (request) => request.tls.protocol)
  })
  app.get('/outside', async (request) => String('tls' in request))
  const port = await listen(app)
  t.same(await fetchWithNode(port, '/inside'), { status: 200, body: 'TLSv1.3' })
  t.same(await fetchWithNode(port, '/outside'), { status: 200, body: 'false' })
})

t.test('what the scope of the plugin makes is seen in scopes below', async (t) => {
  const app = await createApp(t)
  app.register(async (child) => { child.get('/', async (request) => request.tls.protocol) })
  t.same(await fetchWithNode(await listen(app), '/'), { status: 200, body: 'TLSv1.3' })
})

t.test('app.close() ends handshakes in progress and silent connections', async (t) => {
  const app = await createApp(t, trusting, { forceCloseConnections: 'idle' })
  const tls = await dial(t, await listen(app))
  await tls.expectTickets(2)
  const ended = tls.expectEnd()
  await app.close()
  await ended
})

t.test('refusals', async (t) => {
  const refused = async (app: { register: Function, close: () => Promise<void> }, options: object | undefined, expected: { code: string, message?: RegExp }): Promise<void> => {
    await t.rejects(async () => { await app.register(tls13, options) }, expected)
    await app.close().catch(() => {})
  }
  await refused(Fastify(), trusting, { code: 'FST_TLS13_NOT_HTTPS', message: /Fastify\(\{ https: \{\} \}\)/ })
  await refused(Fastify({ http2: true }), trusting, { code: 'FST_TLS13_NOT_HTTPS' })
  await refused(Fastify({ http2: true, https: {} }), trusting, { code: 'FST_TLS13_INVALID_OPTION', message: /http2.*ALPNProtocols/ })
  await refused(Fastify({ https: {} }), undefined, { code: 'FST_TLS13_INVALID_OPTION', message: /key/ })
  await refused(Fastify({ https: {} }), { ...trusting, numTicket: 2 }, { code: 'FST_TLS13_INVALID_OPTION', message: /numTicket/ })
  await refused(Fastify({ https: { key: credentials.key as string, cert: credentials.cert as string } }), {}, {
    code: 'FST_TLS13_INVALID_OPTION', message: /https\.key.*wrong place/
  })
  await refused(Fastify({ https: { ca: root.pem } }), trusting, { code: 'FST_TLS13_INVALID_OPTION', message: /https\.ca/ })
  await refused(Fastify({ https: { requestCert: true } }), trusting, { code: 'FST_TLS13_INVALID_OPTION', message: /https\.requestCert/ })
  await refused(Fastify({ https: { minVersion: 'TLSv1.2' } }), trusting, { code: 'FST_TLS13_INVALID_OPTION', message: /https\.minVersion/ })
  await refused(Fastify({ https: { ca: root.pem }, serverFactory: serverFactory(trusting) }), {}, {
    code: 'FST_TLS13_INVALID_OPTION', message: /https\.ca/
  })
  await refused(Fastify({ https: {}, serverFactory: serverFactory(trusting) }), { numTickets: 1 }, {
    code: 'FST_TLS13_INVALID_OPTION', message: /numTickets.*wrong place.*serverFactory/
  })
  await refused(Fastify({ https: {} }), { ...trusting, metrics: { prefix: 'x_' } }, {
    code: 'FST_TLS13_INVALID_OPTION', message: /metrics\.client/
  })
})

t.test('registered twice', async (t) => {
  const app = await createApp(t)
  await t.rejects(async () => { await app.register(tls13, trusting) }, { code: 'FST_TLS13_ALREADY_REGISTERED' })
})

t.test('a factory refuses its options at once', async (t) => {
  t.throws(() => serverFactory({ ...trusting, numTickets: -1 }), { code: 'FST_TLS13_INVALID_OPTION', message: /numTickets/ })
  t.throws(() => serverFactory(undefined as never), { code: 'FST_TLS13_INVALID_OPTION' })
})

t.test('instances that share a factory share nothing else', async (t) => {
  const factory = serverFactory(trusting)
  const apps = [0, 1].map(() => Fastify({ https: {}, serverFactory: factory, forceCloseConnections: true }))
  for (const app of apps) {
    t.teardown(() => app.close())
    await app.register(tls13)
    app.get('/', async () => app.tls.counters.connections)
  }
  const [first, second] = apps as [typeof apps[0], typeof apps[0]]
  first.tls.numTickets = 0
  t.equal(second.tls.numTickets, 2)
  await dial(t, await listen(first))
  t.equal(parse(await (await dial(t, await listen(second))).request(get('/'))).body, '1')
})

t.test('the plugin says what it is', async (t) => {
  const meta = (tls13 as unknown as Record<symbol, unknown>)[Symbol.for('plugin-meta')]
  t.match(meta, { fastify: '5.x', name: 'fastify-tls13' })
})

t.test('Prometheus', async (t) => {
  t.test('a client in the options', async (t) => {
    const register = new prometheus.Registry()
    const app = await createApp(t, { ...trusting, metrics: { client: prometheus, register, prefix: 'my_' } })
    app.get('/', async () => register.metrics())
    const { body } = await fetchWithNode(await listen(app), '/')
    t.match(body, /^my_tls_handshakes_total\{.*result="success".*\} 1$/m)
    t.match(body, /^my_tls_certificate_not_after_timestamp_seconds\{certificate="default"\} \d+$/m)
  })

  t.test('the client of fastify-metrics, with a server of the factory', async (t) => {
    const register = new prometheus.Registry()
    const client = { ...prometheus, register }
    const app = Fastify({ https: {}, serverFactory: serverFactory(trusting), forceCloseConnections: true })
    t.teardown(() => app.close())
    app.decorate('metrics', { client })
    await app.register(tls13)
    app.get('/', async () => register.metrics())
    t.match((await fetchWithNode(await listen(app), '/')).body, /^tls_handshakes_total\{.*result="success".*\} 1$/m)
  })

  t.test('metrics: false', async (t) => {
    const register = new prometheus.Registry()
    const app = Fastify({ https: {} })
    t.teardown(() => app.close())
    app.decorate('metrics', { client: { ...prometheus, register } })
    await app.register(tls13, { ...trusting, metrics: false })
    t.equal(await register.metrics(), '\n')
  })

  t.test('after close the certificates leave the metrics', async (t) => {
    const register = new prometheus.Registry()
    const app = await createApp(t, { ...trusting, metrics: { client: prometheus, register } })
    t.match(await register.metrics(), /certificate="default"/)
    await app.close()
    t.notMatch(await register.metrics(), /certificate="default"/)
  })
})

t.test('an observer of the application', async (t) => {
  const seen: string[] = []
  const app = await createApp(t, { ...trusting, observer: { handshakeCompleted: ({ cipher }) => { seen.push(cipher) } } })
  app.get('/', async () => '')
  await fetchWithNode(await listen(app), '/')
  t.equal(seen.length, 1)
  t.match(seen[0], /^TLS_/)
})

t.test('app.tls', async (t) => {
  t.test('numTickets counts for new connections', async (t) => {
    const app = await createApp(t, { ...trusting, numTickets: 3 })
    app.get('/', async (request) => request.tls.ticketsSent)
    const port = await listen(app)
    t.equal(app.tls.numTickets, 3)
    const first = await dial(t, port)
    await first.expectTickets(3)
    app.tls.numTickets = 1
    t.equal(parse(await first.request(get('/'))).body, '3')
    t.equal(parse(await (await dial(t, port)).request(get('/'))).body, '1')
    for (const wrong of [-1, 256, 1.5, '2', null]) {
      t.throws(() => { app.tls.numTickets = wrong as number }, { code: 'FST_TLS13_INVALID_OPTION', message: /numTickets/ })
    }
    t.equal(app.tls.numTickets, 1)
  })

  t.test('counters', async (t) => {
    const app = await createApp(t)
    app.get('/', async () => app.tls.counters)
    const tls = await dial(t, await listen(app))
    t.same(parse(await tls.request(get('/'))).json(), { handshakesInProgress: 0, connections: 1 })
  })

  t.test('setSecureContext refuses tickets of the old context', async (t) => {
    const app = await createApp(t)
    app.get('/', async (request) => String(request.tls.resumed))
    const port = await listen(app)
    const first = await dial(t, port)
    const session = (await first.expectTickets(2))[0]!
    t.equal(parse(await (await dial(t, port, { psks: [{ session }] })).request(get('/'))).body, 'true')
    const { keyPem, pem } = root.issueServer()
    app.tls.setSecureContext({ key: keyPem, cert: pem, ca: root.pem })
    const other = (await first.expectTickets(2))[1]!
    t.equal(parse(await (await dial(t, port, { psks: [{ session: other }] })).request(get('/'))).body, 'false')
    t.throws(() => app.tls.setSecureContext({ key: 'no key', cert: pem }), { code: 'FST_TLS13_INVALID_OPTION' })
  })

  t.test('addContext by options and by createSecureContext', async (t) => {
    const app = await createApp(t)
    app.get('/', async (request) => request.tls.servername)
    const issue = (name: string): { key: string, cert: string } => {
      const { keyPem, pem } = root.issueServer({ name, subjectAltName: [`DNS:${name}`] })
      return { key: keyPem, cert: pem }
    }
    app.tls.addContext('a.example', issue('a.example'))
    app.tls.addContext('*.b.example', createSecureContext(issue('x.b.example')))
    t.throws(() => app.tls.addContext('127.0.0.1', issue('x')), { code: 'FST_TLS13_INVALID_OPTION' })
    const port = await listen(app)
    for (const serverName of ['a.example', 'x.b.example']) {
      const tls = await dial(t, port, { serverName })
      t.equal(parse(await tls.request(get('/'))).body, serverName)
    }
  })

  t.test('the application starts with the ticket keys of a store, and rotates those of all', async (t) => {
    const values: string[] = []
    const register = new prometheus.Registry()
    let added = (): void => {}
    const ticketKeys = (): TicketKeyStore => ({
      name: 'mine',
      pollInterval: 1000,
      read: async () => values,
      async add (_slot, value) {
        values.push(value)
        added()
      }
    })
    const app = await createApp(t, { ...trusting, ticketKeys, metrics: { client: prometheus, register } })
    await listen(app)
    t.match(await register.metrics(), /^tls_session_ticket_key_issue_timestamp_seconds\{source="mine"\} \d+$/m)
    t.equal(values.length, 2)
    const third = new Promise<void>((resolve) => { added = resolve })
    app.tls.rotateTicketKeys()
    await third
    t.equal(values.length, 3)
  })

  t.test('rotateTicketKeys keeps old tickets good', async (t) => {
    const app = await createApp(t)
    app.get('/', async (request) => String(request.tls.resumed))
    const port = await listen(app)
    const session = (await (await dial(t, port)).expectTickets(1))[0]!
    app.tls.rotateTicketKeys()
    t.equal(parse(await (await dial(t, port, { psks: [{ session }] })).request(get('/'))).body, 'true')
  })
})

/** Does anybody subscribe to Node's announcement of servers? */
function somebodyListens (): boolean {
  return channel('tracing:net.server.listen:asyncStart').hasSubscribers
}
