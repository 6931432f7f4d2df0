/** Upgrades: the route's `config.tls` is carried out before the connection changes its protocol. */
import websocket from '@fastify/websocket'
import t from 'tap'
import { aliceCredential, createApp, dial, listen, parse } from './helpers.ts'

t.test('a WebSocket route asks for a certificate', async (t) => {
  const app = await createApp(t)
  await app.register(websocket)
  app.get('/socket', { websocket: true, config: { tls: { clientCertificate: 'require' } } }, (socket, request) => {
    socket.send(request.tls.peerCertificate?.subject ?? 'nobody')
  })
  const port = await listen(app)

  const tls = await dial(t, port)
  tls.send(upgrade)
  await tls.answerCertificateRequest({ credential: aliceCredential })
  const greeting = Buffer.from(await tls.expectData((data) => Buffer.from(data).includes('CN=alice'))).toString('latin1')
  t.match(greeting, /^HTTP\/1\.1 101 /)

  const anonymous = await dial(t, port)
  anonymous.send(upgrade)
  await anonymous.answerCertificateRequest()
  t.match(parse(await anonymous.response()), { status: 403, body: /FST_TLS13_CLIENT_CERTIFICATE_REQUIRED/ })
})

const upgrade = [
  'GET /socket HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''
].join('\r\n')
