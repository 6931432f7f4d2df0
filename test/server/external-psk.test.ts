import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { externalPskLookup } from '../../lib/server/external-psk.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import type { Tls13Options } from '../../types/options.ts'
import { ascii, connect, externalPsk } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { checkRefusal, refuses } from '../helpers/invalid-option.ts'
import { serve } from './support.ts'

const key = Buffer.alloc(32, 7)
const longKey = Buffer.alloc(48, 8)
const offering = (identity: string): ClientOptions => ({ postHandshakeAuth: true, psks: [{ session: externalPsk(ascii(identity), key) }] })
type Option = NonNullable<Tls13Options['externalPsk']>

t.test('answers: bytes for SHA-256, both for another hash, null', async (t) => {
  const read = (answer: unknown): unknown => externalPskLookup(() => answer as never)(ascii('me'))
  t.same(read(key), { key, hash: 'sha256' })
  t.same(read(new Uint8Array(16)), { key: new Uint8Array(16), hash: 'sha256' })
  t.same(read({ key, hash: 'sha256' }), { key, hash: 'sha256' })
  t.same(read({ key: longKey, hash: 'sha384' }), { key: longKey, hash: 'sha384' })
  t.equal(read(null), null)
  t.same(await read(Promise.resolve(key)), { key, hash: 'sha256' })
  t.equal(await read(Promise.resolve(null)), null)
})

t.test('answers that are none: refused, and nothing of the key is shown', async (t) => {
  const secret = 'a secret of the application'
  const wrong: Array<[unknown, RegExp]> = [
    ...[undefined, secret, 1, true, [], {}, { key: secret, hash: 'sha256' }, { key }, { key, hash: 'sha512' }, { key, hash: 'SHA256' }, { hash: 'sha256' }]
      .map((answer): [unknown, RegExp] => [answer, /gave neither bytes/]),
    [Buffer.from(secret.slice(0, 15)), /a key of 15 bytes: at least 16/],
    [{ key: Buffer.from(secret.slice(0, 15)), hash: 'sha384' }, /a key of 15 bytes/],
    [new Uint8Array(0), /a key of 0 bytes/]
  ]
  for (const [answer, reason] of wrong) {
    refuses(t, () => externalPskLookup((() => answer) as Option)(ascii('me')), 'externalPsk', reason, [secret.slice(0, 15)])
    const error = await Promise.resolve(externalPskLookup((async () => answer) as Option)(ascii('me'))).then(() => null, (error) => error)
    checkRefusal(t, error, 'externalPsk', reason, [secret.slice(0, 15)])
  }
})

t.test('the identity is a Buffer of its own', async (t) => {
  const identity = ascii('me')
  let seen: Buffer | null = null
  await externalPskLookup((given) => { seen = given; given.fill(0); return null })(identity)
  t.ok(Buffer.isBuffer(seen))
  t.same(identity, ascii('me'))
})

t.test('a server with keys: they are used, others do a full handshake', async (t) => {
  const { server, port } = await serve(t, { externalPsk: async (identity) => String(identity) === 'me' ? key : null }, {}, (_request, response) => response.end('served'))
  for (const [identity, selected] of [['me', 0], ['you', null]] as const) {
    const accepted = once(server, 'secureConnection')
    const client = await connect(port, offering(identity))
    t.teardown(() => client.destroy())
    await client.handshake()
    t.match(await client.request('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), /served$/)
    t.equal(client.client.facts.selectedIdentity, selected)
    const [socket] = await accepted as [TlsSocket]
    t.equal(socket.authorized, false, 'a key is no certificate')
    t.match(socket.connection.info, { externalPsk: selected === 0 })
    const asked = socket.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true, timeout: 10_000 })
    if (selected === 0) {
      await t.rejects(asked, { code: 'FST_TLS13_PHA_EXTERNAL_PSK', statusCode: 403 })
    } else {
      await client.answerCertificateRequest()
      t.match(await asked, { outcome: 'empty' }, 'a client without a key may be asked')
    }
  }
})

t.test('psk_ke by option', async (t) => {
  const { port } = await serve(t, { externalPsk: () => key, pskKeyExchangeModes: ['psk_ke'] })
  const client = await connect(port, { ...offering('me'), groups: null, pskModes: [0] })
  t.teardown(() => client.destroy())
  await client.handshake()
  await client.expectTickets(1)
  t.equal(client.client.facts.group, null)
})

t.test('a wrong answer ends the handshake, and the server learns why', async (t) => {
  const { port, errors } = await serve(t, { externalPsk: () => Buffer.alloc(3) })
  const client = await connect(port, offering('me'))
  t.teardown(() => client.destroy())
  client.write(client.client.clientHello())
  t.equal((await client.expectAlert()).description, 80)
  await client.expectEnd()
  t.match(errors, [{ error: { code: 'TLS13_INTERNAL_ERROR', cause: { code: 'FST_TLS13_INVALID_OPTION' } } }])
})

t.test('node:tls as the client', async (t) => {
  const { port } = await serve(t, { externalPsk: (identity) => String(identity) === 'me' ? key : null })
  const client = connectTls({ host: '127.0.0.1', port, ciphers: 'PSK:TLS_AES_128_GCM_SHA256', checkServerIdentity: () => undefined, pskCallback: () => ({ identity: 'me', psk: key }) })
  t.teardown(() => client.destroy())
  await once(client, 'secureConnect')
  t.equal(client.getProtocol(), 'TLSv1.3')
  t.strictSame(client.getPeerCertificate(), {}, 'it was shown no certificate')
})
