/** `config.tls.earlyData`, and requests in early data everywhere else, on real connections. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import tls13, { memorySessionStore, serverFactory } from '../../index.ts'
import type { Tls13Options } from '../../index.ts'
import { concat, connect, resuming } from '../helpers/client/index.ts'
import type { ClientConnection, ClientOptions } from '../helpers/client/index.ts'
import { aliceCredential, createApp, credentials, dial, get, listen, parse, trusting } from './helpers.ts'
import type { App } from './helpers.ts'

const early: Tls13Options = { ...trusting, maxEarlyData: 16_384 }

interface Served { app: App, port: number, reached: string[] }

async function serve (t: Test, options: Tls13Options = early): Promise<Served> {
  const app = await createApp(t, options)
  const reached: string[] = []
  const facts = async ({ url, tls }: { url: string, tls: { earlyData: boolean, resumed: boolean, protocol: string | null } }): Promise<unknown> => {
    reached.push(url)
    return { earlyData: tls.earlyData, resumed: tls.resumed, protocol: tls.protocol }
  }
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.get('/', facts)
  app.get('/early', { config: { tls: { earlyData: true, numTickets: 1 } } }, facts)
  app.get('/late', { config: { tls: { earlyData: false } } }, facts)
  app.get('/secret', { config: { tls: { clientCertificate: 'require' } } }, facts)
  app.post('/upload', async ({ body }) => String((body as Buffer).length))
  app.get('/ask', { config: { tls: { earlyData: true } } }, async ({ tls }) => String(await tls.requestClientCertificate()))
  return { app, port: await listen(app), reached }
}

/** A client whose ClientHello and early data have left. */
async function sendEarly (t: Test, port: number, data: string, options: ClientOptions = {}): Promise<ClientConnection> {
  const first = await dial(t, port, options)
  await first.expectTickets(1)
  first.close()
  const tls = await connect(port, resuming(first.client, { earlyData: true }))
  t.teardown(() => tls.destroy())
  tls.sendEarly(data)
  await tls.expectMessage(20)
  return tls
}

t.test('a route that allows it is served before the client\'s Finished', async (t) => {
  const { app, port, reached } = await serve(t)
  const tls = await sendEarly(t, port, get('/early'))
  t.same(parse(await tls.response()).json(), { earlyData: true, resumed: true, protocol: 'TLSv1.3' })
  t.equal(app.tls.counters.handshakesInProgress, 1, 'and the handshake is still one in progress')
  await tls.completeHandshake()
  t.same(parse(await tls.request(get('/early'))).json(), { earlyData: false, resumed: true, protocol: 'TLSv1.3' })
  t.same(reached, ['/early', '/early'])
  t.same(app.tls.counters, { handshakesInProgress: 0, connections: 1 })
})

t.test('elsewhere it is held until the handshake is complete', async (t) => {
  const { port, reached } = await serve(t)
  for (const path of ['/', '/late']) {
    const tls = await sendEarly(t, port, get(path) + get('/early'))
    // The one behind it is allowed and has been served; its answer waits for its turn.
    while (reached.at(-1) !== '/early') await new Promise(setImmediate)
    t.equal(reached.includes(path), false)
    t.equal(tls.client.plaintext.length, 0)
    await tls.completeHandshake()
    t.match(parse(await tls.response()).json(), { earlyData: true })
    t.equal(reached.at(-1), path)
    t.match(parse(await tls.response()).json(), { earlyData: true })
    t.match(parse(await tls.request(get(path))).json(), { earlyData: false })
  }
  const missing = await sendEarly(t, port, get('/missing'))
  await missing.completeHandshake()
  t.equal(parse(await missing.response()).status, 404)
})

t.test('where the handshake does not come to its end, neither does the request', async (t) => {
  const { app, port, reached } = await serve(t, { ...early, handshakeTimeout: 100 })
  const late = await sendEarly(t, port, get('/'))
  t.match(await late.expectAlert(), { description: 90 })
  const wrong = await sendEarly(t, port, get('/'))
  await wrong.completeHandshake({ editVerifyData: (right) => right.map((byte) => byte ^ 1) })
  t.match(await wrong.expectAlert(), { description: 51 })
  const gone = await sendEarly(t, port, get('/'))
  gone.destroy()
  while (app.tls.counters.handshakesInProgress > 0) await new Promise(setImmediate)
  t.same(reached, [])
})

