/** The checks of fourteen-checks.test.ts that are about identities: when one is there, and for which requests. */
import type { Server } from 'node:https'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { ascii, connect, externalPsk, TestClient } from '../helpers/client/index.ts'
import { alertOf, alerts, answerRequest, ask } from '../core/support.ts'
import { aliceCredential, createApp, dial, get, listen, parse, trusting } from '../fastify/helpers.ts'
import { alice, as, bob, Holder, Sites } from './sites.ts'

t.test('8. publish the identity only after Certificate, CertificateVerify and Finished; a Finished with no Certificate is unexpected_message', async (t) => {
  const server = new Sites('sealed').server()
  const { joint } = new Holder(server)
  ask(joint)
  const messages = joint.client.answer(joint.client.requests[0]!, as(alice))
  for (const message of messages) {
    t.equal(joint.connection.identity, null)
    joint.deliver(joint.client.handshake(message))
  }
  t.match(joint.connection.identity, { authorized: true })

  for (const omit of [['certificate', 'certificateVerify'], ['certificateVerify'], ['certificate']] as const) {
    const { joint: lone } = new Holder(server)
    ask(lone)
    answerRequest(lone, 0, { ...as(alice), omit })
    t.equal(alertOf(lone), alerts.unexpected_message)
    t.equal(lone.connection.identity, null)
  }
})

t.test('9. empty certificate: either fatal certificate_required or identity cleared; never keep the old one silently', async (t) => {
  const server = new Sites('sealed').server()
  for (const failIfNoCertificate of [true, false]) {
    const { joint } = new Holder(server)
    ask(joint)
    answerRequest(joint, 0, as(alice))
    t.match(joint.connection.identity, { authorized: true })
    ask(joint, { failIfNoCertificate })
    answerRequest(joint, 1)
    t.equal(alertOf(joint), failIfNoCertificate ? alerts.certificate_required : null)
    if (!failIfNoCertificate) t.equal(joint.connection.identity, null)
  }
})

t.test('11. no PHA on h2 or external-PSK connections', async (t) => {
  const key = new Uint8Array(32).fill(1)
  const server = new Sites('sealed').server({}, { alpnProtocols: ['h2'], externalPsk: () => ({ key, hash: 'sha256' }) })
  const { joint } = new Holder(server, { alpnProtocols: ['h2'] })
  t.throws(() => { ask(joint) }, { name: 'RefusedError', refusal: 'HTTP2' })
  const external = server.pair({ postHandshakeAuth: true, psks: [{ session: externalPsk(Uint8Array.of(1), key) }] }).handshake()
  t.throws(() => { ask(external) }, { name: 'RefusedError', refusal: 'EXTERNAL_PSK' })
})

t.test('13. limit: one outstanding request, a maximum certificate size', async (t) => {
  const server = new Sites('sealed').server()
  const { joint } = new Holder(server)
  ask(joint)
  t.throws(() => { ask(joint) }, { name: 'RefusedError', refusal: 'PENDING' })
  const long = as(alice).credential
  answerRequest(joint, 0, { credential: { ...long, chain: [...long.chain, ...Array.from({ length: 10 }, () => bob.certificate)] } })
  t.equal(alertOf(joint), alerts.bad_certificate)
  const { joint: another } = new Holder(server)
  ask(another)
  answerRequest(another, 0, { credential: { ...long, chain: [...long.chain, new Uint8Array(100 * 1024)] } })
  t.equal(alertOf(another), alerts.decode_error)
})

/** An application that asks on one route, and says on every route who it takes the client for. */
async function asking (t: Test, options = {}): Promise<{ app: FastifyInstance<Server>, port: number }> {
  const app = await createApp(t, { ...trusting, ...options })
  app.get('/open', async ({ tls }) => tls.peerCertificate?.subject ?? 'nobody')
  app.get('/require', { config: { tls: { clientCertificate: 'require' } } }, async ({ tls }) => tls.peerCertificate?.subject)
  app.post('/require', { config: { tls: { clientCertificate: 'require' } } }, async ({ tls }) => tls.peerCertificate?.subject)
  return { app, port: await listen(app) }
}

