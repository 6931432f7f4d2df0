/** psk_ke (RFC 8446 §4.2.9) with tickets: resumption without a key exchange, where it is allowed. */
import t from 'tap'
import { PskKeyExchangeMode } from '../../lib/core/constants.ts'
import { flip, resuming } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import { alertOf, alerts } from './support.ts'

const { psk_ke: alone, psk_dhe_ke: withDhe } = PskKeyExchangeMode

const allowing = (...pskKeyExchangeModes: number[]): TestServer => createServer({ configuration: { pskKeyExchangeModes } })

function resume (server: TestServer, first: JointPair, options: ClientOptions): JointPair {
  const joint = server.pair(resuming(first.client, options)).handshake()
  t.equal(joint.connection.connected, true)
  return joint
}

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: every suite, without groups at all`, async (t) => {
    const server = createServer({ provider, configuration: { pskKeyExchangeModes: [withDhe, alone] } })
    for (const suite of [0x1301, 0x1302, 0x1303]) {
      const first = server.pair({ cipherSuites: [suite], pskModes: [0] }).handshake()
      t.equal(first.client.tickets.length, 2, 'a client that has psk_ke only can use tickets here')
      t.equal(first.connection.info?.group, 'x25519', 'a full handshake has its key exchange')
      const joint = resume(server, first, { pskModes: [0], groups: null })
      t.match(joint.connection.info, { resumed: true, group: null, signatureScheme: null })
      t.same(joint.client.messages.map(({ type }) => type), [2, 8, 20, 4])
      joint.deliver(joint.client.data('again'))
      t.equal(joint.accepted.plaintext, 'again')
      const third = resume(server, joint, { pskModes: [0], groups: null })
      t.match(third.connection.info, { resumed: true, group: null })
    }
  })
}

t.test('the key exchange stays where both sides have it, and falls away where one has not', async (t) => {
  for (const [ours, theirs, expected] of [
    [[withDhe], [0], undefined], [[withDhe], [0, 1], 'x25519'],
    [[withDhe, alone], [0, 1], 'x25519'], [[withDhe, alone], [1], 'x25519'], [[withDhe, alone], [0], null],
    [[alone], [0, 1], null], [[alone], [0], null], [[alone], [1], undefined]
  ] as const) {
    const server = allowing(...ours)
    // Another server of the same keys, where the client got its ticket.
    const { tickets } = server.configuration
    const first = createServer({ configuration: { tickets, pskKeyExchangeModes: [withDhe, alone] } }).pair({ pskModes: [0, 1] }).handshake()
    const { info } = resume(server, first, { pskModes: theirs }).connection
    t.equal(info?.resumed ? info.group : undefined, expected, `ours ${ours.join()}, theirs ${theirs.join()}`)
  }
})

t.test('no HelloRetryRequest for a group that is not needed', async (t) => {
  const server = allowing(withDhe, alone)
  const first = server.pair({ pskModes: [0] }).handshake()
  t.match(resume(server, first, { pskModes: [0], shareGroups: [] }).connection.info, { resumed: true, group: null, helloRetryRequest: false })
})

t.test('a ticket that is refused: a full handshake, or none', async (t) => {
  const server = allowing(withDhe, alone)
  const first = server.pair({ pskModes: [0] }).handshake()
  const session = first.client.tickets[0]!
  const psks = [{ session: { ...session, ticket: flip(session.ticket, 0) } }]
  t.match(resume(server, first, { pskModes: [0], psks }).connection.info, { resumed: false, group: 'x25519' })
  const retried = resume(server, first, { pskModes: [0], psks, shareGroups: [] })
  t.match(retried.connection.info, { resumed: false, helloRetryRequest: true })
  const without = server.pair(resuming(first.client, { pskModes: [0], psks, groups: null }))
  without.deliver(without.client.clientHello())
  t.equal(alertOf(without), alerts.handshake_failure)
})

t.test('a wrong binder is decrypt_error here too', async (t) => {
  const server = allowing(alone)
  const first = server.pair({ pskModes: [0] }).handshake()
  const joint = server.pair({ pskModes: [0], groups: null, psks: [{ session: first.client.tickets[0]!, binder: (right) => flip(right, 5) }] })
  joint.deliver(joint.client.clientHello())
  t.equal(alertOf(joint), alerts.decrypt_error)
})

t.test('the identity comes back, and post-handshake authentication is possible', async (t) => {
  const server = createServer({ configuration: { requestCert: true, pskKeyExchangeModes: [alone] } })
  const first = server.pair({ pskModes: [0], postHandshakeAuth: true }).handshake({ credential: clientCredential() })
  const again = resume(server, first, { pskModes: [0] })
  t.match(again.connection.info, { resumed: true, group: null })
  t.equal(again.connection.identity?.authorized, true)
  again.connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true })
  t.equal(again.connection.clientAuthPending, true)
})
