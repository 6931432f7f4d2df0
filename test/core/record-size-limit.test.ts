/** record_size_limit (RFC 8449): what the client takes in one record, and what we say that we take. */
import t from 'tap'
import { concat, extensionType, message, replaceExtension, resuming, toHex } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import { alertOf, alerts, answerRequest, answerTo, ask } from './support.ts'

/** Content, type and padding of the largest protected record that came. */
function largest (joint: JointPair): number {
  return Math.max(...joint.client.received.filter((record) => record.protected).map((record) => record.content.length + 1 + record.padding))
}

function sent (joint: JointPair, length: number): JointPair {
  joint.connection.send([new Uint8Array(length).fill(1), new Uint8Array(length).fill(2)])
  joint.flush()
  return joint
}

/** Records of full size from the first on. */
const createFixed = (): TestServer => createServer({ configuration: { dynamicRecordSizes: false } })

const connect = (client: ClientOptions, server = createFixed()): JointPair => server.pair(client).handshake()

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: no record of ours is larger, in the flight, in tickets and in data`, async (t) => {
    const server = createServer({ provider, configuration: { requestCert: true, rejectUnauthorized: false, dynamicRecordSizes: false } })
    for (const recordSizeLimit of [64, 65, 511, 512, 4096, 16384, 16385]) {
      const joint = sent(connect({ recordSizeLimit, postHandshakeAuth: true }, server), 20000)
      t.same(joint.client.plaintext, concat(new Uint8Array(20000).fill(1), new Uint8Array(20000).fill(2)))
      t.equal(largest(joint), recordSizeLimit, 'the client takes no more, and we use all of it')
      t.equal(joint.client.tickets.length, 2)
      ask(joint)
      answerRequest(joint, 0, { credential: clientCredential() })
      t.equal(joint.connection.identity?.authorized, true)
    }
  })
}

t.test('the flight too: a message goes over as many records as it needs', async (t) => {
  const joint = connect({ recordSizeLimit: 64 })
  const certificate = joint.client.messages.find(({ type }) => type === 11)!
  t.equal(certificate.lastRecord - certificate.firstRecord, Math.ceil(certificate.bytes.length / 63) - 1, 'more or less one record each 63 bytes')
})

t.test('ServerHello is not protected, and not limited', async (t) => {
  const joint = connect({ recordSizeLimit: 64 })
  t.equal(joint.client.messages[0]?.lastRecord, 0)
  t.ok(joint.client.messages[0]!.bytes.length > 64)
})

t.test('we say what we take, when the client said it', async (t) => {
  const said = (client: ClientOptions): string | undefined => {
    const extension = connect(client).client.facts.encryptedExtensions.get(extensionType.recordSizeLimit)
    return extension === undefined ? undefined : toHex(extension)
  }
  t.equal(said({}), undefined)
  for (const recordSizeLimit of [64, 16385, 65535]) t.equal(said({ recordSizeLimit }), '4001', '2^14 and the content type')
})

t.test('more than the protocol has is no error, and changes nothing', async (t) => {
  for (const recordSizeLimit of [16386, 65535]) t.equal(largest(sent(connect({ recordSizeLimit }), 20000)), 16385)
})

t.test('it holds for the connection, not for the session', async (t) => {
  const server = createFixed()
  const first = connect({ recordSizeLimit: 100 }, server)
  const again = sent(server.pair(resuming(first.client)).handshake(), 20000)
  t.equal(again.connection.info?.resumed, true)
  t.equal(again.client.facts.encryptedExtensions.has(extensionType.recordSizeLimit), false)
  t.equal(largest(again), 16385)
  const limited = sent(server.pair(resuming(first.client, { recordSizeLimit: 80 })).handshake(), 500)
  t.equal(limited.connection.info?.resumed, true)
  t.equal(largest(limited), 80)
})

t.test('after a HelloRetryRequest, and after KeyUpdate', async (t) => {
  const joint = sent(connect({ recordSizeLimit: 100, shareGroups: [] }), 500)
  joint.connection.updateKeys(false)
  t.equal(largest(sent(joint, 500)), 100)
  const changed = createServer().pair({ recordSizeLimit: 100, shareGroups: [] })
  changed.deliver(changed.client.clientHello())
  changed.deliver(changed.client.secondClientHello({ recordSizeLimit: 101 }))
  t.equal(alertOf(changed), alerts.illegal_parameter, 'it may not change between the hellos')
})

t.test('the client may send records up to ours, whatever its own limit is', async (t) => {
  const joint = connect({ recordSizeLimit: 64 })
  joint.deliver(joint.client.data('x'.repeat(16384), { split: [] }))
  t.equal(joint.accepted.plaintext.length, 16384)
})

t.test('an alert fits in any record', async (t) => {
  const joint = connect({ recordSizeLimit: 64 })
  joint.deliver(joint.client.handshake(message(24, [2])))
  t.equal(alertOf(joint), alerts.illegal_parameter)
})

t.test('wrong values and lengths', async (t) => {
  const server = createServer()
  const body = (bytes: readonly number[]): number | null =>
    answerTo(server, { recordSizeLimit: 64, editExtensions: (extensions) => replaceExtension(extensions, extensionType.recordSizeLimit, concat(bytes)) })
  for (const limit of [0, 1, 63]) t.equal(body([0, limit]), alerts.illegal_parameter, `a limit of ${limit}`)
  t.equal(body([0, 64]), null)
  for (const bytes of [[], [64], [0, 64, 0]]) t.equal(body(bytes), alerts.decode_error)
})
