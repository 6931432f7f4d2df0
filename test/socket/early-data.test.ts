/** A TlsSocket before its handshake is complete, when early data was accepted. */
import { once } from 'node:events'
import t from 'tap'
import { earlyDataTerms } from '../core/support.ts'
import { resuming } from '../helpers/client/index.ts'
import type { Test } from 'tap'
import { buffered, serve } from './support.ts'
import type { Served } from './support.ts'

type Early = Awaited<ReturnType<Served['dial']>>

/** A client that sent early data, and the server's socket for it once it has that. */
async function early (t: Test, data: string, maxEarlyData: number = 1000): Promise<Early & { served: Served }> {
  const served = await serve(t, { configuration: { earlyData: earlyDataTerms({ maxEarlyData }) } })
  const first = await served.pair()
  await first.client.expectTickets(1)
  const pair = await served.dial(resuming(first.client.client, { earlyData: true }))
  const arrived = once(pair.socket, 'early')
  pair.client.sendEarly(data)
  await arrived
  await pair.client.expectMessage(20)
  return { ...pair, served }
}

t.test('it is read and answered, and what comes later is told from it', async (t) => {
  const { client, socket, served } = await early(t, 'early')
  t.equal(served.told.early, 1)
  t.equal(String(socket.read()), 'early')
  t.equal(socket.readsEarlyData, true)
  t.equal(socket.readerIdentity, null)
  t.equal(socket.getProtocol(), 'TLSv1.3')
  t.equal(socket.getCipher()?.name, socket.connection.info!.cipher)
  t.equal(socket.isSessionReused(), true)
  socket.write('answer')
  t.equal(Buffer.from(await client.expectData()).toString(), 'answer')
  client.write(client.client.earlyData(' and more'))
  await buffered(socket, 9)
  const complete = socket.handshakeComplete()
  t.equal(socket.handshakeComplete(), complete, 'one promise for all who wait')
  await client.completeHandshake()
  client.send('late')
  await complete
  await buffered(socket, 13)
  t.equal(String(socket.read(9)), ' and more')
  t.equal(socket.readsEarlyData, true, 'also when it is read late')
  t.equal(String(socket.read()), 'late')
  t.equal(socket.readsEarlyData, false)
  t.same(served.told, { early: 1, secure: 2, closed: 0, failures: [] })
  await socket.handshakeComplete()
})

t.test('a reader that does not read keeps nobody from the client\'s Finished', async (t) => {
  const { client, socket } = await early(t, 'x'.repeat(100_000), 100_000)
  const complete = socket.handshakeComplete()
  await client.completeHandshake()
  client.send('y'.repeat(1000))
  await complete
  await new Promise<void>((resolve) => {
    let length = 0
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length === 101_000) resolve()
    })
  })
})

t.test('an end waits for the handshake, so that the client has its tickets', async (t) => {
  const { client, socket } = await early(t, 'early')
  socket.end('answer')
  t.equal(Buffer.from(await client.expectData()).toString(), 'answer')
  t.equal(socket.writableFinished, false)
  await client.completeHandshake()
  await client.expectTickets(1)
  t.equal((await client.expectAlert()).description, 0)
})

t.test('a handshake that fails is the end of it', async (t) => {
  for (const end of [
    ({ client }: Early) => client.destroy(),
    ({ socket }: Early) => socket.abort('HANDSHAKE_TIMEOUT', 'too late'),
    ({ socket }: Early) => { socket.destroy() }
  ]) {
    const pair = await early(t, 'early')
    const complete = pair.socket.handshakeComplete()
    pair.socket.end()
    end(pair)
    await t.rejects(complete, { code: 'FST_TLS13_CONNECTION_CLOSED' })
    t.equal(pair.socket.destroyed, true)
    t.equal(pair.served.told.secure, 1)
  }
  const { socket } = await early(t, 'early')
  socket.destroy()
  await once(socket, 'close')
  await t.rejects(socket.handshakeComplete(), { code: 'FST_TLS13_CONNECTION_CLOSED' })
})
