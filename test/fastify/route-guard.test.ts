/** `config.tls` on real connections. */
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import t from 'tap'
import { aliceCredential, createApp, credentials, dial, fetchWithNode, get, listen, malloryCredential, parse, root, stranger, trusting } from './helpers.ts'
import type { App } from './helpers.ts'

function addRoutes (app: App): void {
  const who = async ({ tls }: { tls: { peerCertificate: { subject: string } | null, authorized: boolean } }): Promise<string> =>
    `${tls.peerCertificate?.subject ?? 'nobody'} ${tls.authorized}`
  app.get('/open', who)
  app.get('/request', { config: { tls: { clientCertificate: 'request' } } }, who)
  app.get('/require', { config: { tls: { clientCertificate: 'require' } } }, who)
  app.get('/fatal', { config: { tls: { clientCertificate: { required: 'fatal' } } } }, who)
  app.get('/judge', { config: { tls: { clientCertificate: { required: true, rejectUnauthorized: false } } } }, who)
  app.get('/tickets', { config: { tls: { numTickets: 5 } } }, async ({ tls }) => String(tls.numTickets))
  app.get('/both', { config: { tls: { clientCertificate: 'require', numTickets: 3 } } }, who)
}

t.test('require', async (t) => {
  const app = await createApp(t)
  addRoutes(app)
  const port = await listen(app)

  t.test('with a certificate, asked for once', async (t) => {
    const tls = await dial(t, port)
    t.equal(parse(await tls.request(get('/open'))).body, 'nobody false')
    tls.send(get('/require'))
    await tls.answerCertificateRequest({ credential: aliceCredential })
    t.equal(parse(await tls.response()).body, 'CN=alice true')
    t.equal(parse(await tls.request(get('/require'))).body, 'CN=alice true')
    t.equal(parse(await tls.request(get('/open'))).body, 'CN=alice true')
    t.equal(tls.client.requests.length, 1)
  })

  t.test('without one: 403, and not asked again on this connection', async (t) => {
    const tls = await dial(t, port)
    tls.send(get('/require'))
    await tls.answerCertificateRequest()
    for (const response of [await tls.response(), await tls.request(get('/require'))]) {
      t.match(parse(response).json(), { statusCode: 403, code: 'FST_TLS13_CLIENT_CERTIFICATE_REQUIRED' })
    }
    t.equal(tls.client.requests.length, 1)
    t.equal(parse(await tls.request(get('/open'))).body, 'nobody false', 'the connection lives on')
  })

  t.test('a client that cannot be asked: 403 that says so, by HEAD too', async (t) => {
    const { status, body } = await fetchWithNode(port, '/require')
    t.equal(status, 403)
    t.match(JSON.parse(body), { code: 'FST_TLS13_PHA_NOT_OFFERED', message: /post-handshake authentication/ })
    const tls = await dial(t, port, { postHandshakeAuth: false })
    tls.send(get('/require').replace('GET', 'HEAD'))
    t.match(Buffer.from(await tls.expectData()).toString(), /^HTTP\/1.1 403/)
  })

  t.test('a certificate that is not trusted ends the connection with its alert', async (t) => {
    const tls = await dial(t, port)
    tls.send(get('/require'))
    await tls.answerCertificateRequest({ credential: malloryCredential })
    t.equal((await tls.expectAlert()).description, 48)
  })

  t.test('a resumed connection has the identity, if the ticket came after it', async (t) => {
    const tls = await dial(t, port)
    const [before] = await tls.expectTickets(2)
    tls.send(get('/require'))
    await tls.answerCertificateRequest({ credential: aliceCredential })
    await tls.response()
    const after = (await tls.expectTickets(4)).at(-1)!

    const resumed = await dial(t, port, { psks: [{ session: after }] })
    t.equal(parse(await resumed.request(get('/require'))).body, 'CN=alice true')
    t.equal(resumed.client.requests.length, 0)

    const anonymous = await dial(t, port, { psks: [{ session: before! }] })
    t.equal(anonymous.client.facts.selectedIdentity, 0)
    anonymous.send(get('/require'))
    await anonymous.answerCertificateRequest()
    t.equal(parse(await anonymous.response()).status, 403)
  })

  t.test('pipelined requests ask one after the other', async (t) => {
    const tls = await dial(t, port)
    tls.send(get('/require') + get('/require') + get('/open'))
    await tls.answerCertificateRequest({ credential: aliceCredential })
    t.equal(parse(await tls.response()).body, 'CN=alice true')
    await tls.answerCertificateRequest({ credential: aliceCredential })
    t.equal(parse(await tls.response()).body, 'CN=alice true')
    t.equal(parse(await tls.response()).body, 'nobody false')
  })

  t.test('the tickets of the route follow the certificate', async (t) => {
    const tls = await dial(t, port)
    await tls.expectTickets(2)
    tls.send(get('/both'))
    await tls.answerCertificateRequest({ credential: aliceCredential })
    await tls.response()
    t.equal((await tls.expectTickets(5)).length, 5)
  })
})

