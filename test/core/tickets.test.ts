/** How many tickets, when, and what is in them (RFC 8446 §4.6.1, RFC 9149, SSL_CTX_set_num_tickets(3)). */
import t from 'tap'
import { equal, resuming, toHex } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import { answerRequest, ask } from './support.ts'

const credential = clientCredential('ed25519')
const numbers = [0, 1, 2, 4, 255]

const configured = (configuration: Partial<ServerConfiguration>): TestServer => createServer({ configuration })
const tickets = (joint: JointPair): number => joint.client.tickets.length

function resume (server: TestServer, first: JointPair, options: ClientOptions = {}): JointPair {
  const joint = server.pair(resuming(first.client, options)).handshake()
  t.equal(joint.connection.info?.resumed, true)
  return joint
}

/** Post-handshake authentication. @returns the tickets it brought */
function authenticate (joint: JointPair, options: Parameters<typeof answerRequest>[2] = { credential }): number {
  const before = tickets(joint)
  ask(joint)
  answerRequest(joint, joint.client.requests.length - 1, options)
  return tickets(joint) - before
}

t.test('full handshake: n, right after Finished and before anything else', async (t) => {
  for (const n of numbers) {
    const server = configured({ numTickets: n })
    const joint = server.pair()
    joint.deliver(joint.client.clientHello())
    t.equal(tickets(joint), 0)
    joint.deliver(joint.client.flight2())
    t.equal(tickets(joint), n)
    t.equal(joint.connection.ticketsSent, n)
    t.equal(server.of('ticketIssued').length, n)
  }
})

t.test('after a refused ticket: n', async (t) => {
  const server = configured({ numTickets: 3 })
  const first = server.pair().handshake()
  const other = configured({ numTickets: 3 })
  const joint = other.pair(resuming(first.client)).handshake()
  t.equal(joint.connection.info?.resumed, false)
  t.equal(tickets(joint), 3)
  t.same(other.of('ticketRedeemed'), [['unknown']])
})

t.test('resumption: min(1, n); ticketsOnResumption lifts the cap', async (t) => {
  for (const n of [1, 2, 4]) {
    const server = configured({ numTickets: n })
    t.equal(tickets(resume(server, server.pair().handshake())), 1)
  }
  for (const [n, cap, count] of [[4, 2, 2], [2, 4, 2], [4, 0, 0], [1, 255, 1]] as const) {
    const server = configured({ numTickets: n, ticketsOnResumption: cap })
    t.equal(tickets(resume(server, server.pair().handshake())), count)
  }
  const none = configured({ numTickets: 1 })
  const first = none.pair().handshake()
  none.configuration.numTickets = 0
  t.equal(tickets(resume(none, first)), 0)
})

t.test('numTickets of the server reaches new connections only; of a connection, its next event', async (t) => {
  const server = configured({ numTickets: 2 })
  const before = server.pair({ postHandshakeAuth: true })
  server.configuration.numTickets = 5
  before.handshake()
  t.equal(tickets(before), 2)
  t.equal(before.connection.numTickets, 2)
  before.connection.numTickets = 3
  t.equal(authenticate(before), 3)
  t.equal(server.configuration.numTickets, 5)
  t.equal(tickets(server.pair().handshake()), 5)
})

t.test('client certificate after the handshake: n as it is then, every time, also when it is empty', async (t) => {
  const joint = configured({ numTickets: 1 }).pair({ postHandshakeAuth: true }).handshake()
  joint.connection.numTickets = 3
  t.equal(authenticate(joint), 3)
  t.equal(authenticate(joint), 3)
  joint.connection.numTickets = 2
  t.equal(authenticate(joint, {}), 2, 'an empty certificate')
  joint.connection.numTickets = 0
  t.equal(authenticate(joint), 0)
  t.equal(joint.connection.ticketsSent, 9)
})

t.test('the same on a resumed connection: min(1, n), every time', async (t) => {
  const server = configured({ numTickets: 4 })
  const joint = resume(server, server.pair({ postHandshakeAuth: true }).handshake())
  t.equal(authenticate(joint), 1)
  joint.connection.numTickets = 7
  t.equal(authenticate(joint), 1)
  joint.connection.numTickets = 0
  t.equal(authenticate(joint), 0)
  const lifted = configured({ numTickets: 4, ticketsOnResumption: 3 })
  t.equal(authenticate(resume(lifted, lifted.pair({ postHandshakeAuth: true }).handshake())), 3)
})

t.test('sendTickets: so many, whatever n is', async (t) => {
  const joint = configured({ numTickets: 0 }).pair().handshake()
  joint.connection.sendTickets(3)
  joint.flush()
  t.equal(tickets(joint), 3)
  joint.connection.sendTickets(0)
  t.equal(joint.connection.takeOutput(), null)
  joint.connection.send([Buffer.from('data')])
  joint.connection.sendTickets(1)
  joint.flush()
  t.equal(tickets(joint), 4)
  const server = configured({ numTickets: 2, tickets: null })
  const none = server.pair().handshake()
  t.equal(tickets(none), 0)
  t.throws(() => { none.connection.sendTickets(1) }, { name: 'RefusedError', refusal: 'NO_TICKETS' })
})

t.test('sendTickets: to the whole connection there is an end', async (t) => {
  const joint = createServer().pair().handshake()
  t.throws(() => { joint.connection.sendTickets(65536) }, { name: 'RefusedError', refusal: 'TOO_MANY_TICKETS' })
  joint.connection.sendTickets(65533)
  t.equal(joint.connection.ticketsSent, 65535)
  t.throws(() => { joint.connection.sendTickets(1) }, { name: 'RefusedError', refusal: 'TOO_MANY_TICKETS' })
  t.equal(joint.connection.failed, false)
})

