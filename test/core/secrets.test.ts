/**
 * No secret can be reached from what the API hands out, and what is not needed any more is not in memory any more.
 */
import { createHmac, createPrivateKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Session } from 'node:inspector/promises'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { createSecureContext } from '../../index.ts'
import type { Tls13Options } from '../../index.ts'
import { createSecureContext as createContext } from '../../lib/credentials/secure-context.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { configure } from '../../lib/server/configuration.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'
import { aliceCredential, createApp, credentials, dial, get, listen, root, trusting } from '../fastify/helpers.ts'
import { expandLabel, suiteOf, toHex, TrafficKeys } from '../helpers/client/index.ts'

const noBytes = new Uint8Array(0)

// Everything is walked, Node's objects behind ours too.
t.setTimeout(280_000)

t.test('what the API hands out shows no secret', async (t) => {
  for (const crypto of ['node', 'noble'] as const) {
    const { things, needles } = await collect(t, crypto)
    t.ok(needles.length > 20, `${needles.length} secrets`)
    // Shown on purpose, in three ways.
    t.ok(reveals({ held: Buffer.from(needles[0]!, 'hex') }, needles), 'the search finds what is there')
    t.ok(reveals({ held: new Map([[1, { deep: Uint8Array.from(Buffer.from(needles[1]!, 'hex')) }]]) }, needles))
    t.ok(reveals(new Error(Buffer.from(needles[2]!, 'hex').toString('base64')), needles))
    // Behind an application, a request or a socket lies all of Node: one walk through that is enough.
    const names = crypto === 'node' ? Object.keys(things) : ['connection', 'request.tls', 'app.tls', 'ring', 'opaque', 'secureContext', 'errors']
    for (const name of names) t.equal(reveals(things[name], needles), false, `${name}, ${crypto}`)
  }
})

for (const crypto of ['node', 'noble'] as const) {
  t.test(`what is not needed any more is not in memory: ${crypto}`, async (t) => {
    const { server, client, secrets } = await connection(t, crypto)
    const application = [secrets.CLIENT_TRAFFIC_SECRET_0!, secrets.SERVER_TRAFFIC_SECRET_0!, secrets.EXPORTER_SECRET!]
    t.same(await live(application), application, 'in use; the search finds what is there')
    t.same(await live([secrets.CLIENT_HANDSHAKE_TRAFFIC_SECRET!, secrets.SERVER_HANDSHAKE_TRAFFIC_SECRET!]), [], "the handshake's")

    server.updateKeys(true)
    client.socket.write('GET / HTTP/1.1\r\nX: ')
    while (!client.answered()) {
      client.socket.write('x') // OpenSSL answers with what it sends next
      await new Promise(setImmediate)
    }
    const renewed = application.slice(0, 2).map(next)
    t.same(await live(application.slice(0, 2)), [], 'after KeyUpdate in both directions')
    t.same(await live(renewed), renewed, 'those that came after them')

    const closed = new Promise((resolve) => { server.once('close', resolve) })
    client.socket.end()
    await closed
    t.same(await live([...application, ...renewed, ...application.slice(0, 2).map(keyOf), ...renewed.map(keyOf)]), [], 'after the end')
    t.equal(server.connection.connected, true, 'though the connection is still held')
  })
}

/** A connection of node:tls, whose own secrets are in OpenSSL's memory and not in that of JavaScript. */
async function connection (t: Test, crypto: 'node' | 'noble'): Promise<{ server: TlsSocket, client: { socket: TLSSocket, answered: () => boolean }, secrets: Record<string, string> }> {
  const secrets: Record<string, string> = {}
  let received = 0
  const app = await createApp(t, {
    ...credentials,
    crypto,
    ciphers: 'TLS_AES_256_GCM_SHA384',
    keyLog: (line) => { const [label, , secret] = line.split(' '); secrets[label!] = secret! },
    observer: { keyUpdate: (direction) => { if (direction === 'received') received++ } }
  })
  const secure = once(app.server, 'secureConnection')
  const socket = connectTls({ port: await listen(app), host: '127.0.0.1', ca: root.pem, servername: 'localhost' })
  t.teardown(() => socket.destroy())
  const [server] = await secure as [TlsSocket]
  socket.resume()
  return { server, client: { socket, answered: () => received > 0 }, secrets }
}

