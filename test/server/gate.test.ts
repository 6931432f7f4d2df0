import { once } from 'node:events'
import { Server } from 'node:https'
import { connect as connectTcp } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import { attach } from '../../lib/server/gate.ts'
import { connect as connectClient } from '../helpers/client/index.ts'
import { rest, secure, serve, settings, tcp } from './support.ts'

t.test('a handshake that takes too long ends with an alert', async (t) => {
  const { port, errors, failures, server } = await serve(t, { handshakeTimeout: 50 })
  const client = await tcp(t, port)
  t.same(await rest(client), Buffer.from('1503030002025a', 'hex'), 'user_canceled, and nothing else')
  t.match(errors, [{ error: { code: 'TLS13_HANDSHAKE_TIMEOUT' } }])
  t.same(failures, ['timeout timeout'])
  t.equal(server.gate.handshakesInProgress, 0)
})

t.test('handshakes over the cap are closed at once and counted', async (t) => {
  const { port, failures, server } = await serve(t, { maxPendingHandshakes: 1 })
  const first = await tcp(t, port)
  while (server.gate.handshakesInProgress === 0) await new Promise(setImmediate)
  const second = await tcp(t, port)
  second.on('error', () => {})
  second.resume()
  await once(second, 'close')
  t.same(failures, ['abort overload'])
  first.destroy()
  while (server.gate.handshakesInProgress === 1) await new Promise(setImmediate)
  const accepted = once(server, 'secureConnection')
  await secure(t, port)
  await accepted
  t.equal(server.gate.connections, 1, 'there is room again')
})

t.test('handshakes over the cap of one address are closed at once, those of another go on', async (t) => {
  const { port, failures, server } = await serve(t, { maxPendingHandshakes: 4, maxPendingHandshakesPerAddress: 2 })
  const from = async (localAddress: string): Promise<Socket> => {
    const before = server.gate.handshakesInProgress
    const socket = connectTcp({ port, host: '127.0.0.1', localAddress })
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    while (server.gate.handshakesInProgress === before) await new Promise(setImmediate)
    return socket
  }
  const refused = async (localAddress: string): Promise<void> => {
    const socket = connectTcp({ port, host: '127.0.0.1', localAddress }).resume()
    socket.on('error', () => {})
    await once(socket, 'close')
  }
  const [first] = [await from('127.0.0.1'), await from('127.0.0.1')]
  await refused('127.0.0.1')
  t.same(failures, ['abort overload'])
  await from('127.0.0.2')
  first!.destroy()
  while (server.gate.handshakesInProgress === 3) await new Promise(setImmediate)
  await from('127.0.0.1')
  await refused('127.0.0.1')
  await from('127.0.0.2')
  await refused('127.0.0.3')
  t.same(failures, ['abort overload', 'abort eof', 'abort overload', 'abort overload'], 'the last by the cap of all')
})

t.test('a handshake that is complete, or failed, counts no longer', async (t) => {
  const { port, failures, server } = await serve(t, { maxPendingHandshakesPerAddress: 1 })
  for (let count = 0; count < 3; count++) {
    const noise = await tcp(t, port)
    noise.write('noise')
    await once(noise.resume(), 'close')
    while (server.gate.handshakesInProgress > 0) await new Promise(setImmediate)
    const accepted = once(server, 'secureConnection')
    await secure(t, port)
    await accepted
  }
  t.same(failures, Array(3).fill('failure not_tls'))
})

t.test('nor does one that took too long', async (t) => {
  const { port, failures } = await serve(t, { maxPendingHandshakesPerAddress: 1, handshakeTimeout: 20 })
  for (let count = 0; count < 3; count++) await rest(await tcp(t, port))
  t.same(failures, Array(3).fill('timeout timeout'))
})

