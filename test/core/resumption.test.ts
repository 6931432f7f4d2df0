/** Which ticket is accepted: what it was issued under, held against what is true now (RFC 8446 §4.2.11). */
import t from 'tap'
import { flip, resuming } from '../helpers/client/index.ts'
import type { ClientOptions, OfferedPsk, Session } from '../helpers/client/index.ts'
import type { OpenedTicket } from '../../types/session.ts'
import { clientCredential, createServer, PlainProtector } from '../helpers/server.ts'
import type { JointPair, ServerOptions, TestServer } from '../helpers/server.ts'
import { alertOf, alerts, answerRequest, ask } from './support.ts'

const credential = clientCredential('ed25519')

/** A server and a client that hold a ticket of it. */
function issue (options: ServerOptions = {}, client: ClientOptions = {}, server = createServer(options)): { server: TestServer, first: JointPair, session: Session } {
  const first = server.pair(client).handshake()
  return { server, first, session: first.client.tickets[0]! }
}

/** The same ticket at a server that is another in some way. */
function elsewhere (server: TestServer, options: ServerOptions): TestServer {
  const { tickets, crypto } = server.configuration
  return createServer({ ...options, configuration: { tickets, crypto, ...options.configuration } })
}

function outcome (server: TestServer, first: JointPair, options: ClientOptions = {}): { resumed: boolean | undefined, redeemed: unknown[] } {
  const before = server.of('ticketRedeemed').length
  const joint = server.pair(resuming(first.client, options)).handshake()
  t.equal(joint.connection.connected, true, 'a ticket that is refused is no error')
  return { resumed: joint.connection.info?.resumed, redeemed: server.of('ticketRedeemed').slice(before).flat() }
}

