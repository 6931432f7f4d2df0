/** Client certificates after the handshake (RFC 8446 §4.6.2). */
import t from 'tap'
import { concat, flip, hex, message, resuming, toHex } from '../helpers/client/index.ts'
import type { AnswerOptions, ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, ServerOptions } from '../helpers/server.ts'
import type { KeyType } from '../helpers/pki.ts'
import { alertOf, alerts, answerRequest, ask } from './support.ts'

const credential = clientCredential('ed25519')
const other = clientCredential('P-256')

function connected (options: ServerOptions = {}, client: ClientOptions = {}): JointPair {
  return createServer(options).pair({ postHandshakeAuth: true, ...client }).handshake()
}

/** Asked, not yet answered. */
function asked (terms: Parameters<typeof ask>[1] = {}, options: ServerOptions = {}): JointPair {
  const joint = connected(options)
  ask(joint, terms)
  return joint
}

function attempt (answer: AnswerOptions, terms: Parameters<typeof ask>[1] = {}, options: ServerOptions = {}): JointPair {
  const joint = asked(terms, options)
  answerRequest(joint, 0, answer)
  return joint
}

const alertTo = (answer: AnswerOptions, terms: Parameters<typeof ask>[1] = {}): number | null => alertOf(attempt(answer, terms))

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: every key type, with every suite`, async (t) => {
    for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] satisfies KeyType[]) {
      const joint = connected({ provider }, { cipherSuites: [[0x1301, 0x1302, 0x1303][keyType.length % 3]!] })
      ask(joint)
      answerRequest(joint, 0, { credential: clientCredential(keyType) })
      t.match(joint.accepted.clientAuth, [{ outcome: 'verified', identity: { authorized: true } }], keyType)
      t.equal(joint.connection.identity, joint.accepted.clientAuth[0]!.identity)
    }
  })
}

t.test('the request: a context of 32 unpredictable bytes, ours to remember', async (t) => {
  const joint = asked()
  t.equal(joint.connection.postHandshakeAuth, true)
  t.equal(joint.connection.clientAuthPending, true)
  t.equal(joint.client.requests[0]!.context.length, 32)
  answerRequest(joint, 0, { credential })
  t.equal(joint.connection.clientAuthPending, false)
  ask(joint)
  t.not(toHex(joint.client.requests[1]!.context), toHex(joint.client.requests[0]!.context))
})

t.test('refusals leave the connection as it was', async (t) => {
  const server = createServer({ configuration: { alpnProtocols: ['h2', 'http/1.1'] } })
  const terms = { failIfNoCertificate: false, rejectUnauthorized: true }
  const unable = server.pair().handshake()
  t.throws(() => { unable.connection.requestClientCertificate(terms) }, { name: 'RefusedError', refusal: 'NOT_OFFERED' })
  t.same(server.of('clientAuthCompleted'), [['post_handshake', 'unsupported', 0]])
  const h2 = server.pair({ postHandshakeAuth: true, alpnProtocols: ['h2'] }).handshake()
  t.throws(() => { h2.connection.requestClientCertificate(terms) }, { name: 'RefusedError', refusal: 'HTTP2' })
  const pending = server.pair({ postHandshakeAuth: true }).handshake()
  ask(pending)
  t.throws(() => { pending.connection.requestClientCertificate(terms) }, { name: 'RefusedError', refusal: 'PENDING' })
  const early = server.pair({ postHandshakeAuth: true })
  early.deliver(early.client.clientHello())
  t.throws(() => { early.connection.requestClientCertificate(terms) }, { name: 'RefusedError', refusal: 'HANDSHAKE_IN_PROGRESS' })
  const closed = server.pair({ postHandshakeAuth: true }).handshake()
  closed.deliver(closed.client.closeNotify())
  t.throws(() => { closed.connection.requestClientCertificate(terms) }, { name: 'RefusedError', refusal: 'CLOSED' })
  for (const joint of [unable, h2, pending]) {
    joint.deliver(joint.client.data('fine'))
    t.equal(joint.accepted.plaintext, 'fine')
  }
})

t.test('an empty answer: nobody, or certificate_required', async (t) => {
  const optional = attempt({})
  t.same(optional.accepted.clientAuth, [{ outcome: 'empty', identity: null }])
  t.equal(alertOf(optional), null)
  t.equal(alertTo({}, { failIfNoCertificate: true }), alerts.certificate_required)
})

t.test('a chain that is not authorized', async (t) => {
  const verify = () => ({ authorized: false, authorizationError: 'WHY', alert: alerts.unknown_ca })
  t.equal(alertOf(attempt({ credential }, {}, { verify })), alerts.unknown_ca)
  const accepted = attempt({ credential }, { rejectUnauthorized: false }, { verify })
  t.match(accepted.accepted.clientAuth, [{ outcome: 'rejected', identity: { authorized: false, authorizationError: 'WHY' } }])
  t.match(accepted.connection.identity, { authorized: false })
})

t.test('the identity is published after Finished, not before', async (t) => {
  const joint = asked()
  const messages = joint.client.answer(joint.client.requests[0]!, { credential })
  for (const part of messages.slice(0, 2)) {
    joint.deliver(joint.client.handshake(part))
    t.equal(joint.connection.identity, null)
    t.same(joint.accepted.clientAuth, [])
  }
  joint.deliver(joint.client.handshake(messages[2]!))
  t.equal(joint.connection.identity?.authorized, true)
})

t.test('a second authentication replaces the first, an empty one clears it, a failed one ends the connection', async (t) => {
  const joint = attempt({ credential })
  const chain = (): string | undefined => joint.connection.identity?.chain.map(toHex)[0]
  t.equal(chain(), toHex(credential.chain[0]!))
  ask(joint)
  t.equal(chain(), toHex(credential.chain[0]!), 'the old one until then')
  answerRequest(joint, 1, { credential: other })
  t.equal(chain(), toHex(other.chain[0]!))
  ask(joint)
  answerRequest(joint, 2)
  t.equal(joint.connection.identity, null)
  ask(joint)
  answerRequest(joint, 3, { credential, editSignature: (right) => flip(right, 1) })
  t.equal(alertOf(joint), alerts.decrypt_error)
  t.equal(joint.accepted.clientAuth.length, 3)
})

t.test('an identity of the handshake is replaced too', async (t) => {
  const joint = createServer({ configuration: { requestCert: true } }).pair({ postHandshakeAuth: true }).handshake({ credential: other })
  t.equal(toHex(joint.connection.identity!.chain[0]!), toHex(other.chain[0]!))
  ask(joint)
  answerRequest(joint, 0, { credential })
  t.equal(toHex(joint.connection.identity!.chain[0]!), toHex(credential.chain[0]!))
})

t.test('wrong answers', async (t) => {
  const { unexpected_message: unexpectedMessage, illegal_parameter: illegalParameter, decrypt_error: decryptError } = alerts
  t.equal(alertTo({ credential, context: new Uint8Array(32) }), illegalParameter, 'another context')
  t.equal(alertTo({ credential, context: new Uint8Array(0) }), illegalParameter, 'no context')
  t.equal(alertTo({ context: new Uint8Array(32) }), illegalParameter, 'another context, and empty')
  t.equal(alertTo({ credential, omit: ['certificate', 'certificateVerify'] }), unexpectedMessage, 'a lone Finished (CVE-2026-55962)')
  t.equal(alertTo({ credential, omit: ['certificateVerify'] }), unexpectedMessage, 'no CertificateVerify')
  t.equal(alertTo({ credential, omit: ['certificate'] }), unexpectedMessage, 'no Certificate')
  t.equal(alertTo({ credential, chain: [] }), unexpectedMessage, 'CertificateVerify after an empty Certificate')
  t.equal(alertTo({ credential, editSignature: (right) => flip(right, 5) }), decryptError)
  t.equal(alertTo({ credential, editVerifyData: (right) => flip(right, 5) }), decryptError)
  t.equal(alertTo({ editVerifyData: (right) => flip(right, 5) }), decryptError, 'of an empty answer')
  t.equal(alertTo({ credential, editVerifyData: (right) => right.slice(1) }), alerts.decode_error)
  t.equal(alertTo({ credential, scheme: 0x0403, signScheme: 0x0807 }), illegalParameter)
  t.equal(alertTo({ credential, entryExtensions: hex('00050000') }), alerts.unsupported_extension)
  t.equal(alertTo({ credential, edit: ([a, b, c]) => [a!, c!, b!] }), unexpectedMessage)
  t.equal(alertTo({ credential, edit: ([a, b, c]) => [b!, a!, c!] }), unexpectedMessage)
})

t.test('the answer is signed over this connection\'s transcript and this request', async (t) => {
  const joint = asked()
  const foreign = asked()
  // The messages of another connection, with the context that is right here.
  const context = joint.client.requests[0]!.context
  joint.deliver(joint.client.handshake(foreign.client.answer(foreign.client.requests[0]!, { credential, context })))
  t.equal(alertOf(joint), alerts.decrypt_error)
  const twice = attempt({ credential })
  const replayed = twice.client.answer(twice.client.requests[0]!, { credential })
  ask(twice)
  twice.deliver(twice.client.handshake(replayed))
  t.equal(alertOf(twice), alerts.illegal_parameter)
})

t.test('an answer without a request, or after it was given', async (t) => {
  const joint = attempt({ credential })
  answerRequest(joint, 0, { credential })
  t.equal(alertOf(joint), alerts.unexpected_message)
  const finished = connected()
  finished.deliver(finished.client.handshake(message(20, new Uint8Array(32))))
  t.equal(alertOf(finished), alerts.unexpected_message)
})

t.test('application data and KeyUpdate before the answer', async (t) => {
  const joint = asked()
  joint.deliver(joint.client.data('body '), joint.client.keyUpdate(1), joint.client.data('more'))
  // Finished is made with the traffic secret of now (§4.4).
  answerRequest(joint, 0, { credential })
  joint.deliver(joint.client.data(' after'))
  t.equal(joint.accepted.plaintext, 'body more after')
  t.same(joint.accepted.log, ['connected', 'plaintext', 'clientAuth', 'plaintext'])
  t.equal(joint.connection.identity?.authorized, true)
})

t.test('a Finished made with the secret before a KeyUpdate', async (t) => {
  const joint = asked()
  const messages = joint.client.answer(joint.client.requests[0]!, { credential })
  joint.deliver(joint.client.keyUpdate(0))
  joint.deliver(joint.client.handshake(messages))
  t.equal(alertOf(joint), alerts.decrypt_error)
})

t.test('the server sends and renews its keys while it waits', async (t) => {
  const joint = asked()
  joint.connection.updateKeys(true)
  joint.connection.send([Buffer.from('meanwhile')])
  joint.flush()
  joint.deliver(joint.client.keyUpdate(0))
  answerRequest(joint, 0, { credential })
  t.equal(Buffer.from(joint.client.plaintext).toString(), 'meanwhile')
  t.equal(joint.connection.identity?.authorized, true)
})

t.test('the answer is one: nothing between its messages', async (t) => {
  for (const between of [
    ({ client }: JointPair) => client.data('x'),
    ({ client }: JointPair) => client.data(''),
    ({ client }: JointPair) => client.keyUpdate(0)
  ]) {
    for (const at of [1, 2]) {
      const joint = asked()
      const messages = joint.client.answer(joint.client.requests[0]!, { credential })
      joint.deliver(joint.client.handshake(messages.slice(0, at)))
      joint.deliver(between(joint))
      t.equal(alertOf(joint), alerts.unexpected_message)
      t.equal(joint.accepted.plaintext, '')
    }
  }
})

t.test('KeyUpdate in the record of the answer, before and behind it', async (t) => {
  const joint = asked()
  const messages = joint.client.answer(joint.client.requests[0]!, { credential })
  joint.deliver(joint.client.handshake([message(24, [0]), ...messages]))
  t.equal(alertOf(joint), alerts.unexpected_message, 'it would change keys inside a record')
  const behind = asked()
  behind.deliver(behind.client.handshake([...behind.client.answer(behind.client.requests[0]!, { credential }), message(24, [0])]))
  behind.client.write!.update()
  behind.deliver(behind.client.data('x'))
  t.equal(behind.accepted.plaintext, 'x')
})

t.test('the messages in three records, in one, and with data right behind', async (t) => {
  const joint = asked()
  const messages = joint.client.answer(joint.client.requests[0]!, { credential })
  joint.deliver(concat(...messages.map((part) => joint.client.handshake(part)), joint.client.data('x')))
  t.same(joint.accepted.log, ['connected', 'clientAuth', 'plaintext'])
})

t.test('on a resumed connection', async (t) => {
  const server = createServer()
  const first = server.pair({ postHandshakeAuth: true }).handshake()
  const joint = server.pair(resuming(first.client)).handshake()
  t.equal(joint.connection.info?.resumed, true)
  ask(joint)
  answerRequest(joint, 0, { credential })
  t.match(joint.accepted.clientAuth, [{ outcome: 'verified' }])
  const unable = server.pair(resuming(first.client, { postHandshakeAuth: false })).handshake()
  t.throws(() => { unable.connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true }) }, { name: 'RefusedError', refusal: 'NOT_OFFERED' })
})

t.test('an answer that comes after the time-out is read as any other', async (t) => {
  const server = createServer()
  const joint = server.pair({ postHandshakeAuth: true }).handshake()
  ask(joint)
  server.clock.now += 30000
  joint.connection.clientAuthTimedOut()
  t.equal(joint.connection.clientAuthPending, true)
  answerRequest(joint, 0, { credential })
  t.equal(joint.connection.identity?.authorized, true)
  t.same(server.of('clientAuthCompleted'), [['post_handshake', 'timeout', 30000]], 'and is counted once')
})

t.test('what the observer is told', async (t) => {
  const outcome = (answer: AnswerOptions | null, verdict = true): unknown[][] => {
    const server = createServer({ verify: () => ({ authorized: verdict, alert: 48, authorizationError: 'WHY' }) })
    const joint = server.pair({ postHandshakeAuth: true }).handshake()
    ask(joint, { failIfNoCertificate: true })
    server.clock.now += 40
    if (answer !== null) answerRequest(joint, 0, answer)
    joint.connection.disconnected()
    return server.of('clientAuthCompleted')
  }
  t.same(outcome({ credential }), [['post_handshake', 'verified', 40]])
  t.same(outcome({}), [['post_handshake', 'empty', 40]])
  t.same(outcome({ credential }, false), [['post_handshake', 'rejected', 40]])
  t.same(outcome(null), [['post_handshake', 'aborted', 40]])
  t.same(outcome({ credential, editSignature: (right) => flip(right, 0) }), [['post_handshake', 'aborted', 40]])
})

t.test('close_notify in the middle of an answer', async (t) => {
  const joint = asked()
  const [certificate] = joint.client.answer(joint.client.requests[0]!, { credential })
  joint.deliver(joint.client.handshake(certificate!), joint.client.closeNotify())
  t.equal(joint.connection.peerClosed, true)
  t.equal(joint.connection.identity, null)
  t.same(joint.accepted.clientAuth, [])
})
