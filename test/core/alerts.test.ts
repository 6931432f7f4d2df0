/** Alerts and the end of a connection (RFC 8446 §6). */
import t from 'tap'
import { message } from '../helpers/client/index.ts'
import type { JointPair } from '../helpers/server.ts'
import { createServer } from '../helpers/server.ts'
import { alertOf, alerts, ask } from './support.ts'

function connected (): JointPair {
  return createServer().pair().handshake()
}

t.test('a fatal alert ends the connection at once and without an answer, whatever its level', async (t) => {
  for (const level of [1, 2, 77]) {
    for (const description of [10, 20, 42, 100, 112, 200]) {
      const server = createServer()
      const joint = server.pair().handshake()
      joint.deliver(joint.client.alert(level, description))
      t.same(joint.accepted.log, ['connected', 'failed'])
      t.match(joint.accepted.failure, { code: 'TLS13_PEER_ALERT', alert: description, origin: 'peer' })
      t.equal(joint.client.alerts.length, 0)
      t.equal(joint.connection.failed, true)
      t.same(server.of('connectionClosed'), [[null, false]])
    }
  }
})

t.test('alerts of a wrong length, and two in a record', async (t) => {
  for (const content of [[1], [1, 0, 0], [1, 0, 1, 0]]) {
    const joint = connected()
    joint.deliver(joint.client.records(21, Uint8Array.from(content)))
    t.equal(alertOf(joint), alerts.decode_error)
  }
})

t.test('an alert before ClientHello', async (t) => {
  const server = createServer()
  const joint = server.pair()
  joint.deliver(joint.client.alert(2, 40))
  t.equal(joint.accepted.failure?.code, 'TLS13_PEER_ALERT')
  t.same(server.of('handshakeFailed'), [['failure', 'handshake_failure']])
  t.equal(joint.wire.length, 0)
})

t.test('user_canceled is followed by close_notify and means nothing by itself; not without end', async (t) => {
  const joint = connected()
  joint.deliver(joint.client.alert(1, 90), joint.client.closeNotify())
  t.equal(joint.connection.peerClosed, true)
  t.equal(joint.connection.failed, false)
  const flood = connected()
  for (let count = 0; count < 4; count++) flood.deliver(flood.client.alert(1, 90))
  t.equal(flood.connection.failed, false)
  flood.deliver(flood.client.alert(1, 90))
  t.equal(alertOf(flood), alerts.unexpected_message)
})

t.test('close_notify in the handshake: the connection is over', async (t) => {
  const server = createServer()
  const joint = server.pair()
  joint.deliver(joint.client.clientHello())
  joint.deliver(joint.client.closeNotify())
  t.equal(joint.connection.failed, true)
  t.same(server.of('handshakeFailed'), [['failure', 'close_notify']])
})

t.test('half-close: the client is done, we go on', async (t) => {
  const server = createServer()
  const joint = server.pair().handshake()
  joint.deliver(joint.client.data('last'), joint.client.closeNotify())
  t.same(joint.accepted.log, ['connected', 'plaintext', 'peerClosed'])
  joint.connection.send([Buffer.from('answer')])
  joint.flush()
  t.equal(Buffer.from(joint.client.plaintext).toString(), 'answer')
  joint.connection.close()
  joint.flush()
  t.same(joint.client.alerts.map((alert) => [alert.level, alert.description]), [[1, 0]])
  joint.connection.disconnected()
  t.same(server.of('connectionClosed'), [[null, true]])
})

t.test('half-close: we are done, the client goes on', async (t) => {
  const server = createServer()
  const joint = server.pair().handshake()
  joint.connection.close()
  joint.connection.close()
  joint.flush()
  t.same(joint.client.alerts.map((alert) => alert.description), [0])
  joint.deliver(joint.client.data('still'))
  t.equal(joint.accepted.plaintext, 'still')
  joint.deliver(joint.client.closeNotify())
  t.equal(joint.connection.peerClosed, true)
  joint.connection.disconnected()
  t.same(server.of('connectionClosed'), [[null, true]])
})

