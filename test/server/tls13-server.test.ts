import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { get } from 'node:https'
import t from 'tap'
import type { Test } from 'tap'
import { Tls13Server } from '../../lib/server/tls13-server.ts'
import type { TicketKeyStore } from '../../types/session.ts'
import { createAuthority } from '../helpers/pki.ts'
import { ca, rest, secure, serve, settings } from './support.ts'

const skip = await canListen('::1') ? false : 'this machine has no ::1'

t.test('it is an https.Server with the limits it was given', async (t) => {
  const server = new Tls13Server(settings(), { requestTimeout: 0, keepAliveTimeout: 1234, maxHeaderSize: 20_000 })
  t.equal(server.keepAliveTimeout, 1234)
  t.equal(server.requestTimeout, 0)
  t.equal(server.headersTimeout, 60_000, 'headers have a limit of their own')
  t.equal(new Tls13Server(settings(), { requestTimeout: 500 }).headersTimeout, 500)
})

t.test('one response is one write of the TCP socket', async (t) => {
  const { server, port } = await serve(t, { numTickets: 0 }, {}, (_request, response) => {
    response.setHeader('content-type', 'text/plain')
    response.write('first ')
    response.end('second')
  })
  const connected = once(server, 'connection')
  const client = await secure(t, port)
  const [raw] = await connected
  let writes = 0
  const write = raw.write
  raw.write = function (...args: unknown[]) {
    writes++
    return Reflect.apply(write, this, args)
  }
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  let text = ''
  while (!text.includes('0\r\n\r\n')) text += String((await once(client, 'data'))[0])
  t.equal(writes, 1)
})

t.test('localhost: all its addresses, one server', { skip }, async (t) => {
  twoAddresses(t)
  const server = new Tls13Server(settings(), {}, (request, response) => response.end(request.socket.localAddress))
  await new Promise<void>((resolve) => server.listen({ port: 0, host: 'localhost' }, resolve))
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.1', '::1']) {
    const client = await secure(t, port, { host })
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    t.match(String((await once(client, 'data'))[0]), host)
  }
  t.equal(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count))), 2)
  server.unref().ref()
  await new Promise((resolve) => server.close(resolve))
  for (const host of ['127.0.0.1', '::1']) await t.rejects(secure(t, port, { host }), { code: 'ECONNREFUSED' })
})

t.test('localhost: a port that is taken on one address is an error, and nothing stays open', { skip }, async (t) => {
  twoAddresses(t)
  for (const host of ['127.0.0.1', '::1']) {
    const other = createServer().listen(0, host)
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const server = new Tls13Server(settings())
    server.listen(port, 'localhost')
    const [error] = await once(server, 'error')
    t.equal(error.code, 'EADDRINUSE')
    other.close()
    await once(other, 'close')
    t.equal(await canListen('127.0.0.1', port) && await canListen('::1', port), true)
  }
})

t.test('localhost: closed before it listens, it does not', async (t) => {
  const server = new Tls13Server(settings())
  server.on('listening', () => t.fail('it listens'))
  server.listen(0, 'localhost')
  await new Promise((resolve) => server.close(resolve))
  await new Promise<void>((resolve, reject) => dns.lookup('localhost', (error) => error === null ? resolve() : reject(error)))
  await new Promise(setImmediate)
  t.equal(server.listening, false)
})

t.test('contexts and ticket keys are those of the settings', async (t) => {
  const { server, port } = await serve(t)
  const authority = createAuthority({ name: 'Another Root' })
  const other = authority.issueServer({ subjectAltName: ['DNS:other.example'] })
  server.addContext('other.example', { key: other.keyPem, cert: other.pem })
  const client = await secure(t, port, { servername: 'other.example', ca: authority.pem })
  t.equal(client.getPeerCertificate().subjectaltname, 'DNS:other.example')
  server.setSecureContext({ key: other.keyPem, cert: other.pem })
  await t.rejects(secure(t, port), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  server.setTicketKeys(Buffer.alloc(48, 1))
  t.throws(() => server.getTicketKeys(), { code: 'FST_TLS13_INVALID_OPTION' })
})

t.test('a ticket is taken by the next connection, and with the same keys by another server', async (t) => {
  const ticketKeys = Buffer.alloc(48, 7)
  const servers = [await serve(t, { ticketKeys }), await serve(t, { ticketKeys })]
  const first = await secure(t, servers[0]!.port)
  const [session] = await once(first, 'session')
  const again = await secure(t, servers[1]!.port, { session })
  t.equal(again.isSessionReused(), true)
})

t.test('ticket keys in a store are used by all its servers, which look after it while they listen', async (t) => {
  const slots = new Map<string, string>()
  let watching = 0
  const ticketKeys = (): TicketKeyStore => ({
    name: 'map',
    pollInterval: 1000,
    read: async () => [...slots.values()],
    async add (slot, value) { if (!slots.has(slot)) slots.set(slot, value) },
    watch () {
      watching++
      return () => { watching-- }
    }
  })
  const one = await serve(t, { ticketKeys })
  t.equal(watching, 1)
  while (slots.size < 2) await new Promise(setImmediate)
  const first = await secure(t, one.port)
  const [session] = await once(first, 'session')

  const other = await serve(t, { ticketKeys })
  t.equal((await secure(t, other.port, { session })).isSessionReused(), true, 'of a key that is looked up')
  t.equal(watching, 2)
  for (const { server } of [one, other]) {
    server.closeAllConnections()
    server.close()
  }
  t.equal(watching, 0)
})

t.test('HTTP/2 where the client chooses it', async (t) => {
  const { connect } = await import('node:http2')
  const { server, port } = await serve(t, { ALPNProtocols: ['h2', 'http/1.1'] }, {}, (request, response) => {
    const { socket } = request as unknown as { socket: { encrypted: boolean, remoteAddress: string } }
    response.end(`${request.httpVersion} ${socket.encrypted} ${socket.remoteAddress}`)
  })
  const session = connect(`https://127.0.0.1:${port}`, { ca })
  t.teardown(() => session.destroy())
  const bodies = await Promise.all([1, 2, 3].map(async () => {
    const chunks: Buffer[] = []
    for await (const chunk of session.request({ ':path': '/' })) chunks.push(chunk)
    return String(Buffer.concat(chunks))
  }))
  t.same(bodies, Array(3).fill('2.0 true 127.0.0.1'))

  const old = await secure(t, port, { ALPNProtocols: ['http/1.1'] })
  old.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  t.match(String(await rest(old)), /1\.1 true 127\.0\.0\.1$/)

  const goodbye = once(session, 'goaway')
  const closed = new Promise((resolve) => server.close(resolve))
  await goodbye
  await closed
})

t.test('clients of node:https are served', async (t) => {
  const { port } = await serve(t, {}, {}, (_request, response) => response.end('served'))
  const body = await new Promise<string>((resolve, reject) => {
    get({ host: '127.0.0.1', port, ca, agent: false }, async (response) => resolve(String((await response.toArray())[0]))).on('error', reject)
  })
  t.equal(body, 'served')
})

/** `localhost` has both addresses, whatever this machine says. */
function twoAddresses (t: Test): void {
  const { lookup } = dns
  t.teardown(() => { dns.lookup = lookup })
  dns.lookup = ((name: string, options: object, callback: Function) => {
    if (name !== 'localhost') return Reflect.apply(lookup, dns, [name, options, callback])
    callback(null, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }])
  }) as typeof lookup
}

async function canListen (host: string, port: number = 0): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}
