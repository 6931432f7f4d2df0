/** The cookie of a HelloRetryRequest (RFC 8446 §4.2.2): sent where it is configured, and wanted back as it was. */
import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import { concat, dropExtension, extensionType, flip, resuming, toHex, u16, u8, vector } from '../helpers/client/index.ts'
import type { ClientOptions, Hello } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'
import type { JointPair } from '../helpers/server.ts'
import { alertOf, alerts } from './support.ts'

const cookieKey = new Uint8Array(32).fill(9)
const server = createServer({ configuration: { cookieKey } })

function retried (client: ClientOptions = {}): JointPair {
  const joint = server.pair({ shareGroups: [], ...client })
  joint.deliver(joint.client.clientHello())
  return joint
}

const cookieOf = (joint: JointPair): Uint8Array => joint.client.incoming.helloRetryRequest!.cookie!

function second (overrides: Partial<Hello>): number | null {
  const joint = retried()
  joint.deliver(joint.client.secondClientHello(overrides))
  return alertOf(joint)
}

t.test('echoed: the handshake goes on', async (t) => {
  for (const suite of [0x1301, 0x1302]) {
    const joint = retried({ cipherSuites: [suite] })
    joint.deliver(joint.client.secondClientHello())
    t.same(joint.client.hello.cookie, cookieOf(joint))
    joint.deliver(joint.client.flight2())
    t.match(joint.connection.info, { helloRetryRequest: true })
    joint.deliver(joint.client.data('hello'))
    t.equal(joint.accepted.plaintext, 'hello')
  }
})

t.test('with a ticket, and in compatibility mode', async (t) => {
  const first = server.pair().handshake()
  const joint = server.pair(resuming(first.client, { shareGroups: [], sessionId: new Uint8Array(32).fill(3) })).handshake()
  t.match(joint.connection.info, { resumed: true, helloRetryRequest: true })
})

t.test('what is in it: what was decided, the hash of the first hello, and proof', async (t) => {
  for (const [suite, hash] of [[0x1301, 'sha256'], [0x1302, 'sha384']] as const) {
    const joint = retried({ cipherSuites: [suite] })
    const decided = concat(u16(suite), u16(joint.client.incoming.helloRetryRequest!.group!), vector(1, createHash(hash).update(joint.client.helloMessage).digest()))
    t.equal(toHex(cookieOf(joint)), toHex(concat(decided, createHmac(hash, cookieKey).update(decided).digest())))
  }
  t.notSame(cookieOf(retried()), cookieOf(retried()), 'another hello, another cookie')
})

t.test('missing, altered, of another hello, empty', async (t) => {
  const { illegal_parameter: illegalParameter } = alerts
  const cookie = cookieOf(retried())
  t.equal(second({}), null)
  t.equal(second({ cookie: null }), illegalParameter, 'missing')
  t.equal(second({ editExtensions: (extensions) => dropExtension(extensions, extensionType.cookie) }), illegalParameter, 'left out')
  t.equal(second({ cookie }), illegalParameter, 'of another connection')
  t.equal(second({ cookie: u8(1) }), illegalParameter, 'another one')
  t.equal(second({ cookie: new Uint8Array(0) }), alerts.decode_error, 'empty')
  for (const offset of [0, 3, 5, 40, -1]) {
    const joint = retried()
    joint.deliver(joint.client.secondClientHello({ cookie: flip(cookieOf(joint), offset) }))
    t.equal(alertOf(joint), illegalParameter, `changed at ${offset}`)
  }
  for (const edit of [(whole: Uint8Array) => whole.slice(1), (whole: Uint8Array) => whole.slice(0, -1), (whole: Uint8Array) => concat(whole, [0])]) {
    const joint = retried()
    joint.deliver(joint.client.secondClientHello({ cookie: edit(cookieOf(joint)) }))
    t.equal(alertOf(joint), illegalParameter)
  }
})

t.test('none without the option, and none without a HelloRetryRequest', async (t) => {
  const plain = createServer().pair({ shareGroups: [] })
  plain.deliver(plain.client.clientHello())
  t.equal(plain.client.incoming.helloRetryRequest?.cookie, null)
  plain.deliver(plain.client.secondClientHello({ cookie: u8(1) }))
  t.equal(alertOf(plain), alerts.illegal_parameter, 'a cookie that was not sent')
  const joint = server.pair().handshake()
  t.equal(joint.client.incoming.helloRetryRequest, null)
  t.equal(joint.connection.connected, true)
})

t.test('one in a first hello says nothing', async (t) => {
  t.equal(server.pair({ cookie: u8(7) }).handshake().connection.connected, true)
  const joint = retried({ cookie: u8(7) })
  joint.deliver(joint.client.secondClientHello())
  t.equal(alertOf(joint), null, 'and ours takes its place')
  const kept = createServer().pair({ cookie: u8(7), shareGroups: [] })
  kept.deliver(kept.client.clientHello())
  kept.deliver(kept.client.secondClientHello())
  t.equal(alertOf(kept), null, 'where we send none it may stay')
})
