/** Where a connection is when the input comes, what comes there when all is well, and how much of the fuzzing it gets. */
import { deflateSync } from 'node:zlib'
import { encodeSessionState } from '../../lib/core/handshake/session-state.ts'
import { concat, certificateMessage, message, TestClient, u16, u24, vector } from '../helpers/client/index.ts'
import type { ClientOptions, Extension } from '../helpers/client/index.ts'
import { externalIdentity, certificateWorld, earlyWorld, lenientWorld, mutualWorld, now, plainWorld, realWorld } from './worlds.ts'
import type { World } from './worlds.ts'
import { offer, perform, policyOf, sealTicket } from './perform.ts'
import { Random } from './random.ts'
import { call, step } from './step.ts'
import type { Step } from './step.ts'
import { Subject } from './subject.ts'
import { tagLength } from './toy-crypto.ts'

export interface Stage {
  readonly name: string
  readonly world: World
  /** How many of a thousand inputs. */
  readonly share: number
  /** What brings a connection here. */
  readonly opening: readonly Step[]
  readonly seeds: ReadonlyArray<readonly Step[]>
  /** A ClientHello for tickets to be put into. */
  readonly hello: Uint8Array
  /** Do the steps hold the recorded flight, so that a connection may come of them? Steps that make a right one of their own aside. */
  readonly completes: (steps: readonly Step[]) => boolean
}

/** Every stage of a connection, in the order of a connection's life. */
export function createStages (): Stage[] {
  const plain = plainWorld()
  const early = earlyWorld()
  const mutual = mutualWorld()
  const lenient = lenientWorld()
  const certificates = certificateWorld()
  const hello = helloOf({})
  const pha = helloOf({ postHandshakeAuth: true, alpnProtocols: ['http/1.1'] })
  const retry = retryHellos()
  const common = { hello, completes: never, opening: [] }
  return [
    { ...common, name: 'hello', world: plain, share: 210, seeds: helloSeeds(plain, hello) },
    { ...common, name: 'hello of a lenient server', world: lenient, share: 60, seeds: helloSeeds(lenient, hello) },
    { ...common, name: 'hello with real cryptography', world: realWorld(), share: 3, seeds: realSeeds() },
    { ...common, name: 'second hello', world: plain, share: 100, opening: [step('record', retry.first)], seeds: [[step('hello', retry.second)], [ccs, step('hello', retry.second)], [step('hello', offer(retry.second, externalIdentity))]] },
    { ...common, name: 'ticket', world: plain, share: 60, seeds: [[step('ticket', sealTicket(plain, stateFor(plain)))], [step('hello', offer(hello, sealTicket(plain, stateFor(plain)), externalIdentity))]] },
    { ...common, name: 'session state', world: plain, share: 60, seeds: [[step('state', stateFor(plain))], [step('state', stateFor(plain, []))], [step('state', stateFor(plain)), call('send')]] },
    { ...common, name: 'session state of a lenient server', world: lenient, share: 20, seeds: [[step('state', stateFor(lenient))]] },
    { ...common, name: 'early data', world: early, share: 40, opening: [earlyHello(early)], seeds: earlySeeds() },
    { ...common, name: 'session state that allows early data', world: early, share: 10, hello: helloOf({ earlyData: true }), seeds: [[step('state', stateFor(early, []))]] },
    flightStage('flight', mutual, hello, 120),
    flightStage('flight to a lenient server', lenient, hello, 30),
    { ...common, name: 'ciphertext', world: mutual, share: 40, opening: [step('record', hello)], seeds: [[step('wire', sealedFlight(mutual, hello))], [ccs, step('wire', sealedFlight(mutual, hello))]], completes: carries(sealedFlight(mutual, hello)) },
    { ...common, name: 'certificate', world: certificates, share: 12, opening: [step('record', hello)], seeds: [[step('answer', certificateOf(certificates))], [step('answer', certificateMessage({ context: nothing }, { chain: certificates.clientChain.slice(0, 1) }))]] },
    { ...common, name: 'compressed certificate', world: certificates, share: 10, opening: [step('record', hello)], seeds: [[step('answer', compressed(1, deflateSync(body(certificates)), body(certificates).length))]] },
    { ...common, name: 'stored certificate', world: mutual, share: 40, opening: [step('record', hello)], seeds: [[step('answer', compressed(1, body(mutual), body(mutual).length))], [step('answer', certificateOf(mutual))], [step('answer', message(11, [0, 0, 0, 0]))]] },
    { ...common, name: 'connected', world: plain, share: 105, opening: [step('record', pha), finish], seeds: connectedSeeds() },
    { ...common, name: 'connected with short-lived keys', world: plain, share: 10, opening: [step('record', helloOf({ cipherSuites: [0x1303] })), finish], seeds: [[call('send'), call('send'), call('send'), call('send'), call('send'), call('send')], ...connectedSeeds()] },
    { ...common, name: 'connected over HTTP/2', world: plain, share: 10, opening: [step('record', hello), finish], seeds: connectedSeeds() },
    { ...common, name: 'asked', world: plain, share: 60, opening: [step('record', pha), finish, call('requestOptional')], seeds: askedSeeds(plain) }
  ]
}

