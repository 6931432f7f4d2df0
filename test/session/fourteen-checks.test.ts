/**
 * Resumption and who the client is: the checks without which sessions were taken where they were not given (CVE-2025-23048,
 * CVE-2025-23419, CVE-2025-68121 and their kin). Each by its number; those about identities are in
 * fourteen-checks-identity.test.ts.
 */
import t from 'tap'
import { decodeSessionState, encodeSessionState } from '../../lib/core/handshake/session-state.ts'
import type { SessionState } from '../../lib/core/handshake/session-state.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { MemorySessionStore, memorySessionStore } from '../../lib/session/memory-store.ts'
import { StoreAccess } from '../../lib/session/store-access.ts'
import { StoredTickets } from '../../lib/session/stored-tickets.ts'
import type { SessionStore, TicketProtector } from '../../types/session.ts'
import { toHex } from '../helpers/client/index.ts'
import type { Session } from '../helpers/client/index.ts'
import { alertOf, alerts, answerRequest, ask } from '../core/support.ts'
import { alice, anotherCertificate, as, bob, certificate, clientsOfA, clientsOfB, Holder, Sites, sorts } from './sites.ts'

const crl = clientsOfA.issueCrl().pem

for (const sort of sorts) {
  t.test(`${sort} tickets`, async (t) => {
    t.test('1. seal in each ticket, and compare on use: policy hash, lower-cased SNI, ALPN rule, suite hash, issue time, first-authentication time', async (t) => {
      const sites = new Sites(sort)
      const protocols = { alpnProtocols: ['h2', 'http/1.1'] }
      const server = sites.server({}, protocols)
      const holder = new Holder(server, { cipherSuites: [0x1301] })
      const same = sites.server({}, protocols)
      t.equal(holder.resumes(same), true, 'another process of the same')
      t.equal(holder.resumes(same, { serverName: 'A.Example' }), true, 'the name in capitals')
      t.equal(holder.resumes(same, { cipherSuites: [0x1303] }), true, 'a suite with the same hash')

      t.equal(holder.resumes(sites.server(anotherCertificate, protocols)), false, 'server certificate')
      t.equal(holder.resumes(sites.server({ ca: [clientsOfA.pem, clientsOfB.pem] }, protocols)), false, 'CA set')
      t.equal(holder.resumes(sites.server({ crl }, protocols)), false, 'CRLs')
      t.equal(holder.resumes(sites.server({}, { ...protocols, requestCert: true, rejectUnauthorized: false })), false, 'verify mode')
      t.equal(holder.resumes(sites.server({}, { ...protocols, rejectUnauthorized: false })), false, 'verify mode of later requests')
      t.equal(holder.resumes(same, { serverName: 'b.example' }), false, 'SNI')
      t.equal(holder.resumes(same, { serverName: null }), false, 'no SNI')
      t.equal(holder.resumes(same, { alpnProtocols: ['h2'] }), false, 'ALPN')
      t.equal(holder.resumes(same, { alpnProtocols: null }), false, 'no ALPN')
      t.equal(holder.resumes(same, { cipherSuites: [0x1302] }), false, 'suite hash')
      sites.clock.now += 7200 * 1000 - 1
      t.equal(holder.resumes(same), true, 'the last moment')
      sites.clock.now += 2
      t.equal(holder.resumes(same), false, 'issue time')
    })

    t.test('1. config version: what is set anew ends the tickets of before, and the same set anew does not', async (t) => {
      const server = new Sites(sort).server()
      const holder = new Holder(server)
      server.contexts.setDefault({ ...certificate, ca: clientsOfA.pem, crl })
      t.equal(holder.resumes(server), false)
      server.contexts.setDefault({ ...certificate, ca: clientsOfA.pem })
      t.equal(holder.resumes(server), true)
    })

    t.test('2. SNI of the new ClientHello equal to the ticket\'s', async (t) => {
      const server = new Sites(sort).server()
      server.contexts.add('b.example', { ...certificate, ca: clientsOfA.pem })
      const holder = new Holder(server)
      t.equal(holder.resumes(server, { serverName: 'b.example' }), false, 'a name with the very same context')
      t.equal(holder.resumes(server), true)
    })

    t.test('3. listener requires a certificate: the ticket must hold a verified identity, otherwise full handshake', async (t) => {
      const server = new Sites(sort).server({}, { requestCert: true, numTickets: 2 })
      const { joint } = new Holder(server, {}, as(alice))
      ask(joint)
      answerRequest(joint, 0)
      const [before, , after] = joint.client.tickets
      const again = server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'], psks: [{ session: before! }] }).handshake()
      t.match(again.connection.identity, { authorized: true })
      t.equal(again.connection.info?.resumed, true)
      const refused = server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'], psks: [{ session: after! }] }).handshake()
      t.equal(refused.client.facts.selectedIdentity, null, 'a ticket after the identity was cleared')
      t.equal(alertOf(refused), alerts.certificate_required, 'and the full handshake wants a certificate')
    })

    t.test('4. re-verify the stored chain against the current CA set, dates and revocation', async (t) => {
      const sites = new Sites(sort)
      const demanding = { requestCert: true, ticketLifetime: 604_800, sessionLifetime: 604_800 }
      sites.clock.now = Date.parse('2026-05-31T23:00:00Z')
      const server = sites.server({}, demanding)
      const holder = new Holder(server, {}, as(alice))
      t.match(holder.use(server).connection.identity, { authorized: true })
      sites.clock.now = Date.parse('2026-06-01T00:00:01Z')
      const expired = holder.use(server, {}, as(alice))
      t.equal(expired.client.facts.selectedIdentity, null)
      t.equal(alertOf(expired), alerts.certificate_expired)
      sites.clock.now = Date.parse('2026-05-31T23:00:00Z')
      server.contexts.setDefault({ ...certificate, ca: clientsOfA.pem, crl: clientsOfA.issueCrl({ revoked: [alice] }).pem })
      t.equal(alertOf(holder.use(server, {}, as(alice))), 44, 'certificate_revoked')
      server.contexts.setDefault({ ...certificate, ca: clientsOfB.pem })
      t.equal(alertOf(holder.use(server, {}, as(alice))), alerts.unknown_ca)
    })

    t.test('5. tickets issued before PHA resume as unauthenticated; only tickets issued after the client\'s Finished carry the identity', async (t) => {
      const server = new Sites(sort).server({}, { numTickets: 2 })
      const { joint } = new Holder(server)
      ask(joint)
      answerRequest(joint, 0, as(alice))
      t.equal(joint.client.tickets.length, 4)
      const identities = joint.client.tickets.map((session) => {
        const { connection } = server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'], psks: [{ session }] }).handshake()
        t.equal(connection.info?.resumed, true)
        return connection.identity?.authorized ?? null
      })
      t.same(identities, [null, null, true, true])
    })

    t.test('6. no certificate in the session: never authorized', async (t) => {
      const server = new Sites(sort).server({}, { requestCert: true, rejectUnauthorized: false })
      const holder = new Holder(server)
      const { connection } = holder.use(server)
      t.equal(connection.info?.resumed, true)
      t.equal(connection.identity, null)
      const stranger = new Holder(server, {}, as(bob))
      t.match(stranger.use(server).connection.identity, { authorized: false })
    })

    t.test('7. separate ticket keys per policy; a shared store is keyed by policy too: vhost A\'s ticket never opens vhost B', async (t) => {
      const sites = new Sites(sort)
      const demanding = { requestCert: true }
      const a = sites.server({ ca: clientsOfA.pem }, demanding)
      const b = sites.server({ ca: clientsOfB.pem }, demanding)
      const [ofA, ofB] = [new Holder(a, {}, as(alice)), new Holder(b, {}, as(bob))]
      for (const [holder, home, elsewhere] of [[ofA, a, b], [ofB, b, a]] as const) {
        const session = holder.ticket()
        const offer = { serverName: 'a.example', alpnProtocols: ['http/1.1'], psks: [{ session }] }
        const refused = elsewhere.pair(offer).handshake()
        t.equal(refused.client.facts.selectedIdentity, null)
        t.equal(alertOf(refused), alerts.certificate_required)
        t.same(elsewhere.of('ticketRedeemed').at(-1), [sort === 'sealed' ? 'rejected' : 'unknown'], 'it cannot even be read')
        t.match(home.pair(offer).handshake().connection.identity, { authorized: true }, 'and is as good as before at home')
      }
    })

    t.test('7. the same in one server, with a context for each name', async (t) => {
      const server = new Sites(sort).server()
      server.contexts.add('b.example', { ...certificate, ca: clientsOfB.pem })
      const holder = new Holder(server)
      t.equal(holder.resumes(server, { serverName: 'b.example' }), false)
      t.same(server.of('ticketRedeemed'), [[sort === 'sealed' ? 'rejected' : 'unknown']])
      t.equal(holder.resumes(server), true)
    })

    t.test('12. nonces unique over the whole connection, PHA included; cap tickets per connection and cumulative lifetime', async (t) => {
      const sites = new Sites(sort)
      const server = sites.server({}, { numTickets: 3, ticketLifetime: 100, sessionLifetime: 150 })
      let holder = new Holder(server)
      const { joint } = holder
      ask(joint)
      answerRequest(joint, 0, as(alice))
      joint.connection.sendTickets(3)
      joint.flush()
      for (const field of ['nonce', 'psk', 'ticket'] as const) t.equal(new Set(joint.client.tickets.map((ticket) => toHex(ticket[field]))).size, 9, field)
      t.throws(() => { joint.connection.sendTickets(65_535 - 8) }, { name: 'RefusedError', refusal: 'TOO_MANY_TICKETS' })

      sites.clock.now += 90_000
      holder = new Holder(server, { psks: [{ session: holder.ticket() }] })
      t.equal(holder.joint.connection.info?.resumed, true)
      t.equal(holder.joint.client.tickets[0]!.lifetime, 60, 'of a session of 150 seconds 60 are left')
      sites.clock.now += 60_001
      t.equal(holder.resumes(server), false)
    })
  })
}