t.test('close() ends handshakes in progress and connections on which nothing was said', async (t) => {
  const { server, port, errors, failures } = await serve(t)
  const [handshaking, silent] = [await tcp(t, port), await secure(t, port)]
  while (server.gate.handshakesInProgress === 0 || server.gate.connections === 0) await new Promise(setImmediate)
  const ends = [once(handshaking.resume(), 'close'), once(silent.resume(), 'close')]
  await new Promise((resolve) => server.close(resolve))
  await Promise.all(ends)
  t.same(errors, [], "it was not the clients' fault")
  t.same(failures, ['abort eof'])
})

for (const [what, bytes] of Object.entries({
  'plain HTTP': 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a TLS record that is none': '\x16\x03\x01\xff\xff',
  'a ClientHello of a length of its own': '\x16\x03\x01\x00\x04\x01\xff\xff\xff',
  noise: '\x00\x01\x02\x03\x04\x05\x06\x07'
})) {
  t.test(`${what} gets an alert and never an HTTP response`, async (t) => {
    const { port, errors } = await serve(t)
    const client = await tcp(t, port)
    client.write(Buffer.from(bytes, 'latin1'))
    const answer = await rest(client)
    t.equal(answer.length, 7)
    t.same(answer.subarray(0, 6), Buffer.from([0x15, 3, 3, 0, 2, 2]), 'a fatal alert')
    t.equal(errors.length, 1)
    t.match(errors[0]!.error.code, /^TLS13_/)
    t.equal(errors[0]!.socket.destroyed, true)
    t.equal(errors[0]!.socket.remoteAddress, '127.0.0.1')
  })
}

t.test('a listener of clientError that answers does it to nobody', async (t) => {
  const { server, port } = await serve(t)
  server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const client = await tcp(t, port)
  client.write('GET / HTTP/1.1\r\n\r\n')
  t.equal((await rest(client)).length, 7, 'the alert')
})

for (const [how, leave] of Object.entries({ FIN: 'end', RST: 'resetAndDestroy' } as const)) {
  t.test(`a client that leaves during the handshake by ${how}`, async (t) => {
    const { server, port, failures } = await serve(t)
    const client = await tcp(t, port)
    while (server.gate.handshakesInProgress === 0) await new Promise(setImmediate)
    const failed = once(server, 'tlsClientError')
    client[leave]()
    const [error] = await failed
    t.equal(error.code, 'ECONNRESET')
    while (failures.length === 0) await new Promise(setImmediate)
    t.same(failures, ['abort eof'])
  })
}

t.test("a client's alert is told, by name", async (t) => {
  const { server, port } = await serve(t)
  const failed = once(server, 'tlsClientError')
  const client = await connectClient(port)
  t.teardown(() => client.destroy())
  client.write(client.client.clientHello())
  await client.expectMessage(20)
  client.write(client.client.alert(2, 48))
  const [error] = await failed
  t.match(error, { code: 'TLS13_PEER_ALERT', origin: 'peer', alertName: 'unknown_ca' })
})

t.test('attach: a server of node:https serves by our TLS', async (t) => {
  const server = new Server((_request, response) => response.end('attached'))
  const gate = attach(server, settings())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = await secure(t, port)
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  t.match(String(await rest(client)), /\r\n\r\nattached$/)
  const handshaking = await tcp(t, port)
  while (gate.handshakesInProgress === 0) await new Promise(setImmediate)
  const ended = once(handshaking.resume(), 'close')
  await new Promise((resolve) => server.close(resolve))
  await ended
})

t.test('attach: other listeners stay, and where OpenSSL cannot be told from them nothing is changed', async (t) => {
  const server = new Server()
  const listener = (): void => {}
  server.on('connection', listener)
  attach(server, settings())
  t.equal(server.listeners('connection').includes(listener), true)
  const strange = new Server()
  strange.removeAllListeners('connection')
  t.throws(() => attach(strange, settings()), /cannot be told/)
  strange.on('connection', () => {})
  strange.on('connection', () => {})
  t.throws(() => attach(strange, settings()), /cannot be told/)
  t.equal(strange.listenerCount('connection'), 2)
})
