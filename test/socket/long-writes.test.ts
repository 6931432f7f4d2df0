/** Long writes that somebody else seals: their place on the way out, whatever comes behind them, and every sort of end. */
import { once } from 'node:events'
import t from 'tap'
import { LongWrites } from '../../lib/sealing/long-writes.ts'
import type { Sealer, Sealing } from '../../lib/socket/contracts.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import { serve } from './support.ts'
import type { Served } from './support.ts'
import type { Test } from 'tap'

/** Seals when it is told to. */
class PatientSealer implements Sealer {
  readonly pending: Array<() => void> = []
  released = 0
  readonly #here = new LongWrites(0, { crypto: 'node' })

  seal (...[run, chunks, done]: Parameters<Sealer['seal']>): Sealing {
    let sealing: Sealing | null = null
    const sealNow = (): Uint8Array => {
      sealing ??= this.#here.seal(run, chunks, done)
      return sealing.sealed!
    }
    this.pending.push(() => {
      sealNow()
      done()
    })
    return {
      get sealed () { return sealing?.sealed ?? null },
      sealNow,
      release: () => { this.released++ }
    }
  }

  async next (): Promise<void> {
    while (this.pending.length === 0) await new Promise((resolve) => setImmediate(resolve))
    this.pending.shift()!()
  }
}

async function patient (t: Test): Promise<{ sealer: PatientSealer, pair: Served['pair'], test: Served['test'] }> {
  const sealer = new PatientSealer()
  const { pair, test } = await serve(t, {}, 2 ** 16, sealer)
  return { sealer, pair, test }
}

const long = Buffer.alloc(200_000, 'long ')
const ends = (words: string) => (data: Uint8Array): boolean => Buffer.from(data).toString('latin1').endsWith(words)

/** Whatever its error. */
function closedOf (socket: TlsSocket): Promise<void> {
  socket.on('error', () => {})
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

t.test('what is sent later waits behind it: data, tickets, new keys, close_notify', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket, raw } = await pair()
  await new Promise((resolve) => socket.write('before ', resolve))
  const { bytesWritten } = raw
  socket.write(long)
  socket.sendTickets(1)
  socket.updateKeys(true)
  socket.end(' after')
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(raw.bytesWritten, bytesWritten, 'nothing has left')
  await sealer.next()
  t.equal(Buffer.from(await client.expectData(ends(' after'))).toString(), `before ${long} after`)
  t.equal((await client.expectAlert()).description, 0)
  t.equal(client.client.tickets.length, 3)
  t.equal(client.client.incoming.keyUpdates.length, 1)
  t.equal(sealer.released, 1)
})

t.test('a stream is told that it may write more when it has left', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  let written = false
  const told = new Promise<void>((resolve) => socket.write(long, () => { written = true; resolve() }))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(written, false)
  await sealer.next()
  await told
  t.ok(long.equals(await client.expectData(long.length)))
})

t.test('the next portion is being sealed while one is written, and no more than that', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const body = Buffer.alloc(4 * 2 ** 20, 'portion ')
  const told = new Promise((resolve) => socket.write(body, resolve))
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(sealer.pending.length, 2)
  const read = client.expectData(body.length)
  for (let portion = 0; portion < 4; portion++) await sealer.next()
  t.ok(body.equals(await read))
  await told
  t.equal(sealer.released, 4)
})

t.test('portions that are sealed in another order leave in theirs', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const body = Buffer.concat([Buffer.alloc(2 ** 20, 'first '), Buffer.alloc(2 ** 20, 'second ')])
  socket.write(body)
  while (sealer.pending.length < 2) await new Promise((resolve) => setImmediate(resolve))
  const [first, second] = sealer.pending.splice(0)
  second!()
  first!()
  t.ok(body.equals(await client.expectData(body.length)))
})

t.test('an alert of ours can be read: what it stands behind is sealed at once', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const closed = closedOf(socket)
  socket.write(long)
  client.write(Buffer.from([23, 3, 3, 0, 20, ...Buffer.alloc(20)]))
  t.equal((await client.expectAlert()).description, 20)
  t.ok(long.equals(client.client.plaintext.slice(0, long.length)))
  await closed
  t.equal(sealer.released, 1)
})

t.test('a socket that is destroyed in the meantime: nothing leaves, and the memory is given back', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const written = new Promise((resolve) => socket.write(long, resolve))
  socket.destroy()
  t.match(await written, Error)
  t.equal(sealer.released, 1)
  await sealer.next()
  await client.expectEnd()
  t.equal(client.client.plaintext.length, 0)
})

t.test('a client that resets in the meantime: the memory is given back at once', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const closed = closedOf(socket)
  const written = new Promise((resolve) => socket.write(long, resolve))
  client.socket.resetAndDestroy()
  t.match(await written, Error)
  await closed
  t.equal(sealer.released, 1)
  await sealer.next()
})

t.test('a client that ends in the meantime can still be written to, and one that is gone cannot', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const closed = closedOf(socket)
  const ended = once(socket, 'end')
  socket.resume()
  socket.write(long)
  client.destroy()
  await ended
  t.equal(sealer.released, 0)
  await sealer.next()
  await closed
  t.equal(sealer.released, 1)
})

t.test('where the key is renewed in its middle the connection seals it', async (t) => {
  const sealer = new PatientSealer()
  const node = (await serve(t)).test.configuration.crypto
  const cipherSuites = node.cipherSuites.map((suite) => ({ ...suite, recordLimit: 15 }))
  const { pair } = await serve(t, { configuration: { cipherSuites } }, 2 ** 16, sealer)
  const { client, socket } = await pair()
  socket.write(long)
  t.ok(long.equals(await client.expectData(long.length)))
  t.equal(sealer.pending.length, 0)
  t.ok(client.client.incoming.keyUpdates.length > 0)
})

t.test('by threads', async (t) => {
  const sealer = new LongWrites(1, { crypto: 'node' })
  t.teardown(() => sealer.close())
  const { pair } = await serve(t, {}, 2 ** 16, sealer)
  const body = Buffer.alloc(3 * 2 ** 20 + 5, 'by a thread, or not ')
  for (let round = 0; round < 10; round++) {
    const { client, socket } = await pair()
    socket.write('head ')
    socket.write(body)
    socket.end(' end')
    t.same(Buffer.from(await client.expectData(ends(' end'))).toString(), `head ${body} end`)
    t.equal((await client.expectAlert()).description, 0)
  }
})
