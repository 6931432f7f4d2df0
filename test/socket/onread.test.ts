/** TCP sockets are read into one buffer for all of them, wherever Node lets them be. */
import { once } from 'node:events'
import { Socket, connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import t from 'tap'
import { onread } from '../../lib/socket/onread.ts'
import { own } from '../../lib/socket/tcp-events.ts'
import type { TcpOwner } from '../../lib/socket/tcp-events.ts'
import type { Test } from 'tap'

/** Copies all chunks, as they are lent. */
class Keeper implements TcpOwner {
  readonly chunks: Uint8Array[] = []
  ended = false
  get text (): string { return this.chunks.map((chunk) => Buffer.from(chunk).toString('latin1')).join('') }
  received (chunk: Uint8Array): void { this.chunks.push(Buffer.from(chunk)) }
  receivedEnd (): void { this.ended = true }
  receivedError (): void {}
  drained (): void {}
  timedOut (): void {}
  closed (): void {}
}

/** Both ends of a TCP connection. */
async function pair (t: Test, pauseOnConnect = false): Promise<{ accepted: Socket, client: Socket }> {
  const server = createServer({ pauseOnConnect, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = await once(server, 'connection')
  t.teardown(() => {
    accepted.destroy()
    client.destroy()
    server.close()
  })
  return { accepted, client }
}

async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

t.test('no read of this version of Node becomes an event', async (t) => {
  const { accepted, client } = await pair(t)
  const keeper = new Keeper()
  own(accepted, keeper)
  let events = 0
  accepted.on('data', () => { events++ })
  client.write('bytes')
  await until(() => keeper.text === 'bytes')
  t.equal(events, 0)
  t.equal(accepted.bytesRead, 5)
})

t.test('connections that are read by turns get their own bytes', async (t) => {
  const [a, b] = await Promise.all([pair(t), pair(t)])
  const [first, second] = [new Keeper(), new Keeper()]
  own(a.accepted, first)
  own(b.accepted, second)
  for (let i = 0; i < 10; i++) {
    a.client.write(`a${i}`)
    b.client.write(`b${i}`)
    await until(() => first.text.length === 2 * i + 2 && second.text.length === 2 * i + 2)
  }
  t.equal(first.text, 'a0a1a2a3a4a5a6a7a8a9')
  t.equal(second.text, 'b0b1b2b3b4b5b6b7b8b9')
})

t.test('more than the buffer holds comes in order, through pauses, and its end behind it', async (t) => {
  const { accepted, client } = await pair(t)
  const keeper = new Keeper()
  own(accepted, keeper)
  const received = keeper.received.bind(keeper)
  let pauses = 0
  keeper.received = (chunk) => {
    received(chunk)
    accepted.pause()
    pauses++
    setImmediate(() => accepted.resume())
  }
  const sent = Buffer.alloc(1_000_000, 'the quick brown fox jumps over the lazy dog')
  client.end(sent)
  await until(() => keeper.ended)
  t.ok(Buffer.concat(keeper.chunks).equals(sent))
  t.ok(pauses > 1)
})

t.test('what somebody read before and put back comes first', async (t) => {
  const { accepted, client } = await pair(t)
  client.write('PROXY header and hello')
  const [header] = await once(accepted, 'data')
  accepted.pause()
  accepted.unshift(header.subarray('PROXY header '.length))
  const keeper = new Keeper()
  own(accepted, keeper)
  accepted.resume()
  await until(() => keeper.chunks.length > 0)
  client.write(', and more')
  await until(() => keeper.chunks.length > 1)
  t.equal(keeper.text, 'and hello, and more')
})

t.test('a socket that was paused when it was accepted is read when it is resumed', async (t) => {
  const { accepted, client } = await pair(t, true)
  const keeper = new Keeper()
  own(accepted, keeper)
  client.write('bytes')
  await until(() => client.bytesWritten === 5)
  t.equal(keeper.text, '')
  accepted.resume()
  await until(() => keeper.text === 'bytes')
})

t.test('what has no handle, or one of another sort, stays a stream', async (t) => {
  for (const handle of [undefined, null, {}]) {
    const stream = new Duplex({ read () {} }) as Socket
    const socket: object = Object.assign(stream, { _handle: handle })
    const before = Reflect.ownKeys(socket)
    onread(stream, () => {})
    t.strictSame(Reflect.ownKeys(socket), before)
  }
})
