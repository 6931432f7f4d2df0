/** Every state with every message type, against the table in lib/core/handshake/states.ts. */
import t from 'tap'
import { transitions } from '../../lib/core/handshake/states.ts'
import type { State } from '../../lib/core/handshake/states.ts'
import { HandshakeType } from '../../lib/core/constants.ts'
import { message } from '../helpers/client/index.ts'
import type { JointPair } from '../helpers/server.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import { accepting, alertOf, alerts, ask } from './support.ts'

const credential = clientCredential('ed25519')

/** Brings a connection to a state in which it awaits the client. */
const reach: Partial<Record<State, () => JointPair>> = {
  START: () => createServer().pair(),
  WAIT_EOED: () => accepting(),
  WAIT_CERT: () => helloTo(createServer({ configuration: { requestCert: true } }).pair()),
  WAIT_CV: () => {
    const joint = helloTo(createServer({ configuration: { requestCert: true } }).pair())
    joint.deliver(joint.client.handshake(joint.client.flight2Messages({ credential })[0]!))
    return joint
  },
  WAIT_FINISHED: () => helloTo(createServer().pair()),
  CONNECTED: () => createServer().pair({ postHandshakeAuth: true }).handshake(),
  POST_WAIT_CV: () => {
    const joint = createServer().pair({ postHandshakeAuth: true }).handshake()
    ask(joint)
    joint.deliver(joint.client.handshake(joint.client.answer(joint.client.requests[0]!, { credential })[0]!))
    return joint
  },
  POST_WAIT_FINISHED: () => {
    const joint = createServer().pair({ postHandshakeAuth: true }).handshake()
    ask(joint)
    joint.deliver(joint.client.handshake(joint.client.answer(joint.client.requests[0]!)[0]!))
    return joint
  }
}

/** Registered types, and some that are not. */
const types = [...new Set([...Object.values(HandshakeType), 0, 3, 12, 14, 16, 21, 22, 25, 67, 203, 255])]

for (const [state, row] of Object.entries(transitions) as Array<[State, typeof transitions[State]]>) {
  const start = reach[state]
  if (start === undefined) {
    t.test(`${state} awaits nothing of the client`, async (t) => {
      t.same(row.accepts, [])
      t.equal(row.applicationData, false)
    })
    continue
  }

  t.test(`${state}: what the table has not is unexpected_message`, async (t) => {
    for (const type of types) {
      if (row.accepts.includes(type)) continue
      for (const body of [new Uint8Array(0), new Uint8Array(40)]) {
        const joint = start()
        t.equal(joint.connection.state, state)
        joint.deliver(sealed(joint, 22, message(type, body)))
        t.equal(alertOf(joint), alerts.unexpected_message, `message ${type} in ${state}`)
        t.equal(joint.connection.state, 'CLOSED')
      }
    }
  })

  t.test(`${state}: what the table has is read, and nonsense in it is no unexpected_message`, async (t) => {
    for (const type of row.accepts) {
      // Without a request a Certificate is unexpected, in either form.
      if (state === 'CONNECTED' && type !== HandshakeType.key_update) continue
      const joint = start()
      // EndOfEarlyData is empty when it is right.
      const length = type === HandshakeType.end_of_early_data ? 1 : 0
      joint.deliver(sealed(joint, 22, message(type, new Uint8Array(length))))
      t.equal(alertOf(joint), alerts.decode_error, `message ${type} of ${length} bytes in ${state}`)
    }
  })

  t.test(`${state}: application data`, async (t) => {
    const joint = start()
    joint.deliver(sealed(joint, 23, Buffer.from('hello')))
    t.equal(alertOf(joint), row.applicationData ? null : alerts.unexpected_message)
    t.equal(joint.accepted.plaintext, row.applicationData ? 'hello' : '')
  })
}

t.test('CONNECTED: a Certificate without a request is unexpected, an empty one with a request is not', async (t) => {
  const unasked = createServer().pair({ postHandshakeAuth: true }).handshake()
  unasked.deliver(unasked.client.handshake(message(11, [0, 0, 0, 0])))
  t.equal(alertOf(unasked), alerts.unexpected_message)
  const asked = createServer().pair({ postHandshakeAuth: true }).handshake()
  ask(asked)
  asked.deliver(asked.client.handshake(message(11, [])))
  t.equal(alertOf(asked), alerts.decode_error)
})

t.test('the table names no state that does not exist, and CLOSED is the end of every one', async (t) => {
  for (const [state, row] of Object.entries(transitions)) {
    for (const next of row.next) t.ok(next in transitions)
    if (state !== 'CLOSED') t.ok(row.next.includes('CLOSED'))
  }
})

t.test('CLOSED: nothing is read and nothing is said', async (t) => {
  const joint = createServer().pair()
  joint.deliver(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  t.equal(alertOf(joint), alerts.unexpected_message)
  joint.connection.receive(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  t.equal(joint.connection.takeOutput(), null)
  t.same(joint.accepted.log, ['failed'])
})

/** Under the keys that the server reads with. */
function sealed ({ connection, client }: JointPair, type: number, content: Uint8Array): Uint8Array {
  return connection.state === 'WAIT_EOED' ? client.earlyRecords(type, content) : client.records(type, content)
}

function helloTo (joint: JointPair): JointPair {
  joint.deliver(joint.client.clientHello())
  return joint
}
