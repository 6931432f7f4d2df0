import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { ServerConnection } from '../../lib/core/connection.ts'
import { giveOutputMemory, takeOutputMemory } from '../../lib/core/record/output-memory.ts'
import { buffered, serve, uncaughtException } from './support.ts'

t.test('application data goes both ways', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  client.send('question')
  const [question] = await once(socket, 'data')
  t.equal(String(question), 'question')
  socket.write('answer')
  t.equal(String(Buffer.from(await client.expectData())), 'answer')
  t.equal(socket.bytesRead, 8)
  t.equal(socket.bytesWritten, 6)
})

t.test('strings, buffers and empty chunks of one flush are one write of the TCP socket', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  let writes = 0
  const write = raw.write
  raw.write = function (...args: unknown[]) {
    writes++
    return Reflect.apply(write, this, args)
  }
  socket.cork()
  socket.write('h\u00e9ad', 'latin1')
  socket.write('')
  socket.write(Buffer.from('body'))
  socket.write(new Uint8Array(0))
  socket.uncork()
  t.same(Buffer.from(await client.expectData(8)).toString('latin1'), 'h\u00e9adbody')
  t.equal(writes, 1)
  socket.write('')
  await new Promise<void>((resolve) => socket.write(Buffer.alloc(0), () => resolve()))
  t.equal(writes, 1, 'nothing to say, nothing written')
})

t.test('a peer that does not read holds the writer back', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  client.socket.pause()
  const chunk = Buffer.alloc(2 ** 20)
  let written = 0
  while (!raw.writableNeedDrain) socket.write(chunk, () => { written++ })
  const accepted = socket.bytesWritten
  socket.write(chunk)
  socket.write(chunk)
  t.equal(socket.bytesWritten, accepted, 'what comes after a full TCP socket waits in the stream')
  t.equal(socket.writableNeedDrain, true)
  const drained = once(socket, 'drain')
  client.socket.resume()
  await drained
  t.ok(written > 0)
  t.equal(socket.bytesWritten, accepted + 2 * chunk.length)
})

t.test('a reader that does not read holds the peer back', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const total = 64 * 2 ** 20
  const sent = (async () => {
    for (let i = 0; i < total; i += 2 ** 16) {
      client.send(new Uint8Array(2 ** 16))
      if (client.socket.writableNeedDrain) await once(client.socket, 'drain')
    }
  })()
  await once(raw, 'pause')
  await setTimeout(20)
  t.ok(socket.readableLength < 2 ** 18, 'a chunk or two of the TCP socket, not more')
  let length = 0
  for await (const data of socket) {
    length += data.length
    if (length >= total) break
  }
  await sent
  t.equal(length, total)
})

t.test('a peer that asks for replies and does not read them is not read', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  socket.resume()
  client.socket.pause()
  const chunk = Buffer.alloc(2 ** 20)
  while (!raw.writableNeedDrain) socket.write(chunk)
  const paused = once(raw, 'pause')
  client.write(client.client.keyUpdate(1))
  await paused
  const resumed = once(raw, 'resume')
  client.socket.resume()
  await resumed
  t.pass('and is read again when it has')
})

t.test('close_notify ends the reading and not the writing', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  socket.allowHalfOpen = true
  client.send('last words')
  client.write(client.client.closeNotify())
  const [words] = await once(socket, 'data')
  await once(socket, 'end')
  t.equal(String(words), 'last words')
  socket.end('still here')
  t.equal(String(Buffer.from(await client.expectData())), 'still here')
  t.same((await client.expectAlert()).description, 0)
  await once(socket, 'close')
})

t.test('end() says close_notify and then FIN, after all that was written', async (t) => {
  const { pair, test } = await serve(t)
  const { client, socket } = await pair()
  client.socket.allowHalfOpen = true
  const closed = once(socket, 'close')
  socket.resume()
  socket.end('goodbye')
  t.equal(String(Buffer.from(await client.expectData())), 'goodbye')
  t.match(await client.expectAlert(), { level: 1, description: 0 })
  await client.expectEnd()
  client.close()
  await closed
  t.same(test.of('connectionClosed'), [[null, true]], 'clean')
})

t.test('the end of TCP without close_notify is an end, and not a clean one', async (t) => {
  const { pair, test } = await serve(t)
  const { client, socket } = await pair()
  client.send('cut')
  client.socket.end()
  const closed = once(socket, 'close')
  const [data] = await once(socket, 'data')
  t.equal(String(data), 'cut')
  await closed
  t.same(test.of('connectionClosed'), [[null, false]])
})

t.test('what was received before TCP closed both ways can still be read', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  socket.end()
  await once(socket, 'finish')
  client.send('late')
  const closed = once(raw, 'close')
  client.socket.end()
  await closed
  t.equal(socket.destroyed, false)
  const ended = once(socket, 'close')
  const [data] = await once(socket, 'data')
  t.equal(String(data), 'late')
  await ended
})