t.test('a route that asks for a certificate answers 425, and the repetition is served', async (t) => {
  const { port, reached } = await serve(t)
  const tls = await sendEarly(t, port, get('/secret'), { postHandshakeAuth: true })
  await tls.completeHandshake()
  t.match(parse(await tls.response()).json(), { statusCode: 425, code: 'FST_TLS13_TOO_EARLY' })
  tls.send(get('/secret'))
  await tls.answerCertificateRequest({ credential: aliceCredential })
  t.match(parse(await tls.response()).json(), { earlyData: false })
  t.same(reached, ['/secret'])
})

t.test('a handler that asks for a certificate in early data gives 425', async (t) => {
  const { port } = await serve(t)
  const tls = await sendEarly(t, port, get('/ask'), { postHandshakeAuth: true })
  t.match(parse(await tls.response()).json(), { statusCode: 425, code: 'FST_TLS13_HANDSHAKE_IN_PROGRESS' })
})

t.test('a body as long as early data may be is held with its request', async (t) => {
  const maxEarlyData = 200_000
  const { port } = await serve(t, { ...early, maxEarlyData })
  const length = maxEarlyData - 200
  const head = `POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length + 100_000}\r\n\r\n`
  const tls = await sendEarly(t, port, head + 'x'.repeat(length))
  await tls.completeHandshake()
  tls.send('y'.repeat(100_000))
  t.equal(parse(await tls.response()).body, String(length + 100_000))
})

t.test('a response that ends the connection: the handshake is completed first', async (t) => {
  const { app, port } = await serve(t)
  const tls = await sendEarly(t, port, get('/early', 'Connection: close\r\n'))
  t.equal(parse(await tls.response()).status, 200)
  t.same(tls.client.alerts, [])
  await tls.completeHandshake()
  await tls.expectTickets(1)
  t.match(await tls.expectAlert(), { description: 0 })
  while (app.tls.counters.connections > 0) await new Promise(setImmediate)
})

t.test('what a proxy took from early data (RFC 8470 §5.1)', async (t) => {
  const { app, port } = await serve(t)
  const tls = await dial(t, port)
  for (const value of ['1', '0', '1, 1']) {
    const header = `Early-Data: ${value}\r\n`
    t.match(parse(await tls.request(get('/late', header))).json(), { statusCode: 425, code: 'FST_TLS13_TOO_EARLY' })
    t.equal(parse(await tls.request(get('/secret', header))).status, 425)
    t.equal(parse(await tls.request(get('/early', header))).status, 200)
    t.equal(parse(await tls.request(get('/', header))).status, 200, 'a route without config.tls decides for itself')
  }
  t.equal((await app.inject({ url: '/late', headers: { 'early-data': '1' } })).statusCode, 425)
})

t.test('a replayed flight is answered by one of the servers that share tickets and claims', async (t) => {
  const shared: Tls13Options = { ...early, ticketKeys: randomBytes(48), antiReplay: memorySessionStore(), handshakeTimeout: 300 }
  const servers = await Promise.all([0, 1, 2, 3].map(() => serve(t, shared)))
  const first = await dial(t, servers[0]!.port)
  await first.expectTickets(1)
  const victim = resuming(first.client)
  const flight = concat(victim.clientHello({ earlyData: true }), victim.earlyData(get('/early') + get('/')))
  await Promise.all(Array.from({ length: 40 }, async (_, index) => {
    const replay = connectTcp(servers[index % servers.length]!.port, '127.0.0.1')
    replay.on('error', () => {})
    replay.resume().write(flight)
    await once(replay, 'close')
  }))
  t.same(servers.flatMap(({ reached }) => reached), ['/early'], 'and the other request by none')
})

t.test('HTTP/2', async (t) => {
  const { port, reached } = await serve(t, { ...early, ALPNProtocols: ['h2'] })
  const alpnProtocols = ['h2']
  const tls = await sendEarly(t, port, '', { alpnProtocols })
  const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)])
  tls.write(tls.client.earlyData(Buffer.concat([preface, headers(1, '/early'), headers(3, '/')])))
  const answered = (stream: number) => (data: Uint8Array): boolean => frames(data).some(([type, id]) => type === 0 && id === stream)
  await tls.expectData(answered(1))
  t.same(reached, ['/early'])
  await tls.completeHandshake()
  await tls.expectData(answered(3))
  t.same(reached, ['/early', '/'])
})

