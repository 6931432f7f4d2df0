/** Early data that is accepted (RFC 8446 §2.3, §4.2.10, §4.5, §8), and what must be right for it. */
import t from 'tap'
import { decodeSessionState, encodeSessionState } from '../../lib/core/handshake/session-state.ts'
import { concat, extensionType, externalPsk, resuming, u32 } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, PlainProtector } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import type { EarlyDataTerms, ReplayVerdict, TicketProtector } from '../../types/session.ts'
import { accepting, alertOf, alerts, earlyDataTerms, earlyServer, offering } from './support.ts'

const window = 10_000

function wasAccepted ({ client }: JointPair): boolean {
  return client.incoming.earlyDataAccepted
}

/** The last word of the observer on an offer. */
function resultOf (server: TestServer): unknown {
  return server.of('earlyDataOffered').at(-1)?.[0]
}

t.test('it is read before the client\'s Finished, answered before it, and the handshake goes on', async (t) => {
  for (const [options, offer] of [[{}, {}], [{ provider: 'noble' }, {}], [{}, { sessionId: new Uint8Array(32).fill(1) }]] as const) {
    const server = earlyServer(options)
    const joint = accepting(server, offer)
    t.equal(wasAccepted(joint), true)
    joint.deliver(joint.client.earlyData('GET', { padding: 7 }), joint.client.earlyData(' /', { split: [1] }))
    t.equal(joint.accepted.plaintext, 'GET /')
    t.equal(joint.connection.connected, false)
    joint.connection.send([Buffer.from('answer')])
    joint.flush()
    t.equal(Buffer.from(joint.client.plaintext).toString(), 'answer')
    t.equal(joint.client.tickets.length, 0, 'no ticket yet')
    joint.deliver(joint.client.flight2())
    t.equal(joint.connection.connected, true)
    t.equal(joint.client.tickets.length, 1)
    joint.deliver(joint.client.data(' HTTP'))
    t.equal(joint.accepted.plaintext, 'GET / HTTP')
    joint.connection.send([Buffer.from(' more')])
    joint.flush()
    t.equal(Buffer.from(joint.client.plaintext).toString(), 'answer more')
    t.same(joint.accepted.log, ['plaintext', 'connected', 'plaintext'])
    t.equal(resultOf(server), 'accepted')
    t.same(joint.client.exporter(16, 'label'), joint.connection.exportKeyingMaterial(16, 'label', new Uint8Array(0)))
  }
})

t.test('in one delivery with the ClientHello, byte by byte, and none at all', async (t) => {
  const whole = offering(earlyServer())
  const hello = whole.client.clientHello()
  whole.deliver(concat(hello, whole.client.earlyData('early')))
  t.equal(whole.accepted.plaintext, 'early')
  whole.deliver(whole.client.flight2())
  t.equal(whole.connection.connected, true)

  const cut = offering(earlyServer())
  const first = cut.client.clientHello()
  for (const byte of concat(first, cut.client.earlyData('early'))) cut.deliver(Uint8Array.of(byte))
  t.equal(cut.accepted.plaintext, 'early')
  for (const byte of cut.client.flight2()) cut.deliver(Uint8Array.of(byte))
  t.equal(cut.connection.connected, true)

  const none = accepting()
  none.deliver(none.client.flight2())
  t.equal(none.connection.connected, true)
  t.same(none.accepted.log, ['connected'])
})

t.test('with every suite, and with a PSK that stands alone', async (t) => {
  const suites = earlyServer().configuration.cipherSuites
  for (const { id } of suites) {
    const joint = accepting(earlyServer(), { cipherSuites: [id] })
    // The first connection, of which the ticket is, had the server's favourite.
    t.equal(wasAccepted(joint), id === suites[0]!.id)
    const server = earlyServer({ configuration: { cipherSuites: suites.filter((suite) => suite.id === id) } })
    const same = accepting(server, { cipherSuites: [id] })
    same.deliver(same.client.earlyData('early'), same.client.flight2())
    t.equal(same.accepted.plaintext, 'early')
    t.equal(same.connection.connected, true)
  }
  const without = earlyServer({ configuration: { pskKeyExchangeModes: [0] } })
  const [session] = without.pair({ pskModes: [0] }).handshake().client.tickets
  const alone = without.pair({ pskModes: [0], psks: [{ session: session! }], earlyData: true })
  alone.deliver(alone.client.clientHello())
  alone.deliver(alone.client.earlyData('early'), alone.client.flight2())
  t.equal(alone.accepted.plaintext, 'early')
})

