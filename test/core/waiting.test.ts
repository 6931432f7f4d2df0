/** What may be a promise: the context, the turn of others, the signature, the session, the verdict. The core waits, and the result is the same. */
import t from 'tap'
import { concat, resuming, TestClient } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import type { Signer } from '../../types/crypto.ts'
import type { TicketProtector } from '../../types/session.ts'
import { clientCredential, createServer, PlainProtector, seeded } from '../helpers/server.ts'
import type { JointPair, ServerOptions, TestServer } from '../helpers/server.ts'
import { alertOf, alerts, answerRequest, ask, written } from './support.ts'

const credential = clientCredential('ed25519')
const later = <T>(value: T): Promise<T> => new Promise((resolve) => { setImmediate(resolve, value) })

/** Options that make one thing a promise, given how a value becomes one. */
type Slow = (promise: <T>(value: T) => T | Promise<T>) => ServerOptions

const slow: Record<'context' | 'turn' | 'signature' | 'verdict' | 'session', Slow> = {
  context: (promise) => {
    const { context } = createServer({ keyTypes: ['ed25519'], seed: 'waiting' })
    return { configuration: { resolveContext: () => promise(context) } }
  },
  turn: (promise) => ({ othersTurn: () => promise(null) as Promise<void> | null }),
  signature: (promise) => ({ signer: (signer: Signer) => ({ ...signer, sign: (scheme, content) => promise(signer.sign(scheme, content) as Uint8Array) }) }),
  verdict: (promise) => ({ verify: () => promise({}) }),
  session: (promise) => ({ configuration: { tickets: opening(promise) } })
}

/** A full handshake with a client's certificate and a resumption of it, all of their bytes. */
async function conversation (options: ServerOptions): Promise<string[]> {
  const server = createServer({ keyTypes: ['ed25519'], seed: 'waiting', ...options, configuration: { requestCert: true, ...options.configuration } })
  const first = server.pair(new TestClient({ randomBytes: seeded('first'), postHandshakeAuth: true }))
  await first.handshakeAsync({ credential })
  ask(first)
  answerRequest(first, 0, { credential })
  await first.settle()
  const second = await server.pair(resuming(first.client, { randomBytes: seeded('second') })).handshakeAsync()
  t.equal(second.connection.info?.resumed, true)
  t.equal(second.connection.identity?.authorized, true)
  return [written(first), written(second), first.accepted.log.join(), second.accepted.log.join()]
}

for (const [name, options] of Object.entries(slow)) {
  t.test(`${name}: a promise gives the same bytes as a value`, async (t) => {
    const now = await conversation(options((value) => value))
    t.same(await conversation(options(later)), now)
  })
}

t.test('all of them at once', async (t) => {
  const together = (promise: Parameters<Slow>[0]): ServerOptions => {
    const signer = slow.signature(promise).signer!
    const { context } = createServer({ keyTypes: ['ed25519'], seed: 'waiting', signer })
    const verifier = { verify: (chain: readonly Uint8Array[]) => promise(context.verifier.verify(chain)) as ReturnType<typeof context.verifier.verify> }
    return { ...slow.turn(promise), configuration: { resolveContext: () => promise({ ...context, verifier }), tickets: opening(promise) } }
  }
  t.same(await conversation(together(later)), await conversation(together((value) => value)))
})

/** Brings a connection to where it waits, and says what would come next. */
const reach: Record<keyof typeof slow, (server: TestServer) => JointPair> = {
  context: (server) => helloTo(server, {}),
  turn: (server) => helloTo(server, {}),
  signature: (server) => helloTo(server, {}),
  verdict: (server) => {
    const joint = helloTo(server, {})
    joint.deliver(joint.client.flight2({ credential }))
    return joint
  },
  session: (server) => helloTo(server, resumable(server))
}

