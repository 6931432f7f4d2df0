import t from 'tap'
import type { Socket } from 'node:net'
import { serve } from './support.ts'

t.test('what is short leaves at the end of the turn', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const writes = countWrites(raw)
  socket.write('short')
  t.equal(writes.count, 0)
  t.equal(Buffer.from(await client.expectData()).toString(), 'short')
  t.equal(writes.count, 1)
})

t.test('what its writer does when it was written leaves together with it', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const writes = countWrites(raw)
  socket.write('last', () => socket.destroySoon())
  t.equal(Buffer.from(await client.expectData()).toString(), 'last')
  t.equal((await client.expectAlert()).description, 0)
  t.equal(writes.count, 1, 'the data and close_notify')
})

t.test('what is long leaves at once', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const writes = countWrites(raw)
  socket.write(Buffer.alloc(16_385))
  t.equal(writes.count, 1)
  await client.expectData(16_385)
})

t.test('a response of 1 MiB is one write, head and body, and a longer one is one for each MiB', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const writes = countWrites(raw)
  for (const [mebibytes, expected] of [[1, 1], [3, 3]] as const) {
    writes.count = 0
    socket.cork()
    socket.write('head')
    socket.write(Buffer.alloc(mebibytes * 2 ** 20))
    socket.uncork()
    await client.expectData(4 + mebibytes * 2 ** 20)
    t.equal(writes.count, expected)
  }
})

t.test('what else is sent in the turn takes it along', async (t) => {
  const { pair, test } = await serve(t)
  const { client, socket, raw } = await pair()
  const writes = countWrites(raw)
  const before = test.configuration.counters.wireSent
  const written = new Promise<void>((resolve) => socket.write('short', () => resolve()))
  socket.updateKeys(false)
  t.equal(writes.count, 1)
  await written
  t.equal(writes.count, 1)
  t.equal(Buffer.from(await client.expectData()).toString(), 'short')
  t.ok(test.configuration.counters.wireSent > before)
})

t.test('a stream that is destroyed in the turn has sent what it took', async (t) => {
  const { pair } = await serve(t)
  const { client, socket } = await pair()
  socket.write('last')
  socket.destroy()
  t.equal(Buffer.from(await client.expectData()).toString(), 'last')
})

t.test('what a client makes us reply waits with it', async (t) => {
  const { pair } = await serve(t)
  const { client, socket, raw } = await pair()
  const writes = countWrites(raw)
  socket.once('data', () => socket.write('answer'))
  client.write(Buffer.concat([client.client.data('question'), client.client.keyUpdate(1)]))
  t.equal(Buffer.from(await client.expectData()).toString(), 'answer')
  t.equal(writes.count, 1, 'the answer and the KeyUpdate are one write')
})

function countWrites (raw: Socket): { count: number } {
  const writes = { count: 0 }
  const { write } = raw
  raw.write = function (...args: unknown[]) {
    writes.count++
    return Reflect.apply(write, this, args)
  }
  return writes
}