t.test('the facts of the handshake are there as soon as it may be answered; who the client is, is not', async (t) => {
  const server = earlyServer({ configuration: { alpnProtocols: ['http/1.1'], requestCert: true, rejectUnauthorized: false } })
  const first = server.pair({ alpnProtocols: ['http/1.1'], serverName: 'localhost' }).handshake()
  const joint = server.pair(resuming(first.client, { earlyData: true }))
  t.equal(joint.connection.info, null)
  joint.deliver(joint.client.clientHello())
  t.match(joint.connection.info, { resumed: true, serverName: 'localhost', alpnProtocol: 'http/1.1', cipher: first.connection.info?.cipher })
  t.equal(joint.connection.alpnProtocol, 'http/1.1')
  t.equal(joint.connection.serverName, 'localhost')
  t.equal(joint.connection.context, server.context)
  t.equal(joint.connection.certificateRequested, true)
  t.equal(joint.connection.identity, null)
  t.equal(joint.connection.connected, false)
})

t.test('what needs a complete handshake is refused until it is; numTickets may be set', async (t) => {
  const joint = accepting(earlyServer({ configuration: { ticketsOnResumption: 5 } }), { postHandshakeAuth: true })
  const { connection } = joint
  const calls = [
    () => { connection.sendTickets(1) },
    () => { connection.updateKeys(false) },
    () => { connection.exportKeyingMaterial(16, 'x', new Uint8Array(0)) },
    () => { connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true }) }
  ]
  for (const call of calls) t.throws(call, { name: 'RefusedError', message: 'the handshake is not complete' })
  connection.numTickets = 4
  t.equal(connection.numTickets, 4)
  joint.deliver(joint.client.flight2())
  t.equal(joint.client.tickets.length, 4)
})

t.test('close, failure and disconnection before the client\'s Finished are the end of the handshake', async (t) => {
  const server = earlyServer()
  const closed = accepting(server)
  closed.connection.close()
  closed.flush()
  t.throws(() => { closed.connection.send([Buffer.from('x')]) }, { message: 'the connection is closed' })
  t.throws(() => { closed.connection.numTickets = 1 }, { message: 'the connection is closed' })
  t.equal(closed.connection.info, null)
  const aborted = accepting(server)
  aborted.connection.abort('HANDSHAKE_TIMEOUT', 'too late')
  aborted.flush()
  t.equal(alertOf(aborted), alerts.user_canceled)
  const gone = accepting(server)
  gone.connection.disconnected()
  t.equal(gone.connection.info, null)
  t.same(server.of('handshakeFailed'), [['failure', 'close_notify'], ['timeout', 'timeout'], ['abort', 'eof']])
})

t.test('an answer that needs a new key before the client\'s Finished gets one (§4.6.3)', async (t) => {
  const suites = earlyServer().configuration.crypto.cipherSuites.map((suite) => ({ ...suite, recordLimit: 10 }))
  const joint = accepting(earlyServer({ configuration: { cipherSuites: suites } }))
  for (let count = 0; count < 5; count++) joint.connection.send([Buffer.from('x')])
  joint.flush()
  t.equal(joint.client.plaintext.length, 5)
  t.ok(joint.client.incoming.keyUpdates.length > 0)
  joint.deliver(joint.client.flight2())
  joint.connection.send([Buffer.from('y')])
  joint.flush()
  t.equal(joint.client.plaintext.length, 6)
})

