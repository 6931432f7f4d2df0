/** The application's word on a resumption: last of the checks, before the binder. */
import t from 'tap'
import { flip, resuming } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, ServerOptions, TestServer } from '../helpers/server.ts'
import type { ResumableSession, ResumptionCheck } from '../../types/server.ts'
import { alertOf, alerts } from './support.ts'

const credential = clientCredential('ed25519')

/** A server that asks, and all it asked about. */
function asking (answer: ResumptionCheck, options: ServerOptions = {}): { server: TestServer, sessions: ResumableSession[] } {
  const sessions: ResumableSession[] = []
  const onResume: ResumptionCheck = (session) => {
    sessions.push(session)
    return answer(session)
  }
  return { server: createServer({ ...options, configuration: { ...options.configuration, onResume } }), sessions }
}

async function resume (server: TestServer, first: JointPair, options: ClientOptions = {}): Promise<JointPair> {
  return server.pair(resuming(first.client, options)).handshakeAsync()
}

t.test('it is told what would be resumed', async (t) => {
  const { server, sessions } = asking(() => true, { configuration: { requestCert: true, alpnProtocols: ['http/1.1'] } })
  const began = server.clock.now
  const first = server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'] }).handshake({ credential })
  t.same(sessions, [], 'a full handshake asks nobody')
  server.clock.now += 5000
  const second = await resume(server, first)
  server.clock.now += 5000
  const third = await resume(server, second)
  t.equal(third.connection.info?.resumed, true)
  t.same(sessions.map(({ identity, ...facts }) => ({ ...facts, chain: identity?.chain.length, authorized: identity?.authorized })), [
    { serverName: 'a.example', alpnProtocol: 'http/1.1', issuedAt: began, authenticatedAt: began, chain: 1, authorized: true },
    { serverName: 'a.example', alpnProtocol: 'http/1.1', issuedAt: began + 5000, authenticatedAt: began, chain: 1, authorized: true }
  ])
})

t.test('without a name, a protocol or a certificate', async (t) => {
  const { server, sessions } = asking(() => true)
  await resume(server, server.pair().handshake())
  t.match(sessions, [{ serverName: null, alpnProtocol: null, identity: null }])
})

t.test('refused: a full handshake, at once or later', async (t) => {
  for (const answer of [false, Promise.resolve(false)]) {
    const { server } = asking(() => answer)
    const joint = await resume(server, server.pair().handshake())
    t.match(joint.connection.info, { resumed: false })
    t.equal(joint.connection.connected, true)
    t.equal(joint.client.tickets.length, 2, 'with the tickets of one')
    t.same(server.of('ticketRedeemed'), [['denied']])
  }
})

t.test('agreed later', async (t) => {
  const { server } = asking(() => Promise.resolve(true))
  t.match((await resume(server, server.pair().handshake())).connection.info, { resumed: true })
  t.same(server.of('ticketRedeemed'), [['accepted']])
})

t.test('it is not asked about what the other checks refuse', async (t) => {
  const verdict = { authorized: true }
  const { server, sessions } = asking(() => true, { verify: () => verdict, configuration: { requestCert: true } })
  const first = server.pair({ serverName: 'a.example' }).handshake({ credential })
  await resume(server, first, { serverName: 'b.example' })
  await resume(server, first, { cipherSuites: [0x1302] })
  server.clock.now += 7201 * 1000
  await resume(server, first)
  server.clock.now -= 7201 * 1000
  verdict.authorized = false
  await resume(server, first)
  t.same(sessions, [])
  t.same(server.of('ticketRedeemed'), [['rejected'], ['rejected'], ['expired'], ['rejected']])
})

t.test('one session of several may be refused', async (t) => {
  const { server } = asking(({ issuedAt }) => issuedAt > old)
  const old = server.clock.now
  const first = server.pair().handshake().client.tickets[0]!
  server.clock.now += 1000
  const second = server.pair().handshake().client.tickets[0]!
  const joint = server.pair({ psks: [{ session: first }, { session: second }] }).handshake()
  t.equal(joint.client.facts.selectedIdentity, 1)
  t.same(server.of('ticketRedeemed'), [['denied'], ['accepted']])
})

t.test('agreement is no proof: the binder is verified after it, and that of no other', async (t) => {
  for (const [agreed, alert] of [[true, alerts.decrypt_error], [false, null]] as const) {
    const { server, sessions } = asking(() => agreed)
    const session = server.pair().handshake().client.tickets[0]!
    const joint = server.pair({ psks: [{ session, binder: (right) => flip(right, 0) }] })
    joint.deliver(joint.client.clientHello())
    t.equal(alertOf(joint), alert)
    t.equal(sessions.length, 1)
  }
})
