/** KeyUpdate in both directions (RFC 8446 §4.6.3) and the exporter (§7.5). */
import t from 'tap'
import { hex, message, toHex } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'
import type { JointPair } from '../helpers/server.ts'
import { alertOf, alerts } from './support.ts'

function connected (options: Parameters<typeof createServer>[0] = {}, cipherSuites = [0x1301]): JointPair {
  return createServer(options).pair({ cipherSuites }).handshake()
}

function echo (joint: JointPair): string {
  const before = joint.client.plaintext.length
  joint.deliver(joint.client.data('ping'))
  joint.connection.send([Buffer.from('pong')])
  joint.flush()
  return Buffer.from(joint.client.plaintext.slice(before)).toString()
}

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: many updates of both sides, with every suite`, async (t) => {
    for (const suite of [0x1301, 0x1302, 0x1303]) {
      const joint = connected({ provider }, [suite])
      for (let round = 0; round < 5; round++) {
        joint.deliver(joint.client.keyUpdate(round % 2 as 0 | 1))
        joint.connection.updateKeys(false)
        joint.flush()
        t.equal(echo(joint), 'pong')
      }
      t.same(joint.client.incoming.keyUpdates, Array.from({ length: 7 }, () => 0))
    }
  })
}

t.test('update_requested is answered at once, with update_not_requested', async (t) => {
  const joint = connected()
  joint.deliver(joint.client.keyUpdate(1))
  t.same(joint.client.incoming.keyUpdates, [0])
  t.equal(echo(joint), 'pong')
})

t.test('ours: update_requested once, until the client has answered', async (t) => {
  const joint = connected()
  joint.connection.updateKeys(true)
  joint.connection.updateKeys(true)
  joint.flush()
  t.same(joint.client.incoming.keyUpdates, [1, 0])
  joint.deliver(joint.client.keyUpdate(0))
  joint.connection.updateKeys(true)
  joint.flush()
  t.same(joint.client.incoming.keyUpdates, [1, 0, 1])
  t.equal(echo(joint), 'pong')
})

t.test('in the middle of the client\'s data, in one delivery', async (t) => {
  const joint = connected()
  joint.deliver(Buffer.concat([joint.client.data('a'), joint.client.keyUpdate(1), joint.client.data('b'), joint.client.keyUpdate(0), joint.client.data('c')]))
  t.equal(joint.accepted.plaintext, 'abc')
})

t.test('a record under the old key after a KeyUpdate', async (t) => {
  const joint = connected()
  joint.deliver(joint.client.handshake(message(24, [0])))
  joint.deliver(joint.client.data('old'))
  t.equal(alertOf(joint), alerts.bad_record_mac)
})

t.test('bad values and lengths', async (t) => {
  for (const [body, alert] of [['02', alerts.illegal_parameter], ['ff', alerts.illegal_parameter], ['', alerts.decode_error], ['0000', alerts.decode_error]] as const) {
    const joint = connected()
    joint.deliver(joint.client.handshake(message(24, hex(body))))
    t.equal(alertOf(joint), alert, `body ${body}`)
  }
})

t.test('nothing may follow it in its record', async (t) => {
  for (const rest of [message(24, [0]), hex('18'), hex('00')]) {
    const joint = connected()
    joint.deliver(joint.client.handshake([message(24, [0]), rest]))
    t.equal(alertOf(joint), alerts.unexpected_message)
  }
})

t.test('split over records', async (t) => {
  const joint = connected()
  joint.deliver(joint.client.keyUpdate(0, { split: [1, 2, 3, 4] }))
  t.equal(echo(joint), 'pong')
})

t.test('before Finished', async (t) => {
  const joint = createServer().pair()
  joint.deliver(joint.client.clientHello())
  joint.deliver(joint.client.handshake(message(24, [0])))
  t.equal(alertOf(joint), alerts.unexpected_message)
})

t.test('in the record of Finished', async (t) => {
  const joint = createServer().pair()
  joint.deliver(joint.client.clientHello())
  const messages = joint.client.flight2Messages()
  joint.deliver(joint.client.handshake([...messages, message(24, [0])]))
  t.equal(alertOf(joint), alerts.unexpected_message, 'Finished changes the keys')
})

t.test('a flood of them is refused, as many with data between are not', async (t) => {
  const busy = connected()
  for (let count = 0; count < 100; count++) busy.deliver(busy.client.keyUpdate(1), busy.client.data('x'))
  t.equal(busy.accepted.plaintext.length, 100)
  const flood = connected()
  for (let count = 0; count < 32; count++) flood.deliver(flood.client.keyUpdate(0))
  t.equal(alertOf(flood), null)
  flood.deliver(flood.client.keyUpdate(0))
  t.equal(alertOf(flood), alerts.unexpected_message)
  const empty = connected()
  for (let count = 0; count < 40 && !empty.connection.failed; count++) empty.deliver(empty.client.keyUpdate(0), empty.client.data(''))
  t.equal(alertOf(empty), alerts.unexpected_message, 'empty data is none')
})

t.test('what the observer is told', async (t) => {
  const server = createServer()
  const joint = server.pair().handshake()
  joint.deliver(joint.client.keyUpdate(1))
  joint.connection.updateKeys(true)
  joint.flush()
  t.same(server.of('keyUpdate'), [['received', true], ['sent', false], ['sent', true]])
})

t.test('exporter: every length, label and context, the same as the client\'s; it does not change with the keys', async (t) => {
  for (const suite of [0x1301, 0x1302]) {
    const joint = connected({}, [suite])
    const check = (): void => {
      for (const length of [0, 1, 16, 32, 33, 48, 49, 64, 255, 1000]) {
        for (const [label, context] of [['EXPORTER-x', ''], ['EXPORTER-x', 'c'], ['', ''], ['l'.repeat(200), 'c'.repeat(300)]] as const) {
          const ours = joint.connection.exportKeyingMaterial(length, label, Buffer.from(context))
          t.equal(toHex(ours), toHex(joint.client.exporter(length, label, Buffer.from(context))))
        }
      }
    }
    check()
    joint.deliver(joint.client.keyUpdate(1))
    check()
  }
})