for (const name of Object.keys(slow) as Array<keyof typeof slow>) {
  const waitingServer = (promise: Parameters<Slow>[0]): TestServer => {
    const options = slow[name](promise)
    return createServer({ keyTypes: ['ed25519'], ...options, configuration: { requestCert: name === 'verdict', ...options.configuration } })
  }

  t.test(`${name}: while it waits nothing happens, and what comes is kept`, async (t) => {
    let release = (): void => {}
    const server = waitingServer((value) => new Promise((resolve) => { release = () => { resolve(value) } }))
    const joint = reach[name](server)
    t.type(joint.connection.waiting, Promise)
    const before = joint.wire.length
    joint.connection.receive(Buffer.from([20, 3, 3, 0, 1]))
    t.equal(joint.connection.takeOutput(), null)
    t.equal(joint.wire.length, before)
    t.equal(joint.connection.connected, false)
    joint.connection.receive(Buffer.from([1]))
    release()
    await joint.settle()
    t.equal(joint.connection.waiting, null)
    if (name === 'verdict') return t.equal(alertOf(joint), alerts.unexpected_message, 'it comes after the Finished that was held')
    t.equal(joint.connection.failed, false)
    joint.deliver(joint.client.flight2())
    t.equal(joint.connection.connected, true)
  })

  t.test(`${name}: a rejection is internal_error, and says nothing of why`, async (t) => {
    const server = waitingServer(() => Promise.reject(new Error('the database is at 10.0.0.7')))
    const joint = reach[name](server)
    await joint.settle()
    t.equal(alertOf(joint), alerts.internal_error)
    t.match(joint.accepted.failure, { code: 'TLS13_INTERNAL_ERROR', message: 'internal error', cause: { message: 'the database is at 10.0.0.7' } })
    t.equal(joint.connection.waiting, null)
  })

  t.test(`${name}: a throw is the same`, async (t) => {
    const server = waitingServer(() => { throw new Error('at once') })
    const joint = reach[name](server)
    t.equal(alertOf(joint), alerts.internal_error)
    t.match(joint.accepted.failure, { code: 'TLS13_INTERNAL_ERROR', cause: { message: 'at once' } })
  })

  t.test(`${name}: an answer that comes after the end is of no use`, async (t) => {
    for (const end of [
      (joint: JointPair) => { joint.connection.abort('HANDSHAKE_TIMEOUT', 'too slow') },
      (joint: JointPair) => { joint.connection.disconnected() }
    ]) {
      const joint = reach[name](waitingServer(later))
      const { waiting } = joint.connection
      end(joint)
      joint.flush()
      t.equal(joint.connection.waiting, null)
      joint.connection.resume(await waiting)
      joint.connection.reject(new Error('and this neither'))
      t.equal(joint.connection.takeOutput(), null)
      t.equal(joint.connection.connected, false)
    }
  })
}

t.test('all that a client can say while the signature is made, in one delivery and in bytes', async (t) => {
  for (const bytewise of [false, true]) {
    const joint = createServer({ keyTypes: ['ed25519'], ...slow.signature(later) }).pair({ sessionId: new Uint8Array(32) })
    joint.deliver(joint.client.clientHello())
    const early = concat([20, 3, 3, 0, 1, 1], [20, 3, 3, 0, 1, 1])
    if (bytewise) for (const byte of early) joint.deliver(Uint8Array.of(byte))
    else joint.deliver(early)
    await joint.settle()
    joint.deliver(joint.client.flight2())
    t.equal(joint.connection.connected, true)
  }
})

t.test('data behind an answer whose verdict is awaited comes out in order, after the verdict', async (t) => {
  const joint = await createServer({ verify: () => later({}) }).pair({ postHandshakeAuth: true }).handshakeAsync()
  ask(joint)
  const { client } = joint
  joint.deliver(concat(client.data('before '), client.handshake(client.answer(client.requests[0]!, { credential })), client.data('after')))
  t.equal(joint.accepted.plaintext, 'before ')
  t.equal(joint.connection.identity, null)
  joint.connection.send([Buffer.from('still sending')])
  joint.flush()
  await joint.settle()
  t.same(joint.accepted.log, ['connected', 'plaintext', 'clientAuth', 'plaintext'])
  t.equal(joint.accepted.plaintext, 'before after')
})

t.test('a verdict awaited in a second ClientHello and in many identities', async (t) => {
  const server = createServer({ configuration: { tickets: opening(later) } })
  const first = await server.pair().handshakeAsync()
  const session = first.client.tickets[0]!
  const unknown = { session: { ...session, ticket: new Uint8Array(40) } }
  const joint = await server.pair({ psks: [unknown, unknown, { session }], shareGroups: [] }).handshakeAsync()
  t.equal(joint.client.facts.selectedIdentity, 2)
})

function helloTo (server: TestServer, client: ClientOptions | TestClient): JointPair {
  const joint = server.pair(client)
  joint.deliver(joint.client.clientHello())
  return joint
}

/** A client with a ticket of that server's, had without waiting. */
function resumable (server: TestServer): TestClient {
  const first = createServer({ keyTypes: ['ed25519'], configuration: { tickets: server.configuration.tickets } }).pair().handshake()
  return resuming(first.client)
}

/** A protector that seals at once and opens in its own time. */
function opening (promise: <T>(value: T) => T | Promise<T>): TicketProtector {
  const plain = new PlainProtector(seeded('tickets'))
  return { seal: (state, policy) => plain.seal(state, policy), open: (ticket, policy) => promise(plain.open(ticket, policy)) }
}