t.test('tickets say how much, and only those of a client without a certificate', async (t) => {
  const early = (client: JointPair['client']): unknown[] => client.tickets.map(({ extensions }) => extensions.get(extensionType.earlyData))
  const joint = earlyServer({}, { maxEarlyData: 0x01020304 }).pair().handshake()
  t.same(early(joint.client), [u32(0x01020304), u32(0x01020304)])
  const identified = earlyServer({ configuration: { requestCert: true } }).pair().handshake({ credential: clientCredential() })
  t.same(early(identified.client), [undefined, undefined])
})

t.test('refused, each for its reason, and the handshake goes on', async (t) => {
  const refused = (name: string, result: string, server: TestServer, joint: JointPair, resumed = true): void => {
    t.test(name, async (t) => {
      joint.deliver(joint.client.clientHello(), joint.client.earlyData('early'))
      if (joint.client.incoming.helloRetryRequest !== null) joint.deliver(joint.client.secondClientHello())
      t.equal(wasAccepted(joint), false)
      joint.deliver(joint.client.flight2(), joint.client.data('later'))
      t.equal(joint.accepted.plaintext, 'later')
      t.equal(joint.connection.info?.resumed, resumed)
      t.same(server.of('earlyDataOffered'), [[result]])
    })
  }
  const ticketOf = (server: TestServer, options: ClientOptions = {}) => server.pair(options).handshake().client.tickets[0]!

  const off = earlyServer({ configuration: { earlyData: null } })
  refused('it is off', 'disabled', off, offering(off))

  const retry = earlyServer()
  refused('a HelloRetryRequest', 'hello_retry_request', retry, offering(retry, { shareGroups: [] }))

  const old = earlyServer()
  const expired = offering(old)
  old.clock.now += 8 * 86400 * 1000
  refused('a ticket that is refused', 'no_ticket', old, expired, false)

  const second = earlyServer()
  const good = ticketOf(second)
  refused('the second identity', 'no_ticket', second, second.pair({ psks: [{ session: { ...good, ticket: new Uint8Array(40) } }, { session: good }], earlyData: true }))

  const external = earlyServer({ configuration: { externalPsk: () => ({ key: new Uint8Array(32).fill(9), hash: 'sha256' }) } })
  refused('an external PSK', 'no_ticket', external, external.pair({ psks: [{ session: externalPsk(Buffer.from('me'), new Uint8Array(32).fill(9)) }], earlyData: true }), false)

  const suites = earlyServer()
  const [, otherSuite] = suites.configuration.cipherSuites.filter(({ hash }) => hash.name === 'sha256')
  refused('another suite of the same hash', 'not_allowed', suites, offering(suites, { cipherSuites: [otherSuite!.id] }))

  const before = earlyServer({ configuration: { earlyData: null } })
  const without = ticketOf(before)
  const after = earlyServer({ configuration: { tickets: before.configuration.tickets } })
  refused('a ticket without early_data', 'not_allowed', after, after.pair({ psks: [{ session: without }], earlyData: true }))

  const lowered = earlyServer({}, { maxEarlyData: 999 })
  const more = earlyServer({ configuration: { tickets: lowered.configuration.tickets } })
  refused('a ticket that allows more than is allowed now', 'not_allowed', lowered, lowered.pair({ psks: [{ session: ticketOf(more) }], earlyData: true }))

  for (const [verdict, result] of [['replayed', 'replayed'], ['unavailable', 'unavailable']] as const) {
    const server = earlyServer({}, { claim: () => verdict })
    refused(`the claim says ${verdict}`, result, server, offering(server))
  }
})

t.test('a session with a client\'s certificate has none, whatever its ticket says', async (t) => {
  const inner = new PlainProtector()
  const tickets: TicketProtector = {
    seal: (state, policy) => inner.seal(encodeSessionState({ ...decodeSessionState(state)!, maxEarlyDataSize: 1000 }), policy),
    open: (ticket, policy) => inner.open(ticket, policy)
  }
  const server = earlyServer({ configuration: { requestCert: true, rejectUnauthorized: false, tickets } })
  const joint = server.pair().handshake({ credential: clientCredential() })
  t.equal(joint.connection.identity?.authorized, true)
  const again = server.pair(resuming(joint.client, { earlyData: true }))
  again.deliver(again.client.clientHello(), again.client.earlyData('early'))
  again.deliver(again.client.flight2(), again.client.data('later'))
  t.equal(again.accepted.plaintext, 'later')
  t.equal(again.connection.identity?.authorized, true)
  t.equal(resultOf(server), 'not_allowed')
})