/** A connection that stands where the stage begins. */
export function open ({ world, opening, hello }: Stage): Subject {
  const subject = new Subject(world)
  for (const one of opening) perform(subject, one, hello)
  return subject
}

function helloSeeds (world: World, hello: Uint8Array): Step[][] {
  const ticket = sealTicket(world, stateFor(world))
  const messages = [
    hello,
    helloOf({ grease: true, sessionId: new Uint8Array(32).fill(1), postHandshakeAuth: true, ticketRequest: [2, 1], signatureSchemesCert: [0x0403] }),
    helloOf({ extraExtensions: rareExtensions }),
    helloOf({ groups: [0x0017, 0x001d], shareGroups: [0x0017], cipherSuites: [0x1302], alpnProtocols: null, serverName: null }),
    helloOf({ earlyData: true, cookie: new Uint8Array(20).fill(2) }),
    helloOf({ serverName: 'nobody.example' }),
    helloOf({ serverName: 'broken.example' }),
    helloOf({ cipherSuites: [0x1303], signatureSchemes: [0x0403, 0x0804] }),
    retryHellos().first
  ]
  const early = step('record', Uint8Array.from(offer(helloOf({ earlyData: true }), ticket)))
  return [
    ...messages.map((bytes) => [step('record', bytes)]),
    ...messages.map((bytes) => [step('wire', recordOf(22, bytes))]),
    [step('hello', offer(hello, externalIdentity))],
    [step('hello', offer(helloOf({ pskModes: [0], groups: null, shareGroups: [], shares: null } as never), externalIdentity))],
    [step('hello', offer(hello, ticket))],
    [step('hello', offer(hello, externalIdentity, ticket, nothing, ticket))],
    [early, step('wire', recordOf(23, new Uint8Array(80).fill(4))), step('wire', recordOf(23, new Uint8Array(300).fill(4)))],
    [step('record', hello), ccs, step('record', message(20, new Uint8Array(32)))],
    [step('record', Uint8Array.of(2, 40), { type: 21 })],
    [step('wire', Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')))],
    [step('wire', Uint8Array.of(0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10))]
  ]
}

/** A ClientHello whose early data is accepted. */
function earlyHello (world: World): Step {
  return step('hello', offer(helloOf({ earlyData: true }), sealTicket(world, stateFor(world, []))))
}

function earlySeeds (): Step[][] {
  const data = step('record', new Uint8Array(100).fill(65), { type: 23 })
  const end = step('record', message(5))
  return [
    [data, end, finish], [end, finish], [ccs, data, call('send'), data, end, call('send'), finish, data],
    [data, finish], [end, data], [end, end], [step('record', concat(message(5), message(20, new Uint8Array(32))))],
    [step('record', new Uint8Array(16_384), { type: 23 }), data], [step('record', nothing, { type: 23, extra: 3 })],
    [step('record', Uint8Array.of(1, 0), { type: 21 })], [call('numTickets'), call('requestOptional'), call('exportKeyingMaterial'), data, call('close'), end]
  ]
}

function realSeeds (): Step[][] {
  return [0x001d, 0x0017, 0x0018, 0x0019, 0x11ec].map((group) => [step('record', helloOf({ groups: [group], shareGroups: [group], cipherSuites: [0x1303, 0x1301] }))])
}

function flightStage (name: string, world: World, hello: Uint8Array, share: number): Stage {
  const flight = openFlight(world, hello)
  const parts = [flight.certificate, flight.verify, flight.finished].map((bytes) => step('record', bytes))
  return {
    name,
    world,
    share,
    hello,
    opening: [step('record', hello)],
    seeds: [
      [step('record', concat(flight.certificate, flight.verify, flight.finished))],
      parts,
      [ccs, ...parts, step('record', Uint8Array.of(24, 0, 0, 1, 1))],
      [step('record', Uint8Array.of(1, 90), { type: 21 }), ...parts],
      [step('answer', certificateOf(world))]
    ],
    completes: (steps) => Buffer.concat(steps.filter(isWholeRecord).map(({ bytes }) => bytes)).indexOf(concat(flight.certificate, flight.verify, flight.finished)) !== -1
  }
}

/** A handshake record that arrives whole: the second byte of legacy_record_version is ignored (RFC 8446 §5.1), so it may be another. */
function isWholeRecord ({ kind, type, bytes, extra }: Step): boolean {
  return type === 22 && (kind === 'record' || (kind === 'damaged' && (extra >>> 8) % (5 + bytes.length + 1 + tagLength) === 2))
}

function connectedSeeds (): Step[][] {
  const data = step('record', new Uint8Array(40).fill(65), { type: 23 })
  const update = step('record', Uint8Array.of(24, 0, 0, 1, 1))
  return [
    [data], [data, update, data], [update, update, call('updateKeysBoth'), update],
    [step('record', Uint8Array.of(1, 0), { type: 21 }), data], [step('record', Uint8Array.of(1, 90), { type: 21 }), step('record', Uint8Array.of(1, 0), { type: 21 })],
    [call('close'), data, update, step('record', Uint8Array.of(1, 0), { type: 21 })],
    [step('record', nothing, { type: 23 }), step('record', nothing, { type: 23, extra: 20 })],
    [step('record', Uint8Array.of(11, 0, 0, 4, 0, 0, 0, 0))], [step('record', message(1, new Uint8Array(40)))],
    [step('record', new Uint8Array(1000), { type: 23 })],
    [call('requestClientCertificate'), call('sendTickets'), call('send'), call('exportKeyingMaterial'), call('numTickets'), data]
  ]
}

function askedSeeds (world: World): Step[][] {
  const context = askedContext(world)
  const right = step('answer', certificateMessage({ context }, { chain: world.clientChain }))
  const empty = step('answer', certificateMessage({ context }, { chain: [] }))
  const data = step('record', new Uint8Array(9).fill(65), { type: 23 })
  return [[right], [empty], [data, right, data], [right, call('requestClientCertificate'), right], [step('record', Uint8Array.of(24, 0, 0, 1, 0)), right], [call('clientAuthTimedOut'), right], [step('record', right.bytes), data]]
}

/** The context that the server chooses, its randomness being what it is. */
function askedContext (world: World): Uint8Array {
  const subject = new Subject(world)
  for (const one of [step('record', helloOf({ postHandshakeAuth: true, alpnProtocols: ['http/1.1'] })), finish]) perform(subject, one, nothing)
  subject.connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: false })
  const request = world.tap.sealed.at(-1)!
  return request.slice(5, 5 + request[4]!)
}

