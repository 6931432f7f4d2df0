/** The test client against node:tls, so that it is known to be right before it judges our server. */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import type { Server, TlsOptions, TLSSocket } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { createAuthority } from '../pki.ts'
import type { KeyType } from '../pki.ts'
import { ascii, compress, compressions, connect, decompress, externalPsk, groups, resuming, TestClient } from './index.ts'

const root = createAuthority({ name: 'Root' })

async function listen (t: Test, options: TlsOptions = {}): Promise<{ server: Server, port: number }> {
  const credential = root.issueServer()
  const server = createServer({ key: credential.keyPem, cert: credential.pem, minVersion: 'TLSv1.3', ...options }, (socket: TLSSocket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => { socket.write(`${socket.isSessionReused() ? 'again' : 'new'} ${socket.authorized ? 'known' : 'unknown'} ${data.toString()}`) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return { server, port: (server.address() as AddressInfo).port }
}

t.test('every suite and group, an exporter, tickets, resumption, close_notify', async (t) => {
  for (const suite of [0x1301, 0x1302, 0x1303]) {
    for (const group of [groups.x25519, groups.secp256r1, groups.secp384r1, groups.secp521r1]) {
      const { server, port } = await listen(t, { ecdhCurve: 'X25519:P-256:P-384:P-521' })
      const accepted = once(server, 'secureConnection')
      const tls = await connect(port, { cipherSuites: [suite], groups: [group], grease: true, sessionId: new Uint8Array(32).fill(7) })
      await tls.handshake()
      tls.send('hello')
      t.equal(Buffer.from(await tls.expectData(17)).toString(), 'new unknown hello')
      const [socket] = await accepted as [TLSSocket]
      t.same(Buffer.from(tls.client.exporter(24, 'a label', Buffer.from('c'))), socket.exportKeyingMaterial(24, 'a label', Buffer.from('c')))
      const { length } = await tls.expectTickets(2)
      t.equal(length, 2)
      tls.close()
      await tls.expectEnd()
      const again = await connect(port, resuming(tls.client))
      await again.handshake()
      again.send('hello')
      t.equal(Buffer.from(await again.expectData(19)).toString(), 'again unknown hello')
      t.equal(again.client.facts.selectedIdentity, 0)
      again.destroy()
    }
  }
})

t.test('HelloRetryRequest', async (t) => {
  const { port } = await listen(t, { ecdhCurve: 'P-384' })
  const tls = await connect(port, { groups: [groups.x25519, groups.secp384r1] })
  await tls.handshake()
  tls.send('x')
  t.equal(Buffer.from(await tls.expectData(13)).toString(), 'new unknown x')
  t.equal(tls.client.incoming.helloRetryRequest?.group, groups.secp384r1)
  const again = await connect(port, resuming(tls.client))
  await again.handshake()
  again.send('x')
  t.equal(Buffer.from(await again.expectData(15)).toString(), 'again unknown x')
  tls.destroy()
  again.destroy()
})

t.test('client certificates of every key type', async (t) => {
  const { port } = await listen(t, { requestCert: true, rejectUnauthorized: true, ca: root.pem })
  for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] satisfies KeyType[]) {
    const issued = root.issueClient({ keyType })
    const tls = await connect(port)
    await tls.handshake({ credential: { chain: [issued.certificate], privateKey: issued.privateKey } })
    tls.send(keyType)
    t.equal(Buffer.from(await tls.expectData(10 + keyType.length)).toString(), `new known ${keyType}`)
    tls.destroy()
  }
  const tls = await connect(port)
  await tls.handshake()
  t.equal((await tls.expectAlert()).description, 116)
  tls.destroy()
})

t.test('records split and padded, KeyUpdate both ways, a refused binder and Finished', async (t) => {
  const { port } = await listen(t)
  const client = new TestClient()
  const tls = await connect(port, client)
  tls.write(client.clientHello({}, { split: [1, 2, 70] }))
  await tls.expectMessage(20)
  tls.write(client.flight2({}, { split: [3, 30], padding: 200 }))
  tls.write(client.keyUpdate(1))
  tls.send('one')
  t.equal(Buffer.from(await tls.expectData(15)).toString(), 'new unknown one')
  t.same(client.incoming.keyUpdates, [0])
  tls.destroy()
  const wrong = await connect(port)
  await wrong.handshake({ editVerifyData: (right) => right.map((byte) => byte ^ 1) })
  t.equal((await wrong.expectAlert()).description, 51)
  wrong.destroy()
  const session = client.tickets[0]!
  const unbound = await connect(port, { psks: [{ session, binder: (right) => right.map((byte) => byte ^ 1) }] })
  unbound.write(unbound.client.clientHello())
  t.ok([47, 51].includes((await unbound.expectAlert()).description))
  unbound.destroy()
})

t.test('suites and groups that have to be named', async (t) => {
  const ciphers = 'TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256:DEFAULT@SECLEVEL=0'
  const { port } = await listen(t, { ciphers, ecdhCurve: 'X25519:X448:ffdhe2048:ffdhe3072' })
  for (const suite of [0x1304, 0x1305]) {
    for (const group of [groups.x25519, groups.x448, groups.ffdhe2048, groups.ffdhe3072]) {
      const tls = await connect(port, { cipherSuites: [suite], groups: [group] })
      await tls.handshake()
      tls.send('x'.repeat(1000))
      t.equal((await tls.expectData(1012)).length, 1012)
      t.equal(tls.client.facts.cipherSuite, suite)
      t.equal(tls.client.facts.group, group)
      tls.destroy()
    }
  }
})

t.test('psk_ke', async (t) => {
  const { port } = await listen(t, { secureOptions: constants.SSL_OP_ALLOW_NO_DHE_KEX })
  const first = await connect(port, { pskModes: [0] })
  await first.handshake()
  await first.expectTickets(1)
  for (const options of [{ pskModes: [0] }, { pskModes: [0], groups: null }]) {
    const again = await connect(port, resuming(first.client, options))
    await again.handshake()
    again.send('x')
    t.equal(Buffer.from(await again.expectData(15)).toString(), 'again unknown x')
    t.equal(again.client.facts.group, null)
    again.destroy()
  }
  first.destroy()
})

t.test('an external PSK', async (t) => {
  const key = Buffer.alloc(32, 7)
  const { port } = await listen(t, { pskCallback: (_socket, identity) => identity === 'me' ? key : null, ciphers: 'PSK:TLS_AES_128_GCM_SHA256' })
  const tls = await connect(port, { psks: [{ session: externalPsk(ascii('me'), key) }] })
  await tls.handshake()
  tls.send('x')
  await tls.expectData(1)
  t.equal(tls.client.facts.selectedIdentity, 0)
  tls.destroy()
})

t.test('a stapled OCSP response', async (t) => {
  const { server, port } = await listen(t)
  server.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, Buffer.from('response')))
  const asking = await connect(port, { statusRequest: true })
  await asking.handshake()
  t.equal(Buffer.from(asking.client.facts.ocspResponse!).toString(), 'response')
  asking.destroy()
  const silent = await connect(port)
  await silent.handshake()
  t.equal(silent.client.facts.ocspResponse, null)
  silent.destroy()
})

t.test('compression is what it undoes', async (t) => {
  for (const algorithm of [compressions.zlib, compressions.brotli]) t.same(decompress(algorithm, compress(algorithm, ascii('bytes'.repeat(50)))), ascii('bytes'.repeat(50)))
  t.throws(() => compress(9, ascii('x')), /cannot compress by 9/)
})
