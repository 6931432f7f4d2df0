/** Long writes that somebody else seals: their place on the way out, whatever comes behind them, and every sort of end. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import t from 'tap'
import { takeOutputMemory } from '../../lib/core/record/output-memory.ts'
import { layOut, sealRecords, type RecordRun } from '../../lib/core/record/record-run.ts'
import { LongWrites } from '../../lib/sealing/long-writes.ts'
import type { Connection, Sealer, Sealing, SealingThread } from '../../lib/socket/contracts.ts'
import { Outbound } from '../../lib/socket/outbound.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import { serve } from './support.ts'
import type { Served } from './support.ts'
import type { Test } from 'tap'

/** What a thread does when it is its turn: it may write what it has sealed, and may end in the middle of it. */
type Work = (records: Uint8Array, descriptor: number) => { written: number, error?: Error }

const onlySeals: Work = () => ({ written: 0 })
const writes = (most: number): Work => (records, descriptor) => ({ written: writeSync(descriptor, records.subarray(0, most)) })

/** Seals, and writes, when it is told to, as a thread would. */
class PatientSealer implements Sealer, SealingThread {
  readonly pending: Array<() => void> = []
  released = 0
  /** Another than `onlySeals` uses the descriptor, where there is one. */
  work: Work = onlySeals

  threadFor (length: number): SealingThread | null { return length < 2 ** 15 ? null : this }

  seal (...[run, chunks, descriptor, done]: Parameters<SealingThread['seal']>): Sealing {
    let unwritten: Uint8Array | null = null
    const usesDescriptor = this.work !== onlySeals && descriptor >= 0
    this.pending.push(() => {
      const records = sealed(run, chunks)
      const { written, error } = usesDescriptor ? this.work(records, descriptor) : onlySeals(records, -1)
      if (error === undefined) unwritten = records.subarray(written)
      done(error ?? null)
    })
    return {
      get unwritten () { return unwritten },
      usesDescriptor,
      release: () => { this.released++ }
    }
  }

  async next (): Promise<void> {
    while (this.pending.length === 0) await new Promise((resolve) => setImmediate(resolve))
    this.pending.shift()!()
  }
}