/** RFC 8446 §7.2. */
function next (secret: string): string {
  return digits(expandLabel(suiteOf(0x1302), bytesOf(secret), 'traffic upd', noBytes, 48))
}

function keyOf (secret: string): string {
  return digits(new TrafficKeys(suiteOf(0x1302), bytesOf(secret)).key)
}

/** Not by Buffer.from, which leaves the bytes in memory that small Buffers share: the search would find our own. */
function bytesOf (digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16))
}

function digits (bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** @returns those that are in a typed array that something still holds, or in memory that has none */
async function live (needles: readonly string[]): Promise<string[]> {
  const found = [...await among('Uint8Array', needles), ...await among('ArrayBuffer', needles)]
  return needles.filter((needle) => found.includes(needle))
}

async function among (type: 'Uint8Array' | 'ArrayBuffer', needles: readonly string[]): Promise<string[]> {
  const session = new Session()
  session.connect()
  try {
    const { result } = await session.post('Runtime.evaluate', { expression: `${type}.prototype` })
    // It collects the garbage first.
    const { objects } = await session.post('Runtime.queryObjects', { prototypeObjectId: result.objectId! })
    const found = await session.post('Runtime.callFunctionOn', {
      objectId: objects.objectId!,
      functionDeclaration: String(function (this: Array<Uint8Array | ArrayBuffer>, needles: string[]) {
        const memory = new Set(this.map((found) => ArrayBuffer.isView(found) ? found.buffer : found).filter((buffer) => buffer instanceof ArrayBuffer))
        const all = [...memory].map((buffer) => Buffer.from(buffer).toString('hex'))
        return needles.filter((needle) => all.some((hex) => hex.includes(needle)))
      }),
      arguments: [{ value: needles }],
      returnByValue: true
    })
    if (found.exceptionDetails !== undefined) throw new Error(found.exceptionDetails.exception?.description)
    return found.result.value as string[]
  } finally {
    session.disconnect()
  }
}

/** Everything an application can get hold of, and every secret behind it. */
async function collect (t: Test, crypto: 'node' | 'noble'): Promise<{ things: Record<string, unknown>, needles: string[] }> {
  const needles: string[] = []
  const ticketKeys = randomBytes(48)
  const options: Tls13Options = { ...trusting, crypto, ticketKeys }
  const errors: Record<string, unknown> = {}
  const app = await createApp(t, { ...options, keyLog: (line) => { needles.push(line.split(' ')[2]!) } })
  app.server.on('tlsClientError', (error) => { errors.tlsClientError = error })
  const things: Record<string, unknown> = {}
  app.get('/', async (request) => {
    const { socket } = request.raw
    Object.assign(things, { socket, connection: (socket as unknown as TlsSocket).connection, 'request.tls': request.tls, 'app.tls': app.tls, request, app })
    try { request.tls.exportKeyingMaterial(-1, 'x') } catch (error) { errors.export = error }
    errors.twice = await Promise.all([request.tls.requestClientCertificate(), request.tls.requestClientCertificate()]).catch((error) => error)
    return 'x'
  })
  const port = await listen(app)
  const client = await dial(t, port)
  client.send(get('/'))
  await client.answerCertificateRequest({ credential: aliceCredential })
  await client.response()
  client.write(client.client.keyUpdate(1))
  await client.expectMessage(24)
  const { schedule, tickets, write, incoming } = client.client
  for (const secret of [schedule.early, schedule.master, schedule.resumptionMaster, write!.secret, write!.key, write!.iv, incoming.read!.secret, incoming.read!.key, incoming.read!.iv, ...tickets.map(({ psk }) => psk)]) needles.push(toHex(secret))

  const broken = await dial(t, port)
  broken.write(Buffer.from('17030300140000000000000000000000000000000000000000', 'hex'))
  await broken.expectAlert()
  const refused = await dial(t, port, { serverName: 'localhost' }).catch((error: unknown) => error)
  errors.refused = refused instanceof Error ? refused : null
  for (const wrong of [{ ...options, ticketKeys: ticketKeys.subarray(1) }, { ...options, passphrase: ticketKeys.toString('hex'), key: 'no key' }]) {
    try { configure(wrong) } catch (error) { errors[`option ${Object.keys(errors).length}`] = error }
  }

  const provider = cryptoProvider(crypto)
  const ring = new TicketKeyRing({ crypto: provider, now: Date.now, rotation: 3600, lifetime: 7200, secret: ticketKeys })
  ring.seal(new Uint8Array(10), new Uint8Array(32))
  const opaque = createSecureContext({ key: options.key, cert: options.cert, ca: options.ca })
  Object.assign(things, { ring, opaque, secureContext: createContext({ key: options.key, cert: options.cert, ca: options.ca }, { crypto: provider, now: Date.now, name: 'x' }), settings: configure({ ...options }), provider, errors })
  const { d } = createPrivateKey(options.key as string).export({ format: 'jwk' })
  needles.push(toHex(ticketKeys), Buffer.from(d!, 'base64url').toString('hex'), createHmac('sha384', 'fastify-tls13 ticket secret').update(ticketKeys).digest('hex'))
  return { things, needles }
}

/** Does the thing show one of the secrets: printed, as JSON, or to somebody who follows every property? */
function reveals (thing: unknown, needles: readonly string[]): boolean {
  const { strings, memory } = walk(thing)
  const texts = [inspect(thing, { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity }), json(thing), ...strings]
    .map((text) => text.replace(/\s+/g, ' '))
  const hexes = [...memory].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString('hex'))
  return needles.some((needle) => hexes.some((hex) => hex.includes(needle)) || formsOf(needle).some((form) => texts.some((text) => text.includes(form))))
}

