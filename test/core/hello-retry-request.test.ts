/** HelloRetryRequest (RFC 8446 §4.1.4), and what the second ClientHello may change (§4.1.2). */
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { changeCipherSpec, dropExtension, extensionType, groups, keyPair, keyShares, replaceExtension, resuming, u8 } from '../helpers/client/index.ts'
import type { ClientOptions, Extension, Hello } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'
import type { JointPair } from '../helpers/server.ts'
import { alertOf, alerts } from './support.ts'

/** A client that supports all groups and sends no share at all. */
function retried (client: ClientOptions = {}, server = createServer()): JointPair {
  const joint = server.pair({ shareGroups: [], serverName: 'localhost', ...client })
  joint.deliver(joint.client.clientHello())
  return joint
}

function second (overrides: Partial<Hello>, client: ClientOptions = {}): number | null {
  const joint = retried(client)
  joint.deliver(joint.client.secondClientHello(overrides))
  return alertOf(joint)
}

const edited = (editExtensions: (extensions: Extension[]) => Extension[], client: ClientOptions = {}): number | null => second({ editExtensions }, client)

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: every group can be asked for`, async (t) => {
    for (const [name, group] of Object.entries(groups)) {
      const namedGroups = cryptoProvider(provider).namedGroups.filter((ours) => ours.id === group)
      const asking = createServer({ provider, configuration: { namedGroups } })
      const joint = asking.pair({ groups: [0x0102, groups.x25519, group], shareGroups: group === groups.x25519 ? [] : [groups.x25519] }).handshake()
      t.equal(joint.client.incoming.helloRetryRequest?.group, group)
      t.match(joint.connection.info, { helloRetryRequest: true, group: name })
      t.same(asking.of('helloRetryRequested'), [[name]])
    }
  })
}

t.test('every hash', async (t) => {
  for (const suite of [0x1301, 0x1302, 0x1303]) {
    const joint = createServer().pair({ shareGroups: [], cipherSuites: [suite] }).handshake()
    t.equal(joint.connection.connected, true)
  }
})

t.test('a share that is there wins over a group that is better liked', async (t) => {
  const server = createServer()
  const last = server.configuration.namedGroups.filter((group) => group.id !== groups.X25519MLKEM768).at(-1)!.id
  const joint = server.pair({ shareGroups: [last] }).handshake()
  t.equal(joint.client.incoming.helloRetryRequest, null)
  t.equal(joint.client.facts.group, last)
})

t.test('compatibility mode: our change_cipher_spec after the HelloRetryRequest, none after ServerHello; the client\'s before its second hello', async (t) => {
  const joint = createServer().pair({ shareGroups: [], sessionId: new Uint8Array(32).fill(1) }).handshake()
  t.same(joint.client.received.map((record) => record.type), [22, 20, 22, 22, 22])
  t.equal(joint.connection.connected, true)
})

t.test('the handshake record in between may be split', async (t) => {
  const joint = retried()
  joint.deliver(joint.client.secondClientHello({}, { split: [1, 100] }))
  joint.deliver(joint.client.flight2())
  t.equal(joint.connection.connected, true)
})

t.test('nothing but what §4.1.2 names may differ', async (t) => {
  const { illegal_parameter: illegalParameter } = alerts
  t.equal(second({}), null)
  t.equal(second({ legacyVersion: 0x0302 }), illegalParameter)
  t.equal(second({ random: new Uint8Array(32) }), illegalParameter)
  t.equal(retriedWithSessionId(), illegalParameter)
  t.equal(second({ cipherSuites: [0x1301] }), illegalParameter)
  t.equal(second({ cipherSuites: [0x1302, 0x1301, 0x1303] }), illegalParameter)
  t.equal(second({ serverName: 'other' }), illegalParameter)
  t.equal(second({ serverName: null }), illegalParameter)
  t.equal(second({ alpnProtocols: ['http/1.1'] }), illegalParameter)
  t.equal(second({ groups: [groups.x25519, groups.secp256r1] }), illegalParameter)
  t.equal(second({ signatureSchemes: [0x0403] }), illegalParameter)
  t.equal(second({ pskModes: null }), illegalParameter)
  t.equal(second({ postHandshakeAuth: true }), illegalParameter)
  t.equal(second({ ticketRequest: [1, 1] }, { ticketRequest: [1, 2] }), illegalParameter, 'RFC 9149 §3')
  t.equal(second({ extraExtensions: [{ type: 0x4000, body: u8(1) }] }), illegalParameter)
  t.equal(second({ extraExtensions: [{ type: 0x4000, body: u8(2) }] }, { extraExtensions: [{ type: 0x4000, body: u8(1) }] }), illegalParameter)
  t.equal(edited((extensions) => [...extensions].reverse()), illegalParameter, 'another order')
  t.equal(second({ supportedVersions: [0x0303, 0x0304] }), illegalParameter)
})

t.test('what it may change: padding', async (t) => {
  t.equal(second({ extraExtensions: [{ type: extensionType.padding, body: new Uint8Array(30) }] }), null)
  t.equal(second({ extraExtensions: [] }, { extraExtensions: [{ type: extensionType.padding, body: new Uint8Array(30) }] }), null)
})

t.test('key_share: the one that was asked for, and a right one', async (t) => {
  const { illegal_parameter: illegalParameter } = alerts
  const pair = (group: number) => keyPair(group, (length) => new Uint8Array(length).fill(5))
  const share = (bytes: Uint8Array): number | null => edited((extensions) => replaceExtension(extensions, extensionType.keyShare, bytes))
  t.equal(share(keyShares([])), illegalParameter, 'none again')
  t.equal(share(keyShares([pair(groups.secp256r1)])), illegalParameter, 'of another group')
  t.equal(share(keyShares([pair(groups.x25519), pair(groups.secp256r1)])), illegalParameter, 'of two')
  t.equal(share(keyShares([{ group: groups.x25519, share: new Uint8Array(32) }])), illegalParameter, 'of small order')
  t.equal(edited((extensions) => dropExtension(extensions, extensionType.keyShare)), alerts.missing_extension)
})

t.test('early_data and a cookie that was not sent', async (t) => {
  const early = retried({ earlyData: true })
  early.deliver(early.client.secondClientHello({ earlyData: true }))
  t.equal(alertOf(early), alerts.illegal_parameter)
  t.equal(second({ cookie: u8(1) }), alerts.illegal_parameter)
})

t.test('something else than a ClientHello', async (t) => {
  const data = retried()
  data.deliver(data.client.data('hello'))
  t.equal(alertOf(data), alerts.unexpected_message)
  const finished = retried()
  finished.deliver(finished.client.handshake(new Uint8Array([20, 0, 0, 0])))
  t.equal(alertOf(finished), alerts.unexpected_message)
  const third = retried()
  third.deliver(third.client.secondClientHello())
  third.client.write = null
  third.deliver(third.client.handshake(third.client.helloMessage))
  t.equal(alertOf(third), alerts.unexpected_message)
})

t.test('resumption over a HelloRetryRequest: the binder covers all of it', async (t) => {
  for (const suite of [0x1301, 0x1302]) {
    const server = createServer()
    const first = server.pair({ cipherSuites: [suite], serverName: 'localhost' }).handshake()
    const again = server.pair(resuming(first.client, { shareGroups: [] })).handshake()
    t.match(again.connection.info, { resumed: true, helloRetryRequest: true })
    const wrong = server.pair(resuming(first.client, { shareGroups: [] }))
    wrong.deliver(wrong.client.clientHello())
    // A binder over the second ClientHello alone, as if there had been no retry.
    wrong.client.transcript = new Uint8Array(0)
    wrong.deliver(wrong.client.secondClientHello())
    t.equal(alertOf(wrong), alerts.decrypt_error)
  }
})

t.test('a PSK may be left out of the second hello, but not of a server that chose nothing', async (t) => {
  const server = createServer()
  const first = server.pair().handshake()
  const joint = server.pair(resuming(first.client, { shareGroups: [] }))
  joint.deliver(joint.client.clientHello())
  joint.deliver(joint.client.secondClientHello({ psks: [] }))
  joint.deliver(joint.client.flight2())
  t.match(joint.connection.info, { resumed: false, helloRetryRequest: true })
})

t.test('a second change_cipher_spec in the flight is no harm', async (t) => {
  const joint = retried({ sessionId: new Uint8Array(32) })
  joint.deliver(changeCipherSpec, joint.client.secondClientHello())
  joint.deliver(changeCipherSpec, joint.client.flight2())
  t.equal(joint.connection.connected, true)
})

function retriedWithSessionId (): number | null {
  const joint = retried({ sessionId: new Uint8Array(32).fill(1) })
  joint.deliver(joint.client.secondClientHello({ sessionId: new Uint8Array(32).fill(2) }))
  return alertOf(joint)
}