t.test('request', async (t) => {
  const app = await createApp(t)
  addRoutes(app)
  const port = await listen(app)
  const withCertificate = await dial(t, port)
  withCertificate.send(get('/request'))
  await withCertificate.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await withCertificate.response()).body, 'CN=alice true')

  const without = await dial(t, port)
  without.send(get('/request'))
  await without.answerCertificateRequest()
  t.equal(parse(await without.response()).body, 'nobody false')
  t.equal(parse(await without.request(get('/request'))).body, 'nobody false')
  t.equal(without.client.requests.length, 1)

  t.same(await fetchWithNode(port, '/request'), { status: 200, body: 'nobody false' }, 'a client that cannot be asked')
})

t.test('an object', async (t) => {
  const app = await createApp(t)
  addRoutes(app)
  const port = await listen(app)
  const fatal = await dial(t, port)
  fatal.send(get('/fatal'))
  await fatal.answerCertificateRequest()
  t.equal((await fatal.expectAlert()).description, 116)

  const judged = await dial(t, port)
  judged.send(get('/judge'))
  await judged.answerCertificateRequest({ credential: malloryCredential })
  t.equal(parse(await judged.response()).body, 'CN=mallory false')
})

t.test('rejectUnauthorized: false answers by 403', async (t) => {
  const app = await createApp(t, { ...trusting, rejectUnauthorized: false })
  addRoutes(app)
  const tls = await dial(t, await listen(app))
  tls.send(get('/require'))
  await tls.answerCertificateRequest({ credential: malloryCredential })
  t.match(parse(await tls.response()).json(), {
    statusCode: 403, code: 'FST_TLS13_CLIENT_CERTIFICATE_UNAUTHORIZED', message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/
  })
  t.equal(parse(await tls.request(get('/open'))).body, 'CN=mallory false')
})

t.test('a certificate from the handshake is enough', async (t) => {
  const app = await createApp(t, { ...trusting, requestCert: true })
  addRoutes(app)
  const { connect } = await import('../helpers/client/index.ts')
  const tls = await connect(await listen(app), { serverName: 'localhost' })
  t.teardown(() => tls.destroy())
  await tls.handshake({ credential: aliceCredential })
  t.equal(parse(await tls.request(get('/require'))).body, 'CN=alice true')
})

t.test('numTickets', async (t) => {
  const app = await createApp(t)
  addRoutes(app)
  t.equal((await fetchWithNode(await listen(app), '/tickets')).body, '5')
})

t.test('a connection without a server name is the default context\'s, and so are its requests', async (t) => {
  const app = await createApp(t)
  addRoutes(app)
  app.tls.addContext('other.example', { ...credentials, ca: stranger.pem })
  const port = await listen(app)
  const answer = async (tls: Awaited<ReturnType<typeof dial>>, host: string): Promise<number> => {
    tls.send(get('/require').replace('localhost', host))
    return parse(await tls.response()).status
  }
  const tls = await dial(t, port, { serverName: null })
  t.equal(await answer(tls, 'other.example'), 421, 'it has a context of its own, which trusts others')
  tls.send(get('/require').replace('localhost', '127.0.0.1:8443'))
  await tls.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await tls.response()).status, 200)
  t.equal(await answer(tls, '[::1]:8443'), 200)
  t.equal(await answer(tls, 'unheard-of.example'), 200, 'the default answers for it')
  t.equal(await answer(tls, 'other.example'), 421, 'whoever the default trusts')

  const asking = await createApp(t, { ...trusting, SNICallback: (_serverName, callback) => callback(null) })
  addRoutes(asking)
  const guessing = await dial(t, await listen(asking), { serverName: null })
  t.equal(await answer(guessing, 'unheard-of.example'), 421, 'nobody knows what the callback would say')
})