/** The ways in which bytes become text; of those that are cut off or interrupted the beginning. */
function formsOf (needle: string): string[] {
  const bytes = Buffer.from(needle, 'hex')
  const head = [...bytes.subarray(0, 8)]
  return [
    needle, needle.toUpperCase(), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('latin1'),
    head.join(', '), head.join(','), head.map((byte, i) => `"${i}":${byte}`).join(),
    head.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  ]
}

function json (thing: unknown): string {
  const seen = new Set<unknown>()
  return JSON.stringify(thing, (_key, value: unknown) => {
    if (typeof value === 'bigint' || typeof value === 'function') return String(value)
    if (typeof value !== 'object' || value === null) return value
    if (seen.has(value)) return undefined
    seen.add(value)
    return value
  }) ?? ''
}

/** Follows every property, hidden ones, symbols and our getters too, and what is in maps and sets. */
function walk (thing: unknown): { strings: Set<string>, memory: Set<ArrayBufferView> } {
  const strings = new Set<string>()
  const memory = new Set<ArrayBufferView>()
  const seen = new Set<unknown>()
  const queue = [thing]
  while (queue.length > 0) {
    const value = queue.pop()
    if (typeof value === 'string') strings.add(value)
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue
    seen.add(value)
    // The view, not what it is a view of: small Buffers share theirs with all others of the process.
    if (ArrayBuffer.isView(value)) memory.add(value)
    else if (value instanceof ArrayBuffer) memory.add(new Uint8Array(value))
    else queue.push(...membersOf(value))
  }
  return { strings, memory }
}

function membersOf (value: object): unknown[] {
  const members: unknown[] = value instanceof Map ? [...value.entries()].flat() : value instanceof Set ? [...value] : []
  for (const holder of [value, Object.getPrototypeOf(value) as object | null]) {
    if (holder === null || holder === Object.prototype) continue
    for (const key of Reflect.ownKeys(holder)) {
      try {
        members.push((value as Record<PropertyKey, unknown>)[key])
      } catch {
        // a getter that refuses shows nothing
      }
    }
  }
  return members
}
