/** `request.tls` on real connections, and where there is none. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as tlsConnect } from 'node:tls'
import Fastify from 'fastify'
import t from 'tap'
import tls13, { serverFactory } from '../../index.ts'
import type { RequestTls } from '../../index.ts'
import { aliceCredential, createApp, dial, fetchWithNode, get, listen, malloryCredential, parse, root, trusting } from './helpers.ts'

t.test('under inject', async (t) => {
  const app = await createApp(t)
  const getters: Array<keyof RequestTls> = [
    'numTickets', 'ticketsSent', 'resumed', 'protocol', 'cipher', 'group', 'servername', 'alpnProtocol', 'authorized',
    'authorizationError', 'peerCertificate', 'postHandshakeAuth', 'earlyData'
  ]
  app.get('/', async ({ tls }) => Object.fromEntries(getters.map((name) => [name, tls[name]])))
  app.get('/calls', async ({ tls }) => {
    tls.numTickets = 3
    tls.sendTickets()
    tls.updateKeys({ requestPeer: true })
    t.equal(tls.numTickets, 0)
    t.throws(() => { tls.numTickets = 256 }, { code: 'FST_TLS13_INVALID_OPTION', message: /numTickets/ })
    t.throws(() => tls.sendTickets(0), { code: 'FST_TLS13_INVALID_OPTION', message: /count/ })
    t.throws(() => tls.exportKeyingMaterial(32, 'label'), { code: 'FST_TLS13_NOT_TLS' })
    await t.rejects(tls.requestClientCertificate({ timeout: 0 }), { code: 'FST_TLS13_INVALID_OPTION', message: /options\.timeout/ })
    await tls.requestClientCertificate()
  })

  t.same((await app.inject('/')).json(), {
    numTickets: 0,
    ticketsSent: 0,
    resumed: false,
    protocol: null,
    cipher: null,
    group: null,
    servername: null,
    alpnProtocol: null,
    authorized: false,
    authorizationError: null,
    peerCertificate: null,
    postHandshakeAuth: false,
    earlyData: false
  })

  const refused = await app.inject('/calls')
  t.equal(refused.statusCode, 403)
  t.equal(refused.json().code, 'FST_TLS13_PHA_NOT_OFFERED')
})

t.test('one object for each request', async (t) => {
  const app = await createApp(t)
  app.get('/', async (request) => {
    const { tls } = request
    return request.tls === tls
  })
  t.equal((await app.inject('/')).body, 'true')
  t.equal((await fetchWithNode(await listen(app), '/')).body, 'true')
})

t.test('what node:tls negotiates', async (t) => {
  const app = await createApp(t)
  app.get('/', async ({ tls }) => {
    const material = tls.exportKeyingMaterial(32, 'a label', Buffer.from('context')).toString('hex')
    const { protocol, cipher, group, servername, alpnProtocol, resumed, postHandshakeAuth, authorized, peerCertificate } = tls
    t.equal(tls.exportKeyingMaterial(32, 'a label').length, 32)
    return { protocol, cipher, group, servername, alpnProtocol, resumed, postHandshakeAuth, authorized, peerCertificate, material }
  })
  const port = await listen(app)
  const socket = tlsConnect({
    port, host: '127.0.0.1', ca: root.pem, servername: 'localhost', ALPNProtocols: ['http/1.1'], ecdhCurve: 'P-384', ciphers: 'TLS_AES_256_GCM_SHA384'
  })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  const material = socket.exportKeyingMaterial(32, 'a label', Buffer.from('context')).toString('hex')
  socket.write(get('/', 'Connection: close\r\n'))
  let response = ''
  for await (const chunk of socket) response += chunk
  t.same(parse(response).json(), {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    group: 'secp384r1',
    servername: 'localhost',
    alpnProtocol: 'http/1.1',
    resumed: false,
    postHandshakeAuth: false,
    authorized: false,
    peerCertificate: null,
    material
  })
})

t.test('tickets of a connection', async (t) => {
  const app = await createApp(t, { ...trusting, numTickets: 1 })
  app.get('/', async ({ tls }) => {
    tls.numTickets = 4
    tls.sendTickets(2)
    t.throws(() => { tls.numTickets = 2.5 }, { code: 'FST_TLS13_INVALID_OPTION' })
    t.throws(() => tls.sendTickets(1.5), { code: 'FST_TLS13_INVALID_OPTION' })
    return { numTickets: tls.numTickets, app: app.tls.numTickets }
  })
  const tls = await dial(t, await listen(app))
  await tls.expectTickets(1)
  t.same(parse(await tls.request(get('/'))).json(), { numTickets: 4, app: 1 })
  t.equal((await tls.expectTickets(3)).length, 3)
})

t.test('updateKeys', async (t) => {
  const app = await createApp(t)
  app.get('/', async ({ tls }) => {
    tls.updateKeys()
    tls.updateKeys({ requestPeer: true })
    return 'after'
  })
  const tls = await dial(t, await listen(app))
  t.equal(parse(await tls.request(get('/'))).body, 'after')
  t.same(tls.client.incoming.keyUpdates, [0, 1])
})

t.test('a certificate after the handshake', async (t) => {
  const app = await createApp(t, { ...trusting, numTickets: 1 })
  app.get('/ask', async ({ tls }) => {
    t.equal(tls.peerCertificate, null)
    const certificate = await tls.requestClientCertificate({ numTickets: 3 })
    t.ok(certificate instanceof X509Certificate)
    t.equal(tls.peerCertificate, certificate, 'parsed once')
    return { subject: certificate?.subject, authorized: tls.authorized, error: tls.authorizationError, numTickets: tls.numTickets }
  })
  app.get('/who', async ({ tls }) => tls.peerCertificate?.subject ?? 'nobody')
  const tls = await dial(t, await listen(app))
  tls.send(get('/ask'))
  await tls.answerCertificateRequest({ credential: aliceCredential })
  t.same(parse(await tls.response()).json(), { subject: 'CN=alice', authorized: true, error: null, numTickets: 3 })
  t.equal((await tls.expectTickets(4)).length, 4, 'one after the handshake, three after the certificate')
  t.equal(parse(await tls.request(get('/who'))).body, 'CN=alice', 'a later request on the connection')
})

t.test('a pipelined request that was sent before the certificate does not inherit it', async (t) => {
  for (const [name, app] of [['taken over', await createApp(t)], ['made by the factory', await factoryApp()]] as const) {
    let release = (): void => {}
    const waits = new Promise<void>((resolve) => { release = resolve })
    app.get('/ask', async ({ tls }) => {
      const certificate = await tls.requestClientCertificate()
      release()
      return certificate?.subject
    })
    app.get('/who', async (request) => {
      await waits // looks at its connection only when the certificate is there
      return request.tls.peerCertificate?.subject ?? 'nobody'
    })
    const tls = await dial(t, await listen(app))
    tls.send(get('/ask') + get('/who'))
    await tls.answerCertificateRequest({ credential: aliceCredential })
    t.equal(parse(await tls.response()).body, 'CN=alice', name)
    t.equal(parse(await tls.response()).body, 'nobody', name)
    t.equal(parse(await tls.request(get('/who'))).body, 'CN=alice', name)
  }

  async function factoryApp (): ReturnType<typeof createApp> {
    const app = Fastify({ https: {}, serverFactory: serverFactory(trusting), forceCloseConnections: true })
    t.teardown(() => app.close())
    await app.register(tls13)
    return app
  }
})

t.test('a client without a certificate', async (t) => {
  const app = await createApp(t)
  app.get('/optional', async ({ tls }) => ({ certificate: await tls.requestClientCertificate() }))
  app.get('/required', async ({ tls }) => tls.requestClientCertificate({ required: true }))
  app.get('/fatal', async ({ tls }) => tls.requestClientCertificate({ required: 'fatal' }))
  const tls = await dial(t, await listen(app))

  tls.send(get('/optional'))
  await tls.answerCertificateRequest()
  t.same(parse(await tls.response()).json(), { certificate: null })

  tls.send(get('/required'))
  await tls.answerCertificateRequest()
  const refused = parse(await tls.response())
  t.equal(refused.status, 403)
  t.equal(refused.json().code, 'FST_TLS13_CLIENT_CERTIFICATE_REQUIRED')

  tls.send(get('/fatal'))
  await tls.answerCertificateRequest()
  t.equal((await tls.expectAlert()).description, 116)
})

t.test('a certificate that is not trusted', async (t) => {
  const app = await createApp(t)
  app.get('/judge', async ({ tls }) => {
    const certificate = await tls.requestClientCertificate({ rejectUnauthorized: false })
    return { subject: certificate?.subject, authorized: tls.authorized, error: tls.authorizationError }
  })
  app.get('/refuse', async ({ tls }) => tls.requestClientCertificate())
  const tls = await dial(t, await listen(app))
  tls.send(get('/judge'))
  await tls.answerCertificateRequest({ credential: malloryCredential })
  t.same(parse(await tls.response()).json(), { subject: 'CN=mallory', authorized: false, error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  tls.send(get('/refuse'))
  await tls.answerCertificateRequest({ credential: malloryCredential })
  t.equal((await tls.expectAlert()).description, 48)
})

t.test('refusals have codes and statuses', async (t) => {
  const app = await createApp(t)
  app.get('/ask', async ({ tls }) => tls.requestClientCertificate())
  app.get('/impatient', async ({ tls }) => tls.requestClientCertificate({ timeout: 1 }))
  app.get('/twice', async ({ tls }) => {
    const first = tls.requestClientCertificate()
    await t.rejects(tls.requestClientCertificate(), { code: 'FST_TLS13_CLIENT_CERTIFICATE_PENDING', statusCode: 409 })
    return (await first)?.subject
  })
  const port = await listen(app)

  const plain = await fetchWithNode(port, '/ask')
  t.equal(plain.status, 403)
  t.match(JSON.parse(plain.body), { code: 'FST_TLS13_PHA_NOT_OFFERED', message: /this client does not support post-handshake authentication/ })

  const slow = await dial(t, port)
  t.match(parse(await slow.request(get('/impatient'))).json(), { statusCode: 408, code: 'FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT' })

  const tls = await dial(t, port)
  tls.send(get('/twice'))
  await tls.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await tls.response()).body, 'CN=alice')
})

t.test('the client leaves while it is asked', async (t) => {
  const app = await createApp(t)
  const rejected = new Promise<unknown>((resolve) => {
    app.get('/ask', async ({ tls }) => {
      await tls.requestClientCertificate().catch(resolve)
      return ''
    })
  })
  const tls = await dial(t, await listen(app))
  tls.send(get('/ask'))
  await tls.expectCertificateRequest()
  tls.destroy()
  t.match(await rejected, { code: 'FST_TLS13_CONNECTION_CLOSED', statusCode: 499 })
})

t.test('more body than is held', async (t) => {
  const app = await createApp(t, { ...trusting, maxBufferedBody: 100_000 })
  app.post('/ask', {
    bodyLimit: 2 ** 21,
    onRequest: async ({ tls }) => { await tls.requestClientCertificate() }
  }, async () => 'reached')
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async () => ({}))
  const tls = await dial(t, await listen(app))
  tls.send(`POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\nContent-Length: ${2 ** 20}\r\n\r\n`)
  tls.send(new Uint8Array(2 ** 20))
  t.match(parse(await tls.response()), { status: 413, body: /FST_TLS13_BODY_TOO_LARGE/ })
})

t.test('a certificate behind a body that is held', async (t) => {
  const app = await createApp(t)
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body)
  app.post('/ask', {
    onRequest: async ({ tls }) => { await tls.requestClientCertificate() }
  }, async ({ tls, body }) => `${tls.peerCertificate?.subject} ${(body as Buffer).length}`)
  const tls = await dial(t, await listen(app))
  tls.send('POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\nContent-Length: 500000\r\n\r\n')
  tls.send(new Uint8Array(500_000))
  await tls.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await tls.response()).body, 'CN=alice 500000')
})
