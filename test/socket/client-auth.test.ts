import { once } from 'node:events'
import t from 'tap'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import { clientCredential } from '../helpers/server.ts'
import { buffered, serve } from './support.ts'

const terms = { failIfNoCertificate: false, rejectUnauthorized: false, timeout: 10_000 }
const offering = { postHandshakeAuth: true }

t.test('the certificate comes behind a body that nobody reads yet: both arrive', async (t) => {
  const { pair } = await serve(t, {}, 2 ** 20)
  const { client, socket } = await pair(offering)
  const body = Buffer.alloc(2 ** 19, 'b')
  client.send(body)
  const answer = socket.requestClientCertificate(terms)
  await client.answerCertificateRequest({ credential: clientCredential() })
  const { outcome, identity } = await answer
  t.equal(outcome, 'verified')
  t.equal(socket.authorized, true)
  t.equal(socket.identity, identity)
  t.equal(socket.readableLength, body.length, 'held for the reader')
  t.equal(socket.readerIdentity, null, 'it was sent by nobody in particular')
  t.same(readAll(socket), body)
})

t.test('a body beyond the limit: 413, and nothing of it is lost', async (t) => {
  const { pair } = await serve(t, {}, 2 ** 18)
  const { client, socket, raw } = await pair(offering)
  const body = Buffer.alloc(2 ** 21, 'b')
  const answer = socket.requestClientCertificate(terms)
  const paused = once(raw, 'pause')
  client.send(body)
  client.answerCertificateRequest({ credential: clientCredential() }).catch(() => {})
  await t.rejects(answer, { code: 'FST_TLS13_BODY_TOO_LARGE', statusCode: 413 })
  await paused
  t.ok(socket.readableLength < 2 ** 18 + 2 ** 17, 'reading stopped')
  await t.rejects(socket.requestClientCertificate(terms), { code: 'FST_TLS13_CLIENT_CERTIFICATE_PENDING' })
  let length = 0
  for await (const chunk of socket) {
    length += chunk.length
    if (length === body.length) break
  }
  t.equal(length, body.length)
})

t.test('a late answer is taken after the time-out', async (t) => {
  const { pair, test } = await serve(t)
  const { client, socket } = await pair(offering)
  await t.rejects(socket.requestClientCertificate({ ...terms, timeout: 10 }), {
    code: 'FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT', statusCode: 408
  })
  t.match(test.of('clientAuthCompleted'), [['post_handshake', 'timeout']])
  await client.answerCertificateRequest({ credential: clientCredential() })
  client.send('after')
  const [data] = await once(socket, 'data')
  t.equal(String(data), 'after')
  t.equal(socket.authorized, true)
  t.equal(socket.readerIdentity, socket.identity)
})

t.test('what the reader has was sent by who the client was then', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair(offering)
  const seen: Array<[string, boolean]> = []
  socket.on('data', (data: Buffer) => seen.push([String(data), socket.readerIdentity !== null]))
  client.send('before')
  const answer = socket.requestClientCertificate(terms)
  const request = await client.expectCertificateRequest()
  client.send('between')
  client.write(client.client.handshake(client.client.answer(request, { credential: clientCredential() })))
  client.send('after')
  await answer
  while (seen.length < 3) await once(socket, 'data')
  t.same(seen, [['before', false], ['between', false], ['after', true]])
})

t.test('a client without a certificate', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair(offering)
  const answer = socket.requestClientCertificate(terms)
  await client.answerCertificateRequest()
  t.same(await answer, { outcome: 'empty', identity: null })
})

t.test('a refusal of ours is a rejection, and the connection is unharmed', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  await t.rejects(socket.requestClientCertificate(terms), { code: 'FST_TLS13_PHA_NOT_OFFERED', statusCode: 403 })
  client.send('still here')
  const [data] = await once(socket, 'data')
  t.equal(String(data), 'still here')
})

for (const [how, leave] of Object.entries({
  close_notify: ({ client }) => client.close(),
  FIN: ({ client }) => client.socket.end(),
  RST: ({ client }) => client.socket.resetAndDestroy(),
  'our destroy()': ({ socket }) => socket.destroy(),
  'an alert': ({ client }) => client.write(client.client.alert(2, 80))
} satisfies Record<string, (pair: Awaited<ReturnType<Awaited<ReturnType<typeof serve>>['pair']>>) => void>)) {
  t.test(`a connection that ends by ${how} leaves nobody waiting`, async (t) => {
    const { pair } = await serve(t)
    const connection = await pair(offering)
    connection.socket.on('error', () => {}).resume()
    const answer = connection.socket.requestClientCertificate(terms)
    await connection.client.expectCertificateRequest()
    leave(connection)
    await t.rejects(answer, { code: 'FST_TLS13_CONNECTION_CLOSED' })
  })
}

t.test('a certificate that ends the connection is the cause of the rejection', async (t) => {
  const verify = () => ({ authorized: false, authorizationError: 'CERT_HAS_EXPIRED', alert: 45 })
  const { pair } = await serve(t, { verify })
  const { client, socket } = await pair(offering)
  socket.on('error', () => {}).resume()
  const answer = socket.requestClientCertificate({ ...terms, rejectUnauthorized: true })
  await client.answerCertificateRequest({ credential: clientCredential() })
  await t.rejects(answer, { code: 'FST_TLS13_CONNECTION_CLOSED', cause: { alertName: 'certificate_expired' } })
  t.match(await client.expectAlert(), { level: 2, description: 45 })
})

t.test('a verdict that takes its time: nothing is read meanwhile, and then all of it', async (t) => {
  const verdict = withResolvers()
  let asked = () => {}
  const waits = new Promise<void>((resolve) => { asked = resolve })
  const verify = () => {
    asked()
    return verdict.promise
  }
  const { pair } = await serve(t, { verify })
  const { client, socket, raw } = await pair(offering)
  const answer = socket.requestClientCertificate(terms)
  await client.answerCertificateRequest({ credential: clientCredential() })
  await waits
  t.notOk(raw.isPaused(), 'there is nothing yet that could wait')
  const paused = once(raw, 'pause')
  client.send('after')
  await paused
  verdict.resolve({ authorized: true })
  t.equal((await answer).outcome, 'verified')
  await buffered(socket, 5)
  t.equal(String(socket.read()), 'after')
})

t.test('tickets and new keys leave when they are asked for; refusals are coded', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  await client.expectTickets(2)
  socket.sendTickets(3)
  await client.expectTickets(5)
  socket.updateKeys(false)
  socket.write('under new keys')
  t.equal(String(Buffer.from(await client.expectData())), 'under new keys')
  socket.end()
  t.throws(() => socket.sendTickets(1), { code: 'FST_TLS13_CONNECTION_CLOSED' })
  t.throws(() => socket.updateKeys(true), { code: 'FST_TLS13_CONNECTION_CLOSED' })
})

/** All that is held for the reader; from Node 26 on `read()` gives it chunk by chunk. */
function readAll (socket: TlsSocket): Buffer {
  const chunks: Buffer[] = []
  while (socket.readableLength > 0) chunks.push(socket.read())
  return Buffer.concat(chunks)
}

function withResolvers (): { promise: Promise<{ authorized: boolean }>, resolve: (value: { authorized: boolean }) => void } {
  let resolve!: (value: { authorized: boolean }) => void
  const promise = new Promise<{ authorized: boolean }>((_resolve) => { resolve = _resolve })
  return { promise, resolve }
}
