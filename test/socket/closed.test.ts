/** What a socket is when its connection is over: the facts, and nothing of what the connection had. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import { clientCredential } from '../helpers/server.ts'
import { serve } from './support.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const terms = { failIfNoCertificate: false, rejectUnauthorized: false, timeout: 10_000 }

t.test('it says what it said before', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair({ postHandshakeAuth: true })
  const answer = socket.requestClientCertificate(terms)
  await client.answerCertificateRequest({ credential: clientCredential() })
  await answer
  client.send('12345')
  socket.write('123')
  await once(socket, 'data')
  const before = facts(socket)
  t.match(before, { authorized: true, certificateRequested: true, resumed: false, protocol: 'TLSv1.3', bytes: [5, 3], ticketsSent: 4, remote: [/./, /./, 'IPv4'] })
  socket.destroy()
  await once(socket, 'close')
  t.same(facts(socket), before)
  t.match(socket.identity?.chain.length, 1)
  t.equal(socket.readerIdentity, socket.identity)
  t.equal(socket.readsEarlyData, false)
  t.same([socket.localAddress, socket.address()], [undefined, {}], 'as net.Socket')
})

t.test('what would send or derive is refused', async (t) => {
  const { pair } = await serve(t)
  const { socket } = await pair()
  socket.destroy()
  await once(socket, 'close')
  const closed = { code: 'FST_TLS13_CONNECTION_CLOSED' }
  t.throws(() => socket.sendTickets(1), closed)
  t.throws(() => { socket.numTickets = 1 }, closed)
  t.throws(() => socket.updateKeys(true), closed)
  t.throws(() => socket.exportKeyingMaterial(32, 'EXPORTER-Test'), closed)
  await t.rejects(socket.requestClientCertificate(terms), closed)
  t.match(await new Promise((resolve) => socket.write('late', resolve)), { code: 'ERR_STREAM_DESTROYED' })
})

t.test('what ends it, or sets it, has no effect', async (t) => {
  const { pair } = await serve(t)
  const { socket } = await pair()
  socket.destroy()
  await once(socket, 'close')
  socket.flush()
  socket.abort('INTERNAL_ERROR', 'too late')
  socket.expectNothingBehind({ complete: true })
  socket.destroySoon()
  t.equal(socket.getProtocol(), 'TLSv1.3', 'it did not fail')
  t.equal(socket.setNoDelay().setKeepAlive().ref().unref().setTimeout(5), socket)
})

const lingering = 'the stream does not wait for TCP, which lingers'

for (const [how, end] of Object.entries({
  'the stream is destroyed first': (socket: TlsSocket) => { socket.destroy() },
  'TCP is closed first': (_, raw) => { raw.destroy() },
  [lingering]: (socket: TlsSocket) => { socket.abort('INTERNAL_ERROR', 'no more') }
} satisfies Record<string, (socket: TlsSocket, raw: Socket) => void>)) {
  t.test(`who keeps it keeps nothing of the connection: ${how}`, async (t) => {
    const { pair } = await serve(t)
    const { client, socket, raw } = await pair()
    socket.on('error', () => {})
    const connection = new WeakRef(socket.connection)
    const closed = Promise.all([socket, raw].map((stream) => new Promise((resolve) => stream.once('close', resolve))))
    end(socket, raw)
    client.destroy()
    await closed
    t.ok(await isCollected(connection))
    t.equal(socket.connection.connected, how !== lingering)
  })
}

t.test('what came before TCP was closed can be read afterwards', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  client.send('all of it')
  client.close()
  socket.end()
  await once(raw, 'close')
  t.equal(socket.destroyed, false)
  t.equal(String(socket.read()), 'all of it')
  const connection = new WeakRef(socket.connection)
  socket.resume()
  await once(socket, 'close')
  t.ok(await isCollected(connection))
  t.equal(socket.bytesRead, 9)
})

function facts (socket: TlsSocket): object {
  const { connection } = socket
  return {
    authorized: socket.authorized,
    authorizationError: socket.authorizationError,
    alpnProtocol: socket.alpnProtocol,
    servername: socket.servername,
    protocol: socket.getProtocol(),
    cipher: socket.getCipher(),
    peer: socket.getPeerX509Certificate()?.fingerprint256,
    own: socket.getX509Certificate()?.fingerprint256,
    resumed: socket.isSessionReused(),
    remote: [socket.remoteAddress, socket.remotePort, socket.remoteFamily],
    bytes: [socket.bytesRead, socket.bytesWritten],
    timeout: socket.timeout,
    connected: connection.connected,
    failed: connection.failed,
    numTickets: socket.numTickets,
    ticketsSent: connection.ticketsSent,
    postHandshakeAuth: connection.postHandshakeAuth,
    certificateRequested: connection.certificateRequested
  }
}

/** Collected more than once: a WeakRef that was looked at in a turn holds until its end. */
async function isCollected (reference: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 20 && reference.deref() !== undefined; i++) {
    await turn()
    collect()
  }
  return reference.deref() === undefined
}