t.test('2. Host matches SNI on routes that need a certificate, else 421', async (t) => {
  const { app, port } = await asking(t)
  app.tls.addContext('b.example', trusting)
  const tls = await dial(t, port)
  t.equal(parse(await tls.request(get('/require').replace('localhost', 'b.example'))).status, 421)
  const unnamed = await dial(t, port, { serverName: null })
  t.equal(parse(await unnamed.request(get('/require').replace('localhost', 'b.example'))).status, 421)
  t.equal(tls.client.requests.length + unnamed.client.requests.length, 0, 'and nobody is asked')
})

t.test('3. route requires a certificate: the ticket must hold a verified identity, otherwise PHA', async (t) => {
  const { port } = await asking(t)
  const first = await dial(t, port)
  const [before] = await first.expectTickets(2)
  first.send(get('/require'))
  await first.answerCertificateRequest({ credential: aliceCredential })
  t.equal(parse(await first.response()).body, 'CN=alice')
  const after = (await first.expectTickets(4))[3]

  const without = await dial(t, port, { psks: [{ session: before! }] })
  t.equal(parse(await without.request(get('/open'))).body, 'nobody')
  without.send(get('/require'))
  await without.answerCertificateRequest()
  t.equal(parse(await without.response()).status, 403)

  const having = await dial(t, port, { psks: [{ session: after! }] })
  t.equal(parse(await having.request(get('/require'))).body, 'CN=alice')
  t.equal(having.client.requests.length, 0)
})

t.test('10. data received between CertificateRequest and Finished is unauthenticated; a pipelined request does not inherit', async (t) => {
  const { port } = await asking(t)
  const tls = await dial(t, port)
  tls.send(get('/require') + get('/open'))
  const request = await tls.expectCertificateRequest()
  tls.send(get('/open'))
  tls.write(tls.client.handshake(tls.client.answer(request, { credential: aliceCredential })))
  t.equal(parse(await tls.response()).body, 'CN=alice', 'the request waits for Finished')
  t.equal(parse(await tls.response()).body, 'nobody', 'what came with it')
  t.equal(parse(await tls.response()).body, 'nobody', 'what came before the answer')
  t.equal(parse(await tls.request(get('/open'))).body, 'CN=alice', 'what came after it')
})

t.test('11. never use a 0-RTT request\'s identity on a PHA route', async (t) => {
  const { port } = await asking(t)
  const first = await dial(t, port)
  first.send(get('/require'))
  await first.answerCertificateRequest({ credential: aliceCredential })
  await first.response()
  await first.expectTickets(4)

  const client = new TestClient({ serverName: 'localhost', psks: [{ session: first.client.tickets[3]! }], earlyData: true })
  const tls = await connect(port, client)
  t.teardown(() => tls.destroy())
  tls.write(client.clientHello())
  tls.write(client.earlyData(ascii(get('/require'))))
  await tls.expectMessage(20)
  t.equal(client.facts.encryptedExtensions.has(42), false, 'early data is not accepted')
  tls.write(client.flight2())
  t.match(parse(await tls.request(get('/open'))), { status: 200, body: 'CN=alice' }, 'the first that is answered was said after Finished')
})

t.test('13. limit: a timeout, a maximum buffered body', async (t) => {
  const { port } = await asking(t, { clientCertificateTimeout: 1, maxBufferedBody: 100 })
  const silent = await dial(t, port)
  t.equal(parse(await silent.request(get('/require'))).status, 408)
  const { port: patient } = await asking(t, { maxBufferedBody: 100 })
  const tls = await dial(t, patient)
  tls.send('POST /require HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n' + 'x'.repeat(100_000))
  t.equal(parse(await tls.response()).status, 413)
})
