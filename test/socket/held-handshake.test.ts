/** What a client sends before it is secure waits for the end of the turn, and nothing of it is lost or out of place. */
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential } from '../helpers/server.ts'
import type { ServerOptions } from '../helpers/server.ts'
import { serve } from './support.ts'
import type { Served } from './support.ts'
import type { Test } from 'tap'

/** A connection whose chunks come one by one in the same turn, whatever the kernel would make of them. */
async function held (t: Test, options: ServerOptions = {}, client: ClientOptions = {}) {
  const served: Served = await serve(t, options)
  const pair = await served.dial(client)
  const arrive = (bytes: Uint8Array): void => { pair.raw.push(bytes) }
  return { ...pair, ...served, arrive }
}

/** As HTTP does. */
function answerUntilTheEnd (socket: TlsSocket): void {
  socket.on('end', () => socket.end())
  socket.on('data', async () => {
    await null // a handler is an async function
    if (socket.writable) socket.write('answer')
  })
}

t.test('a ClientHello byte by byte, the next flight in three pieces with data behind it', async (t) => {
  const { client, socket, arrive, told } = await held(t)
  for (const byte of client.client.clientHello()) arrive(Buffer.of(byte))
  t.equal(told.secure, 0)
  await client.expectMessage(20)
  const flight = Buffer.concat([client.client.flight2(), client.client.data('as '), client.client.data('it was ')])
  arrive(flight.subarray(0, 30))
  arrive(flight.subarray(30, 31))
  arrive(flight.subarray(31))
  arrive(client.client.data('sent'))
  await once(socket, 'secure')
  client.send(' in order')
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.endsWith('order')) break
  }
  t.equal(text, 'as it was sent in order')
})

t.test('an end at once behind the Finished and a request', async (t) => {
  const { client, socket, raw, arrive, told } = await held(t)
  client.write(client.client.clientHello())
  await client.expectMessage(20)
  arrive(Buffer.concat([client.client.flight2(), client.client.data('request')]))
  raw.push(null)
  const text: string[] = []
  for await (const chunk of socket) text.push(String(chunk))
  t.strictSame(text, ['request'])
  t.equal(told.secure, 1)
  t.strictSame(told.failures, [])
})

t.test('an answer to a request is not overtaken by the end behind it, at which HTTP ends', async (t) => {
  const { client, socket, raw, arrive } = await held(t)
  client.write(client.client.clientHello())
  await client.expectMessage(20)
  answerUntilTheEnd(socket)
  arrive(Buffer.concat([client.client.flight2(), client.client.data('request')]))
  raw.push(null)
  t.equal(Buffer.from(await client.expectData(6)).toString(), 'answer')
})

t.test('an error at once behind an alert: it is the alert that is told', async (t) => {
  const { client, socket, raw, arrive, told } = await held(t)
  client.write(client.client.clientHello())
  await client.expectMessage(20)
  const failed = once(socket, 'failed')
  arrive(Buffer.of(21, 3, 3, 0, 2, 2, 48)) // unknown_ca, in plaintext as OpenSSL sends it
  raw.destroy(new Error('reset'))
  await failed
  t.equal(told.failures.length, 1)
  t.match(told.failures[0], { code: 'TLS13_PEER_ALERT', message: /unknown_ca/ })
})

t.test('a socket that is destroyed with it', async (t) => {
  const { client, socket, arrive, told } = await held(t)
  arrive(client.client.clientHello())
  socket.destroy()
  await turn()
  await turn()
  await client.expectEnd()
  t.equal(told.secure, 0)
  t.equal(client.client.messages.length, 0)
})

/** A client certificate on which a verdict waits. */
async function judged (t: Test) {
  let resolve = (_verdict: { authorized: boolean }): void => {}
  let asked = (): void => {}
  const waits = new Promise<void>((_resolve) => { asked = _resolve })
  const verify = (): Promise<{ authorized: boolean }> => {
    asked()
    return new Promise((_resolve) => { resolve = _resolve })
  }
  const pair = await held(t, { verify, configuration: { requestCert: true } })
  pair.client.write(pair.client.client.clientHello())
  await pair.client.expectMessage(20)
  return { ...pair, waits, authorize: () => resolve({ authorized: true }) }
}

t.test('a request and an end before the verdict', async (t) => {
  const { client, socket, raw, arrive, told, waits, authorize } = await judged(t)
  answerUntilTheEnd(socket)
  arrive(Buffer.concat([client.client.flight2({ credential: clientCredential() }), client.client.data('request')]))
  await waits
  raw.push(null)
  await turn()
  t.strictSame(told.failures, [])
  authorize()
  t.equal(Buffer.from(await client.expectData(6)).toString(), 'answer')
})

t.test('data that was held when a verdict made the connection secure goes before what comes then', async (t) => {
  const { client, socket, arrive, told, waits, authorize } = await judged(t)
  arrive(client.client.flight2({ credential: clientCredential() }))
  await waits
  arrive(client.client.data('first '))
  authorize()
  for (let i = 0; told.secure === 0 && i < 100; i++) await null // still in the same turn
  t.equal(told.secure, 1)
  arrive(client.client.data('second'))
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.endsWith('second')) break
  }
  t.equal(text, 'first second')
})

t.test('of two ClientHellos at once the first is cut in two while a connection stays, and not when it has left', async (t) => {
  const { dial, pair } = await serve(t)

  /** @returns whether the first one's flight leaves in the turn in which it came */
  async function atOnce (): Promise<boolean> {
    const [first, second] = [await dial(), await dial()]
    first.raw.push(Buffer.from(first.client.client.clientHello()))
    second.raw.push(Buffer.from(second.client.client.clientHello()))
    await turn()
    const { bytesWritten } = first.raw
    await Promise.all([first.client.expectMessage(20), second.client.expectMessage(20)])
    return bytesWritten > 0
  }

  const { client, socket, raw } = await pair()
  client.send('first')
  await once(socket, 'data')
  socket.write('answer')
  await client.expectData(6)
  t.equal(await atOnce(), true, 'it might have been the only request')
  client.send('second')
  await once(socket, 'data')
  t.equal(await atOnce(), false)
  client.destroy()
  await once(raw, 'close')
  t.equal(await atOnce(), true)
})