t.test('the age that the client tells has to be the ticket\'s, within ten seconds either way', async (t) => {
  for (const [passed, told, fresh] of [
    [0, 0, true], [window, 0, true], [window + 1, 0, false], [0, window, true], [0, window + 1, false],
    [3_600_000, 3_600_000, true], [3_600_000, 3_590_000, true], [3_600_000, 3_589_999, false], [0, 2 ** 32 - 1, false]
  ] as const) {
    const server = earlyServer()
    const [session] = server.pair().handshake().client.tickets
    server.clock.now += passed
    const joint = server.pair({ psks: [{ session: session!, age: told }], earlyData: true })
    joint.deliver(joint.client.clientHello())
    t.equal(wasAccepted(joint), fresh, `${passed} ms, told ${told}`)
    t.equal(resultOf(server), fresh ? 'accepted' : 'stale')
  }
})

t.test('what may have come before anything was remembered is refused until it would be too old', async (t) => {
  const tickets = earlyServer().configuration.tickets
  const issuing = earlyServer({ configuration: { tickets } })
  const [session] = issuing.pair().handshake().client.tickets
  for (const [sinceStart, result] of [[0, 'stale'], [2 * window - 1, 'stale'], [2 * window, 'accepted']] as const) {
    const server = earlyServer({ configuration: { tickets } }, { since: issuing.clock.now + 1 })
    server.clock.now += 1 + sinceStart
    const joint = server.pair({ psks: [{ session: session!, age: sinceStart }], earlyData: true })
    joint.deliver(joint.client.clientHello())
    t.equal(resultOf(server), result)
  }
})

t.test('a replayed flight is read by one server of those that share their claims, and gets its sender nowhere', async (t) => {
  const tickets = earlyServer().configuration.tickets
  const terms = earlyDataTerms()
  const servers = Array.from({ length: 5 }, () => earlyServer({ configuration: { tickets, earlyData: terms } }))
  const [session] = servers[0]!.pair().handshake().client.tickets
  const victim = servers[1]!.pair({ psks: [{ session: session! }], earlyData: true })
  const flight = concat(victim.client.clientHello(), victim.client.earlyData('pay'))
  const connections = [...servers, ...servers].map((server) => ({ server, accepted: server.accept() }))
  for (const { accepted } of connections) {
    accepted.connection.receive(Buffer.from(flight))
    accepted.connection.takeOutput()
  }
  t.same(connections.map(({ accepted }) => accepted.plaintext), ['pay', '', '', '', '', '', '', '', '', ''])
  t.same(connections.map(({ accepted }) => accepted.connection.state).slice(0, 2), ['WAIT_EOED', 'WAIT_FINISHED'])
  t.equal(servers.flatMap((server) => server.of('earlyDataOffered')).filter(([result]) => result === 'replayed').length, 9)
  // Whoever replays has what was sent before, and no keys.
  for (const { accepted } of connections) {
    accepted.connection.receive(Buffer.from(victim.client.earlyData('and again')))
    t.equal(accepted.connection.connected, false)
  }
})

t.test('the claim may take its time; what comes meanwhile waits', async (t) => {
  for (const verdict of ['first', 'replayed'] as const) {
    let answer: (verdict: ReplayVerdict) => void = () => {}
    const claim: EarlyDataTerms['claim'] = (binder, lifetime) => {
      t.equal(binder.length, 32)
      t.equal(lifetime, 2 * window)
      return new Promise((resolve) => { answer = resolve })
    }
    const joint = offering(earlyServer({}, { claim }))
    joint.deliver(joint.client.clientHello(), joint.client.earlyData('early'))
    t.not(joint.connection.waiting, null)
    t.equal(joint.accepted.plaintext, '')
    answer(verdict)
    await joint.settle()
    t.equal(joint.accepted.plaintext, verdict === 'first' ? 'early' : '')
    joint.deliver(joint.client.flight2())
    t.equal(joint.connection.connected, true)
  }
})