t.test('4. never trust a stored boolean', async (t) => {
  let edit = (state: SessionState): SessionState => state
  const states: Uint8Array[] = []
  const tickets: TicketProtector = {
    seal: (state) => Uint8Array.of(states.push(new Uint8Array(state))),
    open: (ticket) => ({ state: encodeSessionState(edit(decodeSessionState(states[ticket[0]! - 1]!)!)), refused: null })
  }
  const server = new Sites('sealed').server({}, { tickets, requestCert: true })
  const holder = new Holder(server, {}, as(alice))
  t.match(holder.use(server).connection.identity, { authorized: true })
  for (const authorized of [true, false]) {
    edit = (state) => ({ ...state, authorized, chain: [bob.certificate] })
    t.equal(alertOf(holder.use(server)), alerts.certificate_required, 'a chain that is not trusted')
    edit = (state) => ({ ...state, authorized, chain: [] })
    t.equal(alertOf(holder.use(server)), alerts.certificate_required, 'no chain at all')
  }
  edit = (state) => ({ ...state, authorized: false })
  t.match(holder.use(server).connection.identity, { authorized: true }, 'by what is so now')
})

t.test('14. stateful store bounded', async (t) => {
  const store = new MemorySessionStore(10, () => 0)
  const tickets = new StoredTickets(cryptoProvider('node'), new StoreAccess(store, { timeout: 10_000, observer: {} }))
  const server = new Sites('stored').server({}, { tickets, numTickets: 11 })
  const { tickets: sessions } = new Holder(server).joint.client
  const resumed = (session: Session): boolean | undefined =>
    server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'], psks: [{ session }] }).handshake().connection.info?.resumed
  t.equal(resumed(sessions[10]!), true)
  t.equal(resumed(sessions[0]!), false, 'the oldest made room')
})