t.test('destroy() closes TCP without close_notify', async (t) => {
  const { pair, told } = await serve(t)
  const { client, socket } = await pair()
  socket.write('half of an answer')
  socket.destroy()
  await once(socket, 'close')
  await client.expectEnd()
  t.same(client.client.alerts, [])
  t.equal(socket.readyState, 'closed')
  t.equal(told.closed, 1)
})

t.test('destroySoon() closes when all that was written has left', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  const answer = Buffer.alloc(2 ** 22, 'x')
  const closed = once(socket, 'close')
  socket.write(answer)
  socket.destroySoon()
  t.equal((await client.expectData(answer.length)).length, answer.length)
  await closed
  await client.expectEnd()
})

t.test('where nothing comes behind, it closes TCP without ending it before, but for what the kernel has not taken yet', async (t) => {
  const { pair } = await serve(t)
  for (const filled of [false, true]) {
    const { client, socket, raw } = await pair()
    const piece = Buffer.alloc(4096, 'x')
    let sent = 0
    const write = async (): Promise<void> => {
      await new Promise((resolve) => socket.write(piece, resolve))
      sent += piece.length
    }
    client.socket.pause()
    await write()
    if (filled) while (raw.writableLength === 0) await write()
    socket.expectNothingBehind({ complete: true })
    const closed = once(socket, 'close')
    socket.destroySoon()
    client.socket.resume()
    t.equal((await client.expectData(sent)).length, sent)
    await closed
    await client.expectEnd()
    t.same(client.client.alerts.map(({ description }) => description), [0])
    t.equal(raw.writableEnded, filled)
  }
})

t.test('an answer before the end of the question reaches a client that reads when it has sent all', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const closed = once(raw, 'close')
  socket.once('data', () => {
    socket.pause()
    socket.write('too large')
    socket.destroySoon()
  })
  client.socket.pause()
  client.send(Buffer.alloc(2 ** 23, 'q'))
  await once(client.socket, 'drain')
  client.socket.resume()
  t.equal(String(Buffer.from(await client.expectData(9))), 'too large')
  await client.expectEnd()
  t.same(client.client.alerts.map(({ description }) => description), [0])
  client.destroy()
  await closed
})

t.test("a reset is the stream's error", async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  const failed = once(socket, 'error')
  client.socket.resetAndDestroy()
  const [error] = await failed
  t.equal(error.code, 'ECONNRESET')
  t.equal(socket.destroyed, true)
})

t.test('a write that the connection never takes is answered with an error', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  client.socket.pause()
  socket.on('error', () => {})
  const chunk = Buffer.alloc(2 ** 20)
  while (!raw.writableNeedDrain) socket.write(chunk)
  const outcome = new Promise((resolve) => socket.write(chunk, resolve))
  socket.destroy()
  t.match(await outcome, Error)
})

t.test('TLS that fails: the alert reaches a peer that goes on sending, the error the stream', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  socket.resume()
  const closed = once(raw, 'close')
  const failed = once(socket, 'error')
  const bad = client.client.data('tampered with')
  bad[bad.length - 1]! ^= 1
  client.write(bad)
  for (let i = 0; i < 8; i++) client.send('more of the same')
  const [error] = await failed
  t.match(error, { code: 'TLS13_BAD_RECORD_MAC', origin: 'local' })
  t.match(await client.expectAlert(), { level: 2, description: 20 })
  await client.expectEnd()
  await closed
})

t.test('TLS that fails: a peer that never stops sending is cut off', async (t) => {
  const { dial, told } = await serve(t)
  const { client, socket, raw } = await dial()
  const closed = once(raw, 'close')
  client.socket.on('error', () => {}).allowHalfOpen = true
  client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  const flood = setInterval(() => client.socket.writable && client.write(Buffer.alloc(2 ** 20)), 1)
  t.teardown(() => clearInterval(flood))
  await closed
  t.ok(raw.bytesRead > 2 ** 24)
  t.equal(socket.destroyed, true)
  t.match(told, { secure: 0, failures: [{ code: 'TLS13_NOT_TLS' }], closed: 1 })
})

t.test("the peer's alert is the stream's error and is not answered", async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  socket.resume()
  const failed = once(socket, 'error')
  client.write(client.client.alert(2, 80))
  const [error] = await failed
  t.match(error, { code: 'TLS13_PEER_ALERT', origin: 'peer', alertName: 'internal_error' })
  await client.expectEnd()
  t.same(client.client.alerts, [])
})

t.test('what a reader throws is its own affair: the connection goes on', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  const thrown = uncaughtException(t)
  socket.once('data', () => { throw new Error('a bug of the application') })
  client.write(Buffer.concat([client.client.data('first'), client.client.data('second')]))
  t.equal((await thrown).message, 'a bug of the application')
  const read: string[] = []
  socket.on('data', (data) => read.push(String(data)))
  client.send('third')
  while (read.length < 2) await once(socket, 'data')
  t.strictSame(read, ['second', 'third'])
})