interface Flight { certificate: Uint8Array, verify: Uint8Array, finished: Uint8Array, sealed: Uint8Array }

/** The flight that a right answer is, as it is before it is sealed and after. */
function openFlight (world: World, hello: Uint8Array): Flight {
  const subject = new Subject(world)
  perform(subject, step('record', hello), hello)
  const certificate = certificateOf(world)
  const sealed: Uint8Array[] = []
  const contents: Uint8Array[] = []
  const seal = subject.seal.bind(subject)
  subject.seal = (type, content, padding) => {
    contents.push(content.slice())
    const record = seal(type, content, padding)
    sealed.push(record.slice())
    return record
  }
  perform(subject, step('answer', certificate), hello)
  if (!subject.connection.connected) throw new Error(`the recorded flight to ${world.name} was refused: ${subject.failure?.message}`)
  const rest = contents[1]!
  const verifyLength = 4 + (rest[2]! << 8 | rest[3]!)
  return { certificate, verify: rest.slice(0, verifyLength), finished: rest.slice(verifyLength), sealed: concat(...sealed) }
}

function sealedFlight (world: World, hello: Uint8Array): Uint8Array {
  return openFlight(world, hello).sealed
}

/** Is the ciphertext of every record there, in order? Only their headers' minor version may be another. */
function carries (sealed: Uint8Array): (steps: readonly Step[]) => boolean {
  const first = sealed.subarray(5, 5 + (sealed[3]! << 8 | sealed[4]!))
  const second = sealed.subarray(10 + first.length)
  return (steps) => {
    const given = Buffer.concat(steps.map(({ bytes }) => bytes))
    const at = given.indexOf(first)
    return at !== -1 && given.indexOf(second, at + first.length) !== -1
  }
}