t.test('14. single-use, atomically: of a hundred at once exactly one', async (t) => {
  for (const later of [false, true]) {
    const store = later ? slowly(memorySessionStore()) : memorySessionStore()
    const processes = Array.from({ length: 4 }, () => {
      const tickets = new StoredTickets(cryptoProvider('node'), new StoreAccess(store, { timeout: 10_000, observer: {} }))
      return new Sites('stored').server({}, { tickets, numTickets: 1, now: () => 0 })
    })
    const session = new Holder(processes[0]!).ticket()
    const joints = await Promise.all(Array.from({ length: 100 }, (_, index) => {
      const server = processes[index % processes.length]!
      return server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'], psks: [{ session }] }).handshakeAsync()
    }))
    t.ok(joints.every(({ connection }) => connection.connected))
    t.equal(joints.filter(({ connection }) => connection.info?.resumed).length, 1)
    t.equal(processes.flatMap((server) => server.of('ticketRedeemed').flat()).filter((result) => result === 'unknown').length, 99)
  }
})

/** The store, with a turn of the event loop before each answer. */
function slowly (store: SessionStore): SessionStore {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    name: store.name,
    put: async (key, value, lifetime) => turn().then(() => store.put(key, value, lifetime)),
    take: async (key) => turn().then(() => store.take(key)),
    claim: async (key, lifetime) => turn().then(() => store.claim(key, lifetime))
  }
}