t.test('a WebSocket is not opened before the handshake is complete', async (t) => {
  const app = await createApp(t, early)
  await app.register(websocket)
  let opened = 0
  app.get('/early', { config: { tls: { earlyData: true } } }, async () => 'served')
  app.get('/socket', { websocket: true, config: { tls: { earlyData: true } } }, (socket) => {
    opened++
    socket.send('hello')
  })
  const port = await listen(app)
  const tls = await sendEarly(t, port, get('/early') + [
    'GET /socket HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''
  ].join('\r\n'))
  t.equal(parse(await tls.response()).body, 'served')
  t.equal(opened, 0)
  await tls.completeHandshake()
  await tls.expectData((data) => Buffer.from(data).includes('hello'))
  t.equal(opened, 1)
})

t.test('without the plugin, and off: nothing is served before the handshake is complete', async (t) => {
  const app = Fastify({ https: {}, serverFactory: serverFactory({ ...credentials, maxEarlyData: 1000 }), forceCloseConnections: true })
  t.teardown(() => app.close())
  let reached = 0
  app.get('/', async () => String(++reached))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const tls = await sendEarly(t, port, get('/'))
  t.equal(tls.client.incoming.earlyDataAccepted, true)
  t.equal(reached, 0)
  await tls.completeHandshake()
  t.equal(parse(await tls.response()).body, '1')

  const off = await serve(t, trusting)
  const refused = await sendEarly(t, off.port, get('/early'))
  t.equal(refused.client.incoming.earlyDataAccepted, false)
  await refused.completeHandshake()
  t.match(parse(await refused.request(get('/early'))).json(), { earlyData: false })
  t.same(off.reached, ['/early'])
})

t.test('routes and hooks that were there before the plugin, and instances below it', async (t) => {
  const app = Fastify({ https: {}, forceCloseConnections: true })
  t.teardown(() => app.close())
  const reached: string[] = []
  const note = async ({ url }: { url: string }): Promise<string> => {
    reached.push(url)
    return 'served'
  }
  app.register(async (child) => { child.get('/child', note) })
  app.get('/early', { config: { tls: { earlyData: true } } }, note)
  app.get('/before', note)
  app.register(tls13, early)
  app.register(async (child) => { child.get('/after', note) })
  const port = await listen(app as unknown as App)
  for (const path of ['/child', '/before', '/after']) {
    const tls = await sendEarly(t, port, get(path) + get('/early'))
    while (reached.at(-1) !== '/early') await new Promise(setImmediate)
    t.equal(reached.includes(path), false, path)
    await tls.completeHandshake()
    t.equal(parse(await tls.response()).body, 'served')
  }
})

t.test('an instance below the root cannot judge the requests of the others', async (t) => {
  const app = Fastify({ https: {} })
  t.teardown(() => app.close().catch(() => {}))
  app.register(async (child) => { await child.register(tls13, early) })
  await t.rejects(async () => { await app.ready() }, { code: 'FST_TLS13_INVALID_OPTION', message: /maxEarlyData: .*root instance/ })
  const without = Fastify({ https: {} })
  t.teardown(() => without.close())
  without.register(async (child) => { await child.register(tls13, trusting) })
  await without.ready()
})

t.test('close() lets a request in early data be answered, and ends what is held by nobody', async (t) => {
  const app = await createApp(t, early)
  let answer: (value: string) => void = () => {}
  const begun = new Promise<void>((resolve) => {
    app.get('/early', { config: { tls: { earlyData: true } } }, async () => {
      resolve()
      return new Promise<string>((resolve) => { answer = resolve })
    })
  })
  const port = await listen(app)
  const tls = await sendEarly(t, port, get('/early'))
  await begun
  const silent = await connect(port)
  while (app.tls.counters.handshakesInProgress < 2) await new Promise(setImmediate)
  app.server.close()
  await silent.expectEnd()
  answer('answered')
  t.equal(parse(await tls.response()).body, 'answered')
  await tls.completeHandshake()
  tls.destroy()
  await once(app.server, 'close')
})

function frame (type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HEADERS that end their stream: :method GET, :scheme https, :authority and :path as literals (RFC 7541 §6.2.2). */
function headers (stream: number, path: string): Buffer {
  const literal = (index: number, value: string): Buffer => Buffer.concat([Buffer.from([index, value.length]), Buffer.from(value)])
  return frame(1, 5, stream, Buffer.concat([Buffer.from([0x82, 0x87]), literal(1, 'localhost'), literal(4, path)]))
}

function frames (data: Uint8Array): Array<[type: number, stream: number]> {
  const found: Array<[number, number]> = []
  const buffer = Buffer.from(data)
  for (let at = 0; at + 9 <= buffer.length; at += 9 + buffer.readUIntBE(at, 3)) found.push([buffer[at + 3]!, buffer.readUInt32BE(at + 5)])
  return found
}