t.test('after our close_notify nothing more is sent (§6.1): no KeyUpdate, no tickets, no alert', async (t) => {
  const joint = createServer().pair({ postHandshakeAuth: true }).handshake()
  ask(joint)
  joint.connection.close()
  joint.flush()
  joint.deliver(joint.client.keyUpdate(1))
  t.equal(joint.connection.failed, false)
  joint.deliver(joint.client.handshake(joint.client.answer(joint.client.requests[0]!)))
  t.equal(joint.connection.failed, false)
  joint.deliver(joint.client.handshake(message(99, [])))
  t.equal(joint.connection.failed, true)
  // The client throws when a record follows the close_notify; here it is said in words.
  t.equal(joint.client.received.at(-1)!.type, 21)
})

t.test('what follows the client\'s close_notify is ignored, and not kept', async (t) => {
  const server = createServer()
  const joint = server.pair().handshake()
  joint.deliver(joint.client.closeNotify())
  joint.deliver(joint.client.data('ignored'))
  joint.deliver(Buffer.from('not even TLS'))
  t.equal(joint.accepted.plaintext, '')
  t.equal(joint.connection.failed, false)
  const { counters } = server.configuration
  const before = counters.wireReceived
  for (let count = 0; count < 500; count++) joint.connection.receive(new Uint8Array(65536))
  t.equal(counters.wireReceived, before, 'it does not come as far as the buffer')
  const together = connected()
  together.deliver(Buffer.concat([together.client.closeNotify(), together.client.data('ignored')]))
  t.same(together.accepted.log, ['connected', 'peerClosed'])
})

t.test('close before the handshake is complete: nothing of ours follows', async (t) => {
  const joint = createServer().pair()
  joint.connection.close()
  joint.flush()
  t.same(joint.client.alerts.map((alert) => alert.description), [0])
  joint.connection.receive(joint.client.clientHello())
  t.equal(joint.connection.takeOutput(), null)
  const server = createServer()
  const begun = server.pair()
  begun.deliver(begun.client.clientHello())
  begun.connection.close()
  begun.flush()
  t.same(begun.client.alerts.map((alert) => alert.description), [0])
  begun.connection.receive(begun.client.flight2())
  t.equal(begun.connection.takeOutput(), null)
  begun.connection.disconnected()
  t.equal(begun.connection.connected, false)
  t.same(server.of('handshakeFailed'), [['failure', 'close_notify']])
})

t.test('close and abort after the end do nothing', async (t) => {
  for (const end of [(joint: JointPair) => { joint.connection.disconnected() }, (joint: JointPair) => { joint.deliver(joint.client.alert(2, 80)) }]) {
    const joint = connected()
    end(joint)
    joint.connection.close()
    joint.connection.abort('INTERNAL_ERROR', 'too late')
    joint.connection.clientAuthTimedOut()
    t.equal(joint.connection.takeOutput(), null)
    t.throws(() => { joint.connection.send([Uint8Array.of(1)]) }, { name: 'RefusedError', refusal: 'CLOSED' })
  }
})

t.test('what a sink throws is the sink\'s own, and the connection goes on', async (t) => {
  const joint = connected()
  const { accepted } = joint
  const { onPlaintext } = accepted
  accepted.onPlaintext = () => { throw new Error('of the application') }
  t.throws(() => { joint.connection.receive(joint.client.data('one')) }, { message: 'of the application' })
  accepted.onPlaintext = onPlaintext
  joint.deliver(joint.client.data('two'))
  t.equal(accepted.plaintext, 'two')
  t.equal(joint.connection.failed, false)
})

t.test('a sink may call the connection from inside', async (t) => {
  const joint = connected()
  joint.accepted.onPlaintext = (data) => {
    joint.connection.send([data])
    joint.connection.close()
  }
  joint.deliver(joint.client.data('echo'))
  t.equal(Buffer.from(joint.client.plaintext).toString(), 'echo')
  t.same(joint.client.alerts.map((alert) => alert.description), [0])
  const aborting = connected()
  aborting.accepted.onPlaintext = () => { aborting.connection.abort('INTERNAL_ERROR', 'enough') }
  aborting.deliver(Buffer.concat([aborting.client.data('one'), aborting.client.data('two')]))
  t.equal(alertOf(aborting), alerts.internal_error)
  t.same(aborting.accepted.log, ['connected', 'failed'])
})

t.test('errors hold no secrets and print like errors', async (t) => {
  const joint = connected()
  joint.deliver(joint.client.handshake(message(99, [])))
  const { failure } = joint.accepted
  t.match(failure, { name: 'TlsError', code: 'TLS13_UNEXPECTED_MESSAGE', alert: 10, origin: 'local', alertName: 'unexpected_message' })
  t.ok(failure instanceof Error)
})