function certificateOf (world: World): Uint8Array {
  return certificateMessage({ context: nothing }, { chain: world.clientChain })
}

function body (world: World): Uint8Array {
  return certificateOf(world).slice(4)
}

function compressed (algorithm: number, content: Uint8Array, length: number): Uint8Array {
  return message(25, u16(algorithm), u24(length), vector(3, content))
}

function stateFor (world: World, chain: readonly Uint8Array[] = world.clientChain): Uint8Array {
  return encodeSessionState({
    policy: policyOf(world), cipherSuite: 0x1301, psk: new Uint8Array(32).fill(6), issuedAt: now, authenticatedAt: now, lifetime: 7200, ticketAgeAdd: 0, maxEarlyDataSize: 16_384, serverName: 'localhost', alpnProtocol: 'h2', authorized: chain.length > 0, chain
  })
}

/** The first is without the share that the server wants; the second brings it, and the cookie. */
function retryHellos (): { first: Uint8Array, second: Uint8Array } {
  const groups = [0x0018, 0x0017]
  const first = helloOf({ groups, shareGroups: [0x0018] })
  const world = plainWorld()
  const subject = new Subject(world)
  let request: Uint8Array = nothing
  const take = subject.connection.takeOutput.bind(subject.connection)
  subject.connection.takeOutput = () => (request = Uint8Array.from(take() ?? nothing))
  perform(subject, step('record', first), first)
  // The cookie extension: its length, then the length and the bytes of the cookie itself.
  const at = Buffer.from(request).indexOf(Uint8Array.of(0, 44))
  const cookie = request.slice(at + 6, at + 6 + (request[at + 4]! << 8 | request[at + 5]!))
  const second = helloOf({ groups, shareGroups: [0x0017], cookie })
  return { first, second }
}

/** By the test client; its randomness starts anew, so that both hellos of a retry are one client's. */
function helloOf (options: ClientOptions): Uint8Array {
  const random = new Random(1, 1)
  const client = new TestClient({ serverName: 'localhost', alpnProtocols: ['h2', 'http/1.1'], cipherSuites: [0x1301, 0x1302], randomBytes: (length) => random.bytes(length), ...options })
  client.clientHello()
  return client.helloMessage
}

function recordOf (type: number, content: Uint8Array): Uint8Array {
  return concat([type, 3, 1], u16(content.length), content)
}

const never = (): boolean => false
const nothing = new Uint8Array(0)

/** An empty Certificate where one was asked for, and Finished. */
const finish = step('answer', nothing)
const ccs = step('wire', Uint8Array.of(20, 3, 3, 0, 1, 1))

/** record_size_limit, compress_certificate, status_request, padding, certificate_authorities. */
const rareExtensions: readonly Extension[] = [
  { type: 28, body: Uint8Array.of(1, 0) },
  { type: 27, body: Uint8Array.of(4, 0, 1, 0, 2) },
  { type: 5, body: Uint8Array.of(1, 0, 0, 0, 0) },
  { type: 21, body: new Uint8Array(12) },
  { type: 47, body: Uint8Array.of(0, 4, 0, 2, 0x30, 0) },
  { type: 0xfafa, body: Uint8Array.of(0) }
]
