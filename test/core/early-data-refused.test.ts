/** Early data that is refused: what a client sends of it is skipped, up to a limit (RFC 8446 §4.2.10). */
import t from 'tap'
import { concat, resuming, u16 } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair } from '../helpers/server.ts'
import { alertOf, alerts, earlyServer, offering } from './support.ts'

function finish (joint: JointPair): void {
  joint.deliver(joint.client.flight2())
  joint.deliver(joint.client.data('later'))
}

t.test('refused in EncryptedExtensions, skipped, and the handshake goes on', async (t) => {
  for (const count of [0, 1, 5]) {
    const joint = offering(createServer())
    joint.deliver(joint.client.clientHello())
    const keys = joint.client.earlyKeys()
    for (let index = 0; index < count; index++) joint.deliver(keys.seal(concat(Buffer.from('early'), [23])))
    t.equal(joint.client.facts.encryptedExtensions.has(42), false)
    finish(joint)
    t.equal(joint.connection.info?.resumed, true)
    t.equal(joint.accepted.plaintext, 'later', 'and none of it was read')
  }
})

t.test('in one delivery with the ClientHello', async (t) => {
  const joint = offering(createServer())
  const hello = joint.client.clientHello()
  joint.deliver(concat(hello, joint.client.earlyData(Buffer.from('early'))))
  finish(joint)
  t.equal(joint.accepted.plaintext, 'later')
})

t.test('with the ticket refused as well', async (t) => {
  const server = createServer()
  const joint = offering(server)
  server.clock.now += 8 * 86400 * 1000
  joint.deliver(joint.client.clientHello(), joint.client.earlyData(Buffer.from('early')))
  finish(joint)
  t.match(joint.connection.info, { resumed: false })
  t.equal(joint.accepted.plaintext, 'later')
})

t.test('with a HelloRetryRequest', async (t) => {
  const joint = offering(createServer(), { shareGroups: [] })
  joint.deliver(joint.client.clientHello(), joint.client.earlyData(Buffer.from('early')))
  joint.deliver(joint.client.secondClientHello())
  finish(joint)
  t.match(joint.connection.info, { resumed: true, helloRetryRequest: true })
  t.equal(joint.accepted.plaintext, 'later')
})

t.test('in compatibility mode, change_cipher_spec included', async (t) => {
  const joint = offering(createServer(), { sessionId: new Uint8Array(32) })
  joint.deliver(joint.client.clientHello(), concat([20, 3, 3, 0, 1, 1]), joint.client.earlyData(Buffer.from('early')))
  finish(joint)
  t.equal(joint.accepted.plaintext, 'later')
})

t.test('with a request for the client\'s certificate', async (t) => {
  const server = createServer({ configuration: { requestCert: true, rejectUnauthorized: false } })
  const first = server.pair().handshake()
  server.clock.now += 8 * 86400 * 1000
  const joint = server.pair(resuming(first.client, { earlyData: true }))
  joint.deliver(joint.client.clientHello(), joint.client.earlyData(Buffer.from('early')))
  joint.deliver(joint.client.flight2({ credential: clientCredential() }))
  t.equal(joint.connection.identity?.authorized, true)
})

t.test('the limit, in many records and in one', async (t) => {
  const within = offering(createServer())
  within.deliver(within.client.clientHello())
  const keys = within.client.earlyKeys()
  for (let index = 0; index < 4; index++) within.deliver(keys.seal(concat(new Uint8Array(4000), [23])))
  finish(within)
  t.equal(within.accepted.plaintext, 'later')
  const beyond = offering(createServer())
  beyond.deliver(beyond.client.clientHello())
  const more = beyond.client.earlyKeys()
  for (let index = 0; index < 5 && !beyond.connection.failed; index++) beyond.deliver(more.seal(concat(new Uint8Array(4000), [23])))
  t.equal(alertOf(beyond), alerts.unexpected_message)
})

t.test('where tickets allow early data, as much more of it is skipped', async (t) => {
  const joint = offering(earlyServer({}, { maxEarlyData: 50_000, claim: () => 'unavailable' }))
  joint.deliver(joint.client.clientHello(), joint.client.earlyData(new Uint8Array(50_000)))
  finish(joint)
  t.equal(joint.accepted.plaintext, 'later')
  const beyond = offering(earlyServer({}, { maxEarlyData: 50_000, claim: () => 'unavailable' }))
  beyond.deliver(beyond.client.clientHello(), beyond.client.earlyData(new Uint8Array(68_000)))
  t.equal(alertOf(beyond), alerts.unexpected_message)
})

t.test('the limit also before a second ClientHello', async (t) => {
  const joint = offering(createServer(), { shareGroups: [] })
  joint.deliver(joint.client.clientHello())
  for (let index = 0; index < 2 && !joint.connection.failed; index++) joint.deliver(concat([23, 3, 3], u16(10000), new Uint8Array(10000)))
  t.equal(alertOf(joint), alerts.unexpected_message)
})

t.test('empty records of it do not go on for ever', async (t) => {
  const joint = offering(createServer())
  joint.deliver(joint.client.clientHello())
  let sent = 0
  for (; sent < 20000 && !joint.connection.failed; sent++) joint.deliver(concat([23, 3, 3], u16(0)))
  t.equal(joint.connection.failed, true, `${sent} records`)
})

t.test('not offered, not skipped', async (t) => {
  const joint = createServer().pair()
  joint.deliver(joint.client.clientHello())
  joint.deliver(concat([23, 3, 3], u16(30), new Uint8Array(30)))
  t.equal(alertOf(joint), alerts.bad_record_mac)
  const retried = createServer().pair({ shareGroups: [] })
  retried.deliver(retried.client.clientHello())
  retried.deliver(concat([23, 3, 3], u16(30), new Uint8Array(30)))
  t.equal(alertOf(retried), alerts.unexpected_message)
})

t.test('after the client\'s own keys are in use nothing is skipped any more', async (t) => {
  const joint = createServer({ configuration: { requestCert: true, rejectUnauthorized: false } }).pair()
  joint.deliver(joint.client.clientHello({ earlyData: true }))
  const [certificate] = joint.client.flight2Messages({ credential: clientCredential() })
  joint.deliver(joint.client.handshake(certificate!))
  joint.deliver(concat([23, 3, 3], u16(30), new Uint8Array(30)))
  t.equal(alertOf(joint), alerts.bad_record_mac)
  const second = offering(createServer(), { shareGroups: [] })
  second.deliver(second.client.clientHello())
  second.deliver(second.client.secondClientHello())
  second.deliver(concat([23, 3, 3], u16(30), new Uint8Array(30)))
  t.equal(alertOf(second), alerts.bad_record_mac, 'nor after a second ClientHello, which offers none')
})