t.test('ticket_request (RFC 9149): the lesser number, for this kind of handshake, and said in EncryptedExtensions', async (t) => {
  const server = configured({ numTickets: 3, ticketsOnResumption: 2 })
  const expected = (joint: JointPair): string => toHex(joint.client.facts.encryptedExtensions.get(58) ?? new Uint8Array(0))
  for (const [asked, count] of [[0, 0], [1, 1], [3, 3], [4, 3], [255, 3]] as const) {
    const joint = server.pair({ ticketRequest: [asked, 9] }).handshake()
    t.equal(tickets(joint), count)
    t.equal(expected(joint), toHex(Uint8Array.of(count)))
  }
  const first = server.pair().handshake()
  for (const [asked, count] of [[0, 0], [1, 1], [2, 2], [200, 2]] as const) {
    const joint = resume(server, first, { ticketRequest: [9, asked] })
    t.equal(tickets(joint), count)
    t.equal(expected(joint), toHex(Uint8Array.of(count)))
  }
  const silent = server.pair().handshake()
  t.equal(silent.client.facts.encryptedExtensions.has(58), false)
  const without = configured({ tickets: null }).pair({ ticketRequest: [2, 2] }).handshake()
  t.equal(tickets(without), 0)
  t.ok(['', '00'].includes(expected(without)))
})

t.test('psk_key_exchange_modes decides whether a client can use tickets at all', async (t) => {
  for (const [pskModes, count] of [[[1], 2], [[0, 1], 2], [[0], 0], [[9], 0], [null, 0]] as const) {
    const { client } = configured({}).pair({ pskModes }).handshake()
    t.equal(client.tickets.length, count, JSON.stringify(pskModes))
    t.equal(configured({ ticketsWithoutPskModes: true }).pair({ pskModes }).handshake().client.tickets.length, 2)
  }
  const joint = configured({}).pair({ pskModes: null, postHandshakeAuth: true }).handshake()
  t.equal(authenticate(joint), 0)
})

t.test('nonces, age_add and the tickets themselves are all different, over every event', async (t) => {
  const joint = configured({ numTickets: 4 }).pair({ postHandshakeAuth: true }).handshake()
  authenticate(joint)
  joint.connection.sendTickets(3)
  joint.flush()
  authenticate(joint, {})
  const all = joint.client.tickets
  t.equal(all.length, 15)
  for (const field of ['nonce', 'ticket', 'psk'] as const) t.equal(new Set(all.map((ticket) => toHex(ticket[field]))).size, 15, field)
  t.equal(new Set(all.map((ticket) => ticket.ageAdd)).size, 15)
})

t.test('ticket_age_add is what the provider\'s randomness gave, also when that lies in a pool', async (t) => {
  const server = createServer()
  const { crypto } = server.configuration
  const pool = Buffer.alloc(64)
  pool.writeUInt32BE(0xdeadbeef, 40)
  const random = (length: number): Uint8Array => length === 4 ? pool.subarray(40, 44) : crypto.random(length)
  const joint = createServer({ configuration: { crypto: { ...crypto, random } } }).pair().handshake()
  t.same(joint.client.tickets.map((ticket) => ticket.ageAdd), [0xdeadbeef, 0xdeadbeef])
})

t.test('lifetime: the server\'s, and never past the session\'s', async (t) => {
  const server = configured({ ticketLifetime: 3600, sessionLifetime: 5000 })
  const first = server.pair().handshake()
  t.equal(first.client.tickets[0]?.lifetime, 3600)
  server.clock.now += 3000 * 1000
  const second = resume(server, first)
  t.equal(second.client.tickets[0]?.lifetime, 2000)
  server.clock.now += 1999 * 1000
  const third = resume(server, second)
  t.equal(third.client.tickets[0]?.lifetime, 1)
  server.clock.now += 1000
  const fourth = resume(server, third)
  t.equal(tickets(fourth), 0, 'a session at its end is not prolonged')
})

t.test('what the observer is told of tickets', async (t) => {
  const server = configured({ numTickets: 1 })
  const joint = server.pair({ postHandshakeAuth: true }).handshake()
  authenticate(joint)
  joint.connection.sendTickets(1)
  joint.flush()
  authenticate(joint, {})
  const lengths = joint.client.tickets.map((ticket) => ticket.ticket.length)
  t.same(server.of('ticketIssued'), [
    ['handshake', lengths[0], false],
    ['client_auth', lengths[1], true],
    ['on_demand', lengths[2], true],
    ['client_auth', lengths[3], false]
  ])
  resume(server, joint)
  t.same(server.of('ticketRedeemed'), [['accepted']])
})

t.test('every ticket of a connection resumes, before and after an authentication', async (t) => {
  const server = configured({ numTickets: 2 })
  const joint = server.pair({ postHandshakeAuth: true }).handshake()
  authenticate(joint)
  t.equal(tickets(joint), 4)
  for (const [index, session] of joint.client.tickets.entries()) {
    const again = server.pair(resuming(joint.client, { psks: [{ session }] })).handshake()
    t.equal(again.connection.info?.resumed, true)
    t.equal(again.connection.identity !== null, index >= 2, 'only what was issued after Finished carries the identity')
    t.equal(tickets(again), 1)
    if (index >= 2) t.ok(equal(again.connection.identity!.chain[0]!, credential.chain[0]!))
  }
})
