/** Node's own https client, which has OpenSSL's tickets but no post-handshake authentication. */
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import type { RequestOptions } from 'node:https'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { files, listen, root, serverKey } from './app.ts'
import type { Answer, App } from './app.ts'

const alice = { cert: files.alice.credential.pem, key: files.alice.credential.keyPem }

t.test('plain requests, with every sort of server key', async (t) => {
  for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] as const) {
    const app = await listen(t, serverKey(keyType))
    t.match(await get(app, '/'), { status: 200, answer: { servername: 'localhost' } }, keyType)
  }
})

t.test('a connection that is kept alive', async (t) => {
  const app = await listen(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  for (let i = 0; i < 5; i++) ports.add((await get(app, '/', { agent })).localPort)
  t.equal(ports.size, 1)
  agent.destroy()
})

t.test('an agent resumes', async (t) => {
  const app = await listen(t)
  const agent = new Agent({ maxCachedSessions: 10 })
  t.match((await get(app, '/', { agent })).answer, { resumed: false })
  t.match((await get(app, '/', { agent })).answer, { resumed: true })
  agent.destroy()
})

t.test('a client certificate in the handshake', async (t) => {
  const app = await listen(t, { requestCert: true })
  t.match(await get(app, '/', alice), { status: 200, answer: { peer: 'CN=alice', authorized: true } })
  await t.rejects(get(app, '/'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' })
  const stranger = { cert: files.stranger.credential.pem, key: files.stranger.credential.keyPem }
  await t.rejects(get(app, '/', stranger), { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })
})

t.test('a route that asks for a certificate says why it cannot be asked', async (t) => {
  const app = await listen(t)
  const { status, body } = await get(app, '/secret', alice)
  t.equal(status, 403)
  t.match(JSON.parse(body), { code: 'FST_TLS13_PHA_NOT_OFFERED' })
  t.match(await get(app, '/optional', alice), { status: 200, answer: { peer: null } })
})

t.test('a client of older versions is refused', async (t) => {
  const app = await listen(t)
  await t.rejects(get(app, '/', { maxVersion: 'TLSv1.2' }), { message: /alert protocol version/ })
  t.ok(app.journal.lines.includes('alert sent protocol_version'))
})

t.test('sessions are counted as tickets, keying material is the same', async (t) => {
  const app = await listen(t, { numTickets: 4 })
  const socket = connect({ port: app.port, servername: 'localhost', ca: root.pem })
  let sessions = 0
  socket.on('session', () => { sessions++ })
  await once(socket, 'secureConnect')
  const answer = await exchange(socket, '/')
  t.equal(sessions, 4)
  t.equal(answer.exported, socket.exportKeyingMaterial(32, 'EXPORTER-test', Buffer.alloc(0)).toString('hex'))
  socket.end()
  await once(socket, 'close')
})

t.test('the key log is that of the client', async (t) => {
  const app = await listen(t)
  const lines: string[] = []
  const socket = connect({ port: app.port, servername: 'localhost', ca: root.pem })
  socket.on('keylog', (line: Buffer) => { lines.push(line.toString().trim()) })
  await once(socket, 'secureConnect')
  await exchange(socket, '/')
  t.strictSame(lines.sort(), app.keyLog.map(line => line.trim()).sort())
  socket.end()
  await once(socket, 'close')
})

interface Result { status: number, body: string, answer: Answer | null, localPort: number | undefined }

async function get (app: App, path: string, options: RequestOptions = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const outgoing = request(app.url + path, { ca: root.pem, ...options }, (response) => {
      const { localPort } = response.socket
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => { chunks.push(chunk) }).on('error', reject).on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const status = response.statusCode!
        resolve({ status, body, answer: status === 200 ? JSON.parse(body) : null, localPort })
      })
    })
    outgoing.on('error', reject).end()
  })
}

async function exchange (socket: TLSSocket, path: string): Promise<Answer> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  let received = ''
  while (!received.endsWith('"done":true}')) received += String((await once(socket, 'data'))[0])
  return JSON.parse(received.slice(received.indexOf('{')))
}
