/** A TlsSocket beside the tls.TLSSocket of node:https: one client, two servers, the same answers. */
import { once } from 'node:events'
import { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions, DetailedPeerCertificate, TLSSocket } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { configure } from '../../lib/server/configuration.ts'
import { Tls13Server } from '../../lib/server/tls13-server.ts'
import { createAuthority } from '../helpers/pki.ts'

const root = createAuthority({ name: 'Test Root' })
const intermediate = root.issueAuthority({ name: 'Test Intermediate' })
const server = intermediate.issueServer()
const client = intermediate.issueClient({ name: 'alice' })
const stranger = createAuthority({ name: 'Another Root' }).issueClient({ name: 'mallory' })
const options = {
  key: server.keyPem,
  cert: server.pem + intermediate.pem,
  ca: root.pem,
  requestCert: true,
  rejectUnauthorized: false,
  ALPNProtocols: ['http/1.1']
}

for (const [who, connection] of Object.entries({
  'a client with a certificate': { key: client.keyPem, cert: client.pem + intermediate.pem, ALPNProtocols: ['http/1.1'], servername: 'localhost' },
  'a client without a certificate': {},
  'a client that is not trusted': { key: stranger.keyPem, cert: stranger.pem },
  'a client that names a server and no protocol': { key: client.keyPem, cert: client.pem + intermediate.pem, servername: 'localhost' }
} satisfies Record<string, ConnectionOptions>)) {
  t.test(who, async (t) => {
    const reference = await seen(t, new Server(options), connection)
    t.match(reference, { encrypted: true, protocol: 'TLSv1.3' })
    t.same(await seen(t, new Tls13Server(configure(options)), connection), reference)
  })
}

t.test('a client without a certificate: what it has not', async (t) => {
  const { socket } = await accept(t, new Tls13Server(configure(options)), {})
  t.equal(socket.authorized, false)
  t.equal(socket.authorizationError, 'UNABLE_TO_GET_ISSUER_CERT', 'as in node:tls, when one was asked for')
  t.same(socket.getPeerCertificate(), {})
  t.equal(socket.getPeerX509Certificate(), undefined)
})

t.test('a chain in detail: each certificate with its issuer, as far as the client sent them', async (t) => {
  const cert = client.pem + intermediate.pem + root.pem
  const { socket } = await accept(t, new Tls13Server(configure(options)), { key: client.keyPem, cert })
  const leaf = socket.getPeerCertificate(true) as DetailedPeerCertificate
  t.equal(leaf.subject.CN, 'alice')
  t.equal(leaf.issuerCertificate.subject.CN, 'Test Intermediate')
  const top = leaf.issuerCertificate.issuerCertificate
  t.equal(top.subject.CN, 'Test Root')
  t.equal(top.issuerCertificate, top)
})

t.test('a resumed connection says so', async (t) => {
  const server = new Tls13Server(configure(options))
  const first = await accept(t, server, {})
  t.equal(first.socket.isSessionReused(), false)
  const [session] = await once(first.client, 'session')
  const { socket } = await accept(t, server, { session })
  t.equal(socket.isSessionReused(), true)
  t.match(socket.getX509Certificate()?.subject, 'CN=localhost', 'the certificate of the context')
})

t.test('a socket that is destroyed has nothing to say', async (t) => {
  const server = new Tls13Server(configure(options))
  const { socket } = await accept(t, server, {})
  socket.destroy()
  t.equal(socket.getPeerCertificate(), null)
  t.equal(socket.getCertificate(), null)
  t.equal(socket.readyState, 'closed')
  await once(socket, 'close')
  t.throws(() => socket.exportKeyingMaterial(32, 'EXPORTER-Test', Buffer.alloc(0)), { code: 'FST_TLS13_CONNECTION_CLOSED' })
})

async function accept (t: Test, server: Server, connection: ConnectionOptions): Promise<{ socket: TLSSocket, client: TLSSocket }> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
  }
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'secureConnection')
  const client = connect({ host: '127.0.0.1', port, ca: root.pem, ciphers: 'TLS_AES_128_GCM_SHA256', ...connection })
  t.teardown(() => client.destroy())
  const [[socket]] = await Promise.all([accepted, once(client, 'secureConnect')])
  return { socket, client }
}

/** All that application code asks of a socket, without what differs each time. */
async function seen (t: Test, server: Server, connection: ConnectionOptions): Promise<object> {
  const { socket, client } = await accept(t, server, connection)
  const exported = [socket, client].map((end) => end.exportKeyingMaterial(32, 'EXPORTER-Test', Buffer.from('context')))
  socket.write('12345')
  await once(client, 'data')
  return {
    encrypted: socket.encrypted,
    authorized: socket.authorized,
    authorizationError: socket.authorizationError,
    alpnProtocol: socket.alpnProtocol,
    servername: (socket as unknown as { servername: unknown }).servername,
    peer: socket.getPeerCertificate(),
    peerX509: socket.getPeerX509Certificate()?.fingerprint256,
    own: socket.getCertificate(),
    ownX509: socket.getX509Certificate()?.fingerprint256,
    cipher: socket.getCipher(),
    protocol: socket.getProtocol(),
    ephemeral: socket.getEphemeralKeyInfo(),
    ticket: socket.getTLSTicket(),
    reused: socket.isSessionReused(),
    exporter: exported[0]!.equals(exported[1]!),
    remote: [socket.remoteAddress, socket.remotePort === client.localPort, socket.remoteFamily],
    local: [socket.localAddress, socket.localPort === client.remotePort, socket.localFamily],
    address: Object.keys(socket.address()),
    bytes: [socket.bytesRead, socket.bytesWritten],
    state: [socket.readyState, socket.connecting, socket.pending],
    same: [socket.setNoDelay(true), socket.setKeepAlive(true, 1000), socket.ref(), socket.unref(), socket.setTimeout(0)].every((it) => it === socket)
  }
}