function sealed (run: RecordRun, chunks: readonly Uint8Array[]): Uint8Array {
  const records = new Uint8Array(run.length)
  layOut(run, chunks, records)
  sealRecords(run.suite, run.keys, run.sequenceNumber, records)
  return records
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

t.test('an alert of ours can be read, behind what it stands behind', async (t) => {
  const { sealer, pair } = await patient(t)
  const { client, socket } = await pair()
  const closed = closedOf(socket)
  socket.write(long)
  client.write(Buffer.from([23, 3, 3, 0, 20, ...Buffer.alloc(20)]))
  const alert = client.expectAlert()
  await once(socket, 'error')
  await sealer.next()
  t.equal((await alert).description, 20)
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

t.test('what a thread has written is not written again, and what comes behind it is', async (t) => {
  for (const most of [Infinity, 100_000, 1]) {
    const { sealer, pair } = await patient(t)
    sealer.work = writes(most)
    const { client, socket, raw } = await pair()
    const { bytesWritten } = raw
    socket.write(long)
    socket.sendTickets(1)
    socket.end(' after')
    await sealer.next()
    t.equal(Buffer.from(await client.expectData(ends(' after'))).toString(), `${long} after`)
    t.equal((await client.expectAlert()).description, 0)
    if (most === Infinity) t.ok(raw.bytesWritten < bytesWritten + 1000)
    t.equal(sealer.released, 1)
  }
})

t.test('one portion after the other is lent the descriptor', async (t) => {
  const { sealer, pair } = await patient(t)
  sealer.work = writes(Infinity)
  const { client, socket } = await pair()
  const body = Buffer.alloc(3 * 2 ** 20, 'portion ')
  const told = new Promise((resolve) => socket.write(body, resolve))
  const read = client.expectData(body.length)
  for (let portion = 0; portion < 3; portion++) {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    t.equal(sealer.pending.length, 1)
    await sealer.next()
  }
  t.ok(body.equals(await read))
  await told
  t.equal(sealer.released, 3)
})

t.test('nobody but the socket writes where something waits to be written', async (t) => {
  const { sealer, pair } = await patient(t)
  const descriptors: number[] = []
  sealer.work = (records, descriptor) => {
    descriptors.push(descriptor)
    return writes(Infinity)(records, descriptor)
  }
  const { client, socket, raw } = await pair()
  raw.cork()
  socket.write('head ')
  socket.flush()
  await new Promise((resolve) => setImmediate(resolve))
  socket.write(long)
  await new Promise((resolve) => setImmediate(resolve))
  raw.uncork()
  await sealer.next()
  t.equal(Buffer.from(await client.expectData(5 + long.length)).toString(), `head ${long}`)
  t.strictSame(descriptors, [])
  socket.write(long)
  await sealer.next()
  t.equal(descriptors.length, 1)
})

t.test('a socket that is destroyed while its descriptor is lent is closed when it comes back', async (t) => {
  for (const destroy of [
    (socket: TlsSocket): void => { socket.destroy() },
    (_: TlsSocket, raw: Socket): void => { raw.destroy() },
    (_: TlsSocket, raw: Socket): void => { raw.resetAndDestroy() }
  ]) {
    const { sealer, pair } = await patient(t)
    sealer.work = writes(10)
    const { client, socket, raw } = await pair()
    const closed = closedOf(socket)
    let gone = false
    raw.once('close', () => { gone = true })
    socket.write(long)
    destroy(socket, raw)
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(gone, false)
    const { bytesRead } = client.socket
    await sealer.next() // to whom it was meant for, as the descriptor is still that of this connection
    await closed
    await client.expectEnd()
    t.ok(client.socket.bytesRead <= bytesRead + 10)
    t.equal(sealer.released, 1)
  }
})

t.test('a client that resets while the descriptor is lent', async (t) => {
  const { sealer, pair } = await patient(t)
  sealer.work = (records, descriptor) => {
    try {
      return writes(Infinity)(records, descriptor)
    } catch {
      return { written: 0 }
    }
  }
  const { client, socket, raw } = await pair()
  const closed = closedOf(socket)
  const written = new Promise((resolve) => socket.write(long, resolve))
  client.socket.resetAndDestroy()
  while (!raw.destroyed) await new Promise((resolve) => setImmediate(resolve))
  await sealer.next()
  t.match(await written, Error)
  await closed
  t.equal(sealer.released, 1)
})

t.test('an alert waits for whoever has the descriptor, and so does a client that sends more', async (t) => {
  const { sealer, pair } = await patient(t)
  sealer.work = writes(1000)
  const { client, socket } = await pair()
  const failed = once(socket, 'error')
  socket.write(long)
  client.write(Buffer.from([23, 3, 3, 0, 20, ...Buffer.alloc(20)]))
  await failed
  client.write(Buffer.alloc(100))
  const alert = client.expectAlert()
  await sealer.next()
  t.equal((await alert).description, 20)
  t.ok(long.equals(client.client.plaintext.slice(0, long.length)))
})

t.test('where nobody knows what was written, the connection ends', async (t) => {
  const { sealer, pair } = await patient(t)
  const error = new Error('the thread is no more')
  sealer.work = (records, descriptor) => ({ ...writes(5)(records, descriptor), error })
  const { client, socket } = await pair()
  const told: unknown[] = []
  socket.on('error', (error) => told.push(error))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const written = new Promise((resolve) => socket.write(long, resolve))
  await sealer.next()
  await closed
  t.strictSame(told, [error])
  t.equal(await written, error)
  await client.expectEnd()
  t.equal(sealer.released, 1)
})

t.test('a socket that a thread writes to is not idle', async (t) => {
  const { sealer, pair } = await patient(t)
  sealer.work = writes(Infinity)
  const { client, socket, raw } = await pair()
  const set: number[] = []
  const { setTimeout } = raw
  raw.setTimeout = function (milliseconds: number, ...rest: [(() => void)?]) {
    set.push(milliseconds)
    return setTimeout.call(this, milliseconds, ...rest)
  }
  for (const milliseconds of [0, 60_000]) {
    socket.setTimeout(milliseconds)
    socket.write(long)
    await sealer.next()
    await client.expectData(long.length)
  }
  t.strictSame(set, [0, 60_000, 60_000])
})

t.test('threads, and a client that reads when the kernel takes no more', async (t) => {
  const sealer = new LongWrites(1, { crypto: 'node' })
  t.teardown(() => sealer.close())
  const { pair } = await serve(t, {}, 2 ** 16, sealer)
  const body = Buffer.alloc(12 * 2 ** 20 + 5, 'more than the kernel takes ')
  const { client, socket, raw } = await pair()
  const ready = once(process, 'worker').then(async ([thread]) => await once(thread, 'message'))
  socket.write(body.subarray(0, 2 ** 18))
  await client.expectData(2 ** 18)
  await ready
  const read = client.expectData(body.length)
  client.socket.pause()
  socket.end(body)
  while (!raw.writableNeedDrain && !socket.writableFinished) await new Promise((resolve) => setImmediate(resolve))
  client.socket.resume()
  t.ok(body.equals(await read))
  t.equal((await client.expectAlert()).description, 0)
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

t.test('memory serves again when a TCP socket has written it, and never behind another stream, which may keep it', async (t) => {
  const { raw } = await (await serve(t)).pair()
  for (const [stream, returns] of [[raw, true], [new Writable({ write: (_chunk, _encoding, callback) => callback() }) as Socket, false]] as const) {
    const output = takeOutputMemory(50_000)
    const connection = { takeOutput: () => output } as unknown as Connection
    new Outbound(stream, connection, new LongWrites(1, { crypto: 'node' })).flush()
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
    t.equal(takeOutputMemory(50_000).buffer === output.buffer, returns)
  }
})