t.test('what a reader keeps stays what it was, whatever comes afterwards on this connection or another', async (t) => {
  const { pair } = await serve(t)
  const [a, b] = [await pair(), await pair()]
  const kept: Buffer[] = []
  for (const { socket } of [a, b]) socket.on('data', (data: Buffer) => kept.push(data))
  const sizes = [1, 100, 5000, 16_384, 40_000]
  for (const size of sizes) {
    for (const [{ client, socket }, letter] of [[a, 'a'], [b, 'b']] as const) {
      const wanted = socket.bytesRead + size
      client.send(letter.repeat(size))
      while (socket.bytesRead < wanted) await once(socket, 'data')
    }
  }
  const text = Buffer.concat(kept).toString()
  t.equal(text, sizes.map((size) => 'a'.repeat(size) + 'b'.repeat(size)).join(''))
})

t.test("'timeout' is told and nothing else happens", async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  await new Promise<void>((resolve) => socket.setTimeout(10, resolve))
  t.equal(socket.timeout, 10)
  socket.setTimeout(0)
  client.send('awake')
  const [data] = await once(socket, 'data')
  t.equal(String(data), 'awake')
  const listener = (): void => {}
  socket.setTimeout(1000, listener)
  t.equal(socket.listenerCount('timeout'), 1)
  socket.setTimeout(0, listener)
  t.equal(socket.listenerCount('timeout'), 0)
})

t.test('data that arrives before there is a reader waits for it', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  client.send('early')
  await buffered(socket, 5)
  t.equal(String(socket.read()), 'early')
})

t.test('a long write is sealed no faster than the peer takes it', async (t) => {
  const { pair, test } = await serve(t)
  const { client, socket, raw } = await pair()
  client.socket.pause()
  const { counters } = test.configuration
  const before = counters.plaintextSent
  const body = Buffer.alloc(32 * 2 ** 20)
  const written = new Promise<void>((resolve) => socket.write(body, () => resolve()))
  while (!raw.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve))
  const held = counters.plaintextSent - before
  t.ok(held < body.length, `${held} bytes are sealed`)
  t.ok(raw.writableLength < 2 ** 21, `${raw.writableLength} bytes are held for TCP`)
  client.socket.removeAllListeners('data').resume() // to be taken, not to be read
  await written
  t.equal(socket.bytesWritten, body.length)
})

t.test('a long write of many chunks is cut where it has to be', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  const chunks = [2 ** 19, 2 ** 19, 1, 3 * 2 ** 20, 5].map((length, index) => Buffer.alloc(length, index + 1))
  socket.cork()
  for (const chunk of chunks) socket.write(chunk)
  socket.uncork()
  const body = Buffer.concat(chunks)
  t.ok(body.equals(Buffer.from(await client.expectData(body.length))))
})

t.test('a stream that is destroyed in the middle of a long write seals no more of it', async (t) => {
  const { pair, test } = await serve(t)
  const { client, socket, raw } = await pair()
  client.socket.pause()
  const failed = new Promise((resolve) => socket.write(Buffer.alloc(32 * 2 ** 20), resolve))
  while (!raw.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve))
  const { plaintextSent } = test.configuration.counters
  socket.destroy()
  t.match(await failed, { code: 'FST_TLS13_CONNECTION_CLOSED' })
  await once(socket, 'close')
  t.equal(test.configuration.counters.plaintextSent, plaintextSent)
})

t.test('a long write whose connection fails in the middle ends with the connection', async (t) => {
  const { pair } = await serve(t)
  const { socket } = await pair()
  const failed = once(socket, 'error')
  const outcome = new Promise((resolve) => socket.write(Buffer.alloc(8 * 2 ** 20), resolve))
  ;(socket.connection as ServerConnection).close() // what comes next is refused
  t.match(await outcome, { refusal: 'CLOSED' })
  t.match(await failed, [{ refusal: 'CLOSED' }])
})

t.test('memory of what is short serves again when the kernel has it, and not before', async (t) => {
  const { pair } = await serve(t)
  const slow = await pair()
  const quick = await pair()
  const { buffer } = takeOutputMemory(200)
  giveOutputMemory(new Uint8Array(buffer))
  quick.socket.write('at once')
  await quick.client.expectData(7)
  t.equal(takeOutputMemory(200).buffer, buffer)

  slow.client.socket.pause()
  while (!slow.raw.writableNeedDrain) {
    slow.socket.write(Buffer.alloc(2 ** 16, 'f'))
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let i = 0; i < 50; i++) {
    slow.socket.sendTickets(1)
    quick.socket.write('over it')
    await new Promise((resolve) => setImmediate(resolve))
  }
  slow.client.socket.resume()
  t.equal((await slow.client.expectTickets(52)).length, 52)
})