t.test('more than the ticket allows is unexpected_message, and none of what goes beyond is read', async (t) => {
  const within = accepting()
  within.deliver(within.client.earlyData(new Uint8Array(600), { padding: 5000 }), within.client.earlyData(new Uint8Array(400)))
  within.deliver(within.client.flight2())
  t.equal(within.connection.connected, true, 'padding does not count')
  const beyond = accepting()
  beyond.deliver(beyond.client.earlyData(new Uint8Array(1000)), beyond.client.earlyData(new Uint8Array(1)))
  t.equal(alertOf(beyond), alerts.unexpected_message)
  t.equal(beyond.accepted.plaintext.length, 1000)
  t.equal(beyond.accepted.failure?.code, 'TLS13_EARLY_DATA_TOO_LONG')
})

t.test('empty records of it do not go on for ever', async (t) => {
  const joint = accepting()
  for (let sent = 0; sent < 33 && !joint.connection.failed; sent++) joint.deliver(joint.client.earlyData(new Uint8Array(0), { padding: sent }))
  t.equal(alertOf(joint), alerts.unexpected_message)
})

t.test('EndOfEarlyData: missing, early, twice, with something behind it, where none is due', async (t) => {
  const missing = accepting()
  missing.deliver(missing.client.handshake(missing.client.flight2Messages()))
  t.equal(alertOf(missing), alerts.bad_record_mac, 'the next record cannot be read')

  const finishedBehind = accepting()
  const [finished] = finishedBehind.client.flight2Messages()
  finishedBehind.deliver(finishedBehind.client.earlyRecords(22, concat([5, 0, 0, 0], finished!)))
  t.equal(alertOf(finishedBehind), alerts.unexpected_message, 'keys change behind it')

  const twice = accepting()
  twice.deliver(twice.client.endOfEarlyData(), twice.client.handshake(Uint8Array.of(5, 0, 0, 0)))
  t.equal(alertOf(twice), alerts.unexpected_message)

  const wrongKey = accepting()
  wrongKey.deliver(wrongKey.client.endOfEarlyData(), wrongKey.client.earlyData('more'))
  t.equal(alertOf(wrongKey), alerts.bad_record_mac)

  const dataBehind = accepting()
  dataBehind.deliver(dataBehind.client.endOfEarlyData(), dataBehind.client.data('more'))
  t.equal(alertOf(dataBehind), alerts.unexpected_message, 'nor application data under the keys of the handshake')

  const notDue = earlyServer().pair()
  notDue.deliver(notDue.client.clientHello(), notDue.client.handshake(Uint8Array.of(5, 0, 0, 0)))
  t.equal(alertOf(notDue), alerts.unexpected_message)

  const inPieces = accepting()
  inPieces.deliver(inPieces.client.endOfEarlyData({ split: [1, 3] }))
  t.equal(inPieces.connection.state, 'WAIT_FINISHED')

  const interleaved = accepting()
  interleaved.deliver(interleaved.client.earlyRecords(22, Uint8Array.of(5, 0)), interleaved.client.earlyData('x'))
  t.equal(alertOf(interleaved), alerts.unexpected_message)
})

t.test('a record that does not open, and alerts of the client', async (t) => {
  const forged = accepting()
  const record = forged.client.earlyData('early')
  record[7]! ^= 1
  forged.deliver(record)
  t.equal(alertOf(forged), alerts.bad_record_mac, 'nothing is skipped any more')
  for (const description of [0, 80]) {
    const server = earlyServer()
    const joint = accepting(server)
    joint.deliver(joint.client.earlyData('early'), joint.client.earlyRecords(21, Uint8Array.of(description === 0 ? 1 : 2, description)))
    t.equal(joint.accepted.failure?.origin, 'peer')
    t.equal(joint.accepted.failure?.alert, description)
  }
})

t.test('the key log has the early traffic secret', async (t) => {
  const server = earlyServer()
  accepting(server)
  t.equal(server.keyLog.filter((line) => line.startsWith('CLIENT_EARLY_TRAFFIC_SECRET ')).length, 1)
})