const accepted = { resumed: true, redeemed: ['accepted'] }
const refusedAs = (result: string): object => ({ resumed: false, redeemed: [result] })

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: every suite`, async (t) => {
    for (const suite of [0x1301, 0x1302, 0x1303]) {
      const { server, first } = issue({ provider }, { cipherSuites: [suite] })
      const joint = server.pair(resuming(first.client)).handshake()
      t.match(joint.connection.info, { resumed: true, signatureScheme: null })
      joint.deliver(joint.client.data('again'))
      t.equal(joint.accepted.plaintext, 'again')
    }
  })
}

t.test('the suite may be another, its hash may not', async (t) => {
  const { server, first } = issue({}, { cipherSuites: [0x1301] })
  t.same(outcome(server, first, { cipherSuites: [0x1303] }), accepted)
  t.same(outcome(server, first, { cipherSuites: [0x1302] }), refusedAs('rejected'))
})

t.test('server name and ALPN must be the same', async (t) => {
  const { server, first } = issue({ configuration: { alpnProtocols: ['h2', 'http/1.1'] } }, { serverName: 'a.example', alpnProtocols: ['http/1.1'] })
  t.same(outcome(server, first), accepted)
  t.same(outcome(server, first, { serverName: 'A.Example' }), accepted)
  t.same(outcome(server, first, { serverName: 'b.example' }), refusedAs('rejected'))
  t.same(outcome(server, first, { serverName: null }), refusedAs('rejected'))
  t.same(outcome(server, first, { alpnProtocols: ['h2'] }), refusedAs('rejected'))
  t.same(outcome(server, first, { alpnProtocols: null }), refusedAs('rejected'))
})

t.test('a resumed connection does not acknowledge the name (RFC 6066 §3), and has it all the same', async (t) => {
  const { server, first } = issue({}, { serverName: 'a.example' })
  const joint = server.pair(resuming(first.client)).handshake()
  t.equal(joint.client.facts.encryptedExtensions.has(0), false)
  t.equal(joint.connection.serverName, 'a.example')
})

t.test('the policy: another context, requestCert, rejectUnauthorized', async (t) => {
  const { server, first } = issue()
  t.match(outcome(elsewhere(server, {}), first), accepted)
  for (const options of [
    { context: { policy: new Uint8Array(32).fill(1) } },
    { configuration: { requestCert: true, rejectUnauthorized: false } },
    { configuration: { rejectUnauthorized: false } }
  ] satisfies ServerOptions[]) {
    t.match(outcome(elsewhere(server, options), first), { resumed: false })
  }
})

t.test('the policy is in the ticket too, should a protector not heed it', async (t) => {
  const states: Uint8Array[] = []
  const careless = { seal: (state: Uint8Array) => Uint8Array.of(states.push(new Uint8Array(state))), open: (ticket: Uint8Array): OpenedTicket => ({ state: states[ticket[0]! - 1]!.slice(), refused: null }) }
  const { server, first } = issue({ configuration: { tickets: careless } })
  t.same(outcome(server, first), accepted)
  t.same(outcome(elsewhere(server, { context: { policy: new Uint8Array(32).fill(1) } }), first), refusedAs('rejected'))
})

t.test('time: the ticket\'s lifetime and the session\'s', async (t) => {
  const { server, first } = issue({ configuration: { ticketLifetime: 100, sessionLifetime: 250 } })
  server.clock.now += 100 * 1000
  t.same(outcome(server, first), accepted)
  server.clock.now += 1
  t.same(outcome(server, first), refusedAs('expired'))
  let last = issue({}, {}, server).first
  const began = server.clock.now
  for (let round = 0; round < 3; round++) {
    server.clock.now += 80 * 1000
    const joint = server.pair(resuming(last.client)).handshake()
    t.equal(joint.connection.info?.resumed, true)
    last = joint
  }
  server.clock.now = began + 251 * 1000
  t.match(outcome(server, last), { resumed: false, redeemed: ['expired'] })
})

t.test('a session lifetime that was shortened meanwhile holds for old tickets', async (t) => {
  const { server, first } = issue({ configuration: { sessionLifetime: 1000 } })
  const stricter = elsewhere(server, { configuration: { sessionLifetime: 10 } })
  stricter.clock.now += 11 * 1000
  t.same(outcome(stricter, first), refusedAs('expired'))
})

t.test('no protector: no ticket is accepted', async (t) => {
  const { server, first } = issue()
  t.match(outcome(elsewhere(server, { configuration: { tickets: null } }), first), { resumed: false, redeemed: [] })
})

t.test('psk_ke alone is not used', async (t) => {
  const { server, first } = issue()
  t.match(outcome(server, first, { pskModes: [0] }), { resumed: false })
  t.same(outcome(server, first, { pskModes: [0, 1] }), accepted)
})

t.test('tickets that are changed, of nothing, or of another make', async (t) => {
  const { server, first, session } = issue()
  for (const ticket of [flip(session.ticket, 0), flip(session.ticket, -1), flip(session.ticket, 20), new Uint8Array(1), session.ticket.slice(1), new Uint8Array(60000)]) {
    t.same(outcome(server, first, { psks: [{ session: { ...session, ticket } }] }), refusedAs('unknown'))
  }
})

t.test('states that cannot be read', async (t) => {
  let state: Uint8Array = new Uint8Array(0)
  const fake = { seal: (sealed: Uint8Array) => { state = new Uint8Array(sealed); return Uint8Array.of(1) }, open: (): OpenedTicket => ({ state: new Uint8Array(state), refused: null }) }
  const { server, first } = issue({ configuration: { tickets: fake } })
  const whole = state
  t.same(outcome(server, first), accepted)
  for (const wrong of [new Uint8Array(0), whole.slice(1), whole.slice(0, -1), Buffer.concat([whole, Buffer.alloc(1)]), flip(whole, 0), new Uint8Array(200)]) {
    state = wrong
    fake.seal = () => Uint8Array.of(1)
    t.same(outcome(server, first), refusedAs('unknown'))
  }
})

t.test('a protector\'s own reasons are reported as they are', async (t) => {
  for (const refused of ['unknown', 'expired', 'replayed', 'rejected'] as const) {
    const { server, first } = issue({ configuration: { tickets: { seal: () => Uint8Array.of(1), open: () => ({ state: null, refused }) } } })
    t.same(outcome(server, first), refusedAs(refused))
  }
})

t.test('a wrong binder on a ticket that is accepted is decrypt_error, on any other it is not looked at', async (t) => {
  const { server, session } = issue()
  const wrong = (psk: OfferedPsk): OfferedPsk => ({ ...psk, binder: (right) => flip(right, 3) })
  const attempt = (psks: OfferedPsk[]): JointPair => {
    const joint = server.pair({ psks })
    joint.deliver(joint.client.clientHello())
    return joint
  }
  const unknown = { session: { ...session, ticket: flip(session.ticket, 0) } }
  t.equal(alertOf(attempt([wrong({ session })])), alerts.decrypt_error)
  t.equal(alertOf(attempt([{ session: { ...session, psk: flip(session.psk, 0) } }])), alerts.decrypt_error, 'of another PSK')
  t.equal(alertOf(attempt([wrong(unknown)])), null)
  t.equal(alertOf(attempt([wrong(unknown), { session }])), null)
})

t.test('several identities: the first that passes; not more than eight are opened', async (t) => {
  const { server, session } = issue()
  const unknown = { session: { ...session, ticket: new Uint8Array(40).fill(1) } }
  for (const [before, selected] of [[0, 0], [1, 1], [7, 7], [8, null], [40, null]] as const) {
    const psks = [...Array.from({ length: before }, () => unknown), { session }, { session }]
    const joint = server.pair({ psks }).handshake()
    t.equal(joint.client.facts.selectedIdentity, selected)
  }
})

t.test('identities of several hashes', async (t) => {
  const server = createServer()
  const a = server.pair({ cipherSuites: [0x1301] }).handshake().client.tickets[0]!
  const b = server.pair({ cipherSuites: [0x1302] }).handshake().client.tickets[0]!
  const joint = server.pair({ cipherSuites: [0x1302], psks: [{ session: a }, { session: b }] }).handshake()
  t.equal(joint.client.facts.selectedIdentity, 1)
})

t.test('obfuscated_ticket_age is not what decides', async (t) => {
  const { server, session } = issue()
  for (const obfuscatedAge of [0, 1, 0xffffffff]) t.equal(server.pair({ psks: [{ session, obfuscatedAge }] }).handshake().connection.info?.resumed, true)
})

t.test('a ticket may be used again and again', async (t) => {
  const { server, first } = issue()
  for (let count = 0; count < 3; count++) t.same(outcome(server, first), accepted)
})

t.test('identity: it comes back, verified again by what is trusted now', async (t) => {
  let authorized = true
  let verified = 0
  const server = createServer({
    verify: () => { verified++; return authorized ? {} : { authorized: false, authorizationError: 'CERT_REVOKED', alert: 44 } },
    configuration: { requestCert: true }
  })
  const first = server.pair().handshake({ credential })
  t.equal(first.connection.identity?.authorized, true)
  const again = server.pair(resuming(first.client)).handshake()
  t.equal(again.connection.info?.resumed, true)
  t.equal(again.connection.identity?.authorized, true)
  t.equal(again.client.incoming.handshakeRequest, null, 'no CertificateRequest in a resumed handshake')
  t.equal(verified, 2)
  authorized = false
  const revoked = server.pair(resuming(first.client))
  revoked.deliver(revoked.client.clientHello())
  t.equal(revoked.client.facts.selectedIdentity, null, 'a full handshake, that asks again')
  revoked.deliver(revoked.client.flight2({ credential }))
  t.equal(alertOf(revoked), 44)
  t.same(server.of('ticketRedeemed'), [['accepted'], ['rejected']])
})

t.test('an unauthorized identity stays unauthorized, until the verdict is another', async (t) => {
  let authorized = false
  const server = createServer({
    verify: () => ({ authorized, authorizationError: authorized ? null : 'SELF_SIGNED_CERT_IN_CHAIN' }),
    configuration: { requestCert: true, rejectUnauthorized: false }
  })
  const first = server.pair().handshake({ credential })
  t.match(first.connection.identity, { authorized: false, authorizationError: 'SELF_SIGNED_CERT_IN_CHAIN' })
  const again = server.pair(resuming(first.client)).handshake()
  t.match(again.connection.info, { resumed: true })
  t.match(again.connection.identity, { authorized: false, authorizationError: 'SELF_SIGNED_CERT_IN_CHAIN' })
  authorized = true
  t.match(server.pair(resuming(first.client)).handshake().connection.identity, { authorized: true, authorizationError: null })
})

t.test('no certificate, no identity: a resumption never makes one', async (t) => {
  const server = createServer({ configuration: { requestCert: true, rejectUnauthorized: false } })
  const first = server.pair().handshake()
  t.equal(first.connection.identity, null)
  const again = server.pair(resuming(first.client)).handshake()
  t.equal(again.connection.info?.resumed, true)
  t.equal(again.connection.identity, null)
})

t.test('where a verified client is demanded, a ticket without one does not resume', async (t) => {
  const tickets = new PlainProtector()
  const lax = createServer({ configuration: { tickets, requestCert: true, rejectUnauthorized: false } })
  const first = lax.pair().handshake()
  const strict = createServer({ configuration: { tickets, requestCert: true, rejectUnauthorized: true } })
  const joint = strict.pair(resuming(first.client)).handshake()
  t.equal(joint.connection.connected, false)
  t.equal(alertOf(joint), alerts.certificate_required)
})

t.test('an identity of a post-handshake authentication is resumed, and cleared by an empty one', async (t) => {
  const server = createServer({ configuration: { numTickets: 1 } })
  const joint = server.pair({ postHandshakeAuth: true }).handshake()
  ask(joint)
  answerRequest(joint, 0, { credential })
  ask(joint)
  answerRequest(joint, 1)
  const [before, known, cleared] = joint.client.tickets.map((session) => server.pair({ psks: [{ session }], postHandshakeAuth: true }).handshake().connection.identity)
  t.equal(before, null)
  t.equal(known?.authorized, true)
  t.equal(cleared, null)
})

t.test('the wire of a resumption: no Certificate, one flight', async (t) => {
  const { server, first } = issue()
  const joint = server.pair(resuming(first.client)).handshake()
  t.same(joint.client.messages.map((message) => message.type), [2, 8, 20, 4])
  t.same(joint.client.received.map((record) => record.type), [22, 20, 22, 22])
})