t.test('another host than the connection was made for', async (t) => {
  const app = await createApp(t)
  addRoutes(app)
  const port = await listen(app)
  const tls = await dial(t, port)
  const ask = async (path: string, host: string): Promise<number> => parse(await tls.request(get(path).replace('localhost', host))).status
  t.equal(await ask('/open', 'other.example'), 200, 'a route without a certificate')
  t.equal(await ask('/tickets', 'other.example'), 200)
  const misdirected = parse(await tls.request(get('/require').replace('localhost', 'other.example')))
  t.equal(misdirected.status, 421)
  t.equal(misdirected.json().code, 'FST_TLS13_MISDIRECTED_REQUEST')
  t.equal(await ask('/request', 'other.example:8443'), 421)
  t.equal(tls.client.requests.length, 0, 'and nobody was asked')

  tls.send(get('/require').replace('localhost', 'LOCALHOST.:8443'))
  await tls.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await tls.response()).status, 200, 'case, a trailing dot and the port do not matter')

  const unnamed = await dial(t, port, { serverName: null })
  unnamed.send(get('/require').replace('localhost', '127.0.0.1'))
  await unnamed.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await unnamed.response()).status, 200, 'a connection without a server name')
})

t.test('over HTTP/2', async (t) => {
  const app = await createApp(t, { ...trusting, ALPNProtocols: ['h2', 'http/1.1'] })
  addRoutes(app)
  app.get('/ask', async ({ tls }) => tls.requestClientCertificate())
  const port = await listen(app)

  t.test('a client that cannot be asked anyway', async (t) => {
    const session = connectHttp2(`https://localhost:${port}`, { ca: root.pem, lookup: loopback })
    t.teardown(() => session.destroy())
    t.match(await exchange('/open'), { status: 200, body: 'nobody false' })
    t.match(await exchange('/request'), { status: 200, body: 'nobody false' })
    t.match(await exchange('/require'), { status: 403, body: /FST_TLS13_PHA_/ })
    t.match(await exchange('/ask'), { status: 403, body: /FST_TLS13_PHA_/ })

    async function exchange (path: string): Promise<{ status: unknown, body: string }> {
      const stream = session.request({ ':path': path })
      const [headers] = await once(stream, 'response')
      let body = ''
      for await (const chunk of stream.setEncoding('utf8')) body += chunk
      return { status: headers[':status'], body }
    }
  })

  t.test('a client that can be asked is sent to HTTP/1.1', async (t) => {
    for (const path of ['/request', '/require']) {
      const tls = await dial(t, port, { alpnProtocols: ['h2'] })
      tls.send(http2Request(path))
      const received = await tls.expectData((data) => Buffer.from(data).includes(resetStream))
      t.ok(received, path)
      t.equal(tls.client.requests.length, 0)
    }
  })
})

/** The beginning of an HTTP/2 connection and a GET on stream 1 (RFC 9113 §3.4, §6.2; RFC 7541 §6). */
function http2Request (path: string): Buffer {
  const literal = (nameIndex: number, value: string): Buffer => Buffer.concat([Buffer.from([nameIndex, value.length]), Buffer.from(value)])
  const fields = Buffer.concat([Buffer.from([0x82, 0x87]), literal(0x04, path), literal(0x01, 'localhost')])
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
  const headers = Buffer.from([0, 0, fields.length, 1, 0x05, 0, 0, 0, 1])
  return Buffer.concat([preface, settings, headers, fields])
}

function loopback (_name: string, options: { all?: boolean }, callback: Function): void {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

/** RST_STREAM of stream 1 with HTTP_1_1_REQUIRED (RFC 9113 §6.4, §7). */
const resetStream = Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0x0d])
