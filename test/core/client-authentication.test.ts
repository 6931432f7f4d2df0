/** Client certificates in the handshake (RFC 8446 §4.3.2, §4.4.2–4.4.4). */
import t from 'tap'
import { concat, flip, hex, message, Reader, toHex, u24, vector } from '../helpers/client/index.ts'
import type { AnswerOptions, ClientOptions } from '../helpers/client/index.ts'
import { authority, clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, ServerOptions } from '../helpers/server.ts'
import type { KeyType } from '../helpers/pki.ts'
import { alertOf, alerts } from './support.ts'

const credential = clientCredential('ed25519')
const rsa = clientCredential('rsa')

function attempt (answer: AnswerOptions, options: ServerOptions = {}, client: ClientOptions = {}): JointPair {
  return createServer({ ...options, configuration: { requestCert: true, ...options.configuration } }).pair(client).handshake(answer)
}

const alertTo = (answer: AnswerOptions, options: ServerOptions = {}): number | null => alertOf(attempt(answer, options))

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: every key type`, async (t) => {
    for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] satisfies KeyType[]) {
      const joint = attempt({ credential: clientCredential(keyType) }, { provider })
      t.equal(joint.connection.connected, true, keyType)
      t.equal(joint.connection.identity?.authorized, true)
      t.same(joint.connection.identity?.chain.map(toHex), clientCredential(keyType).chain.map(toHex))
    }
  })

  t.test(`${provider}: every scheme that a key can make, and none that it cannot`, async (t) => {
    for (const scheme of [0x0804, 0x0805, 0x0806]) t.equal(alertTo({ credential: rsa, scheme }, { provider }), null)
    const pss = clientCredential('rsa-pss')
    t.equal(alertTo({ credential: pss, scheme: 0x0809 }, { provider }), null)
    for (const [key, scheme, signScheme] of [
      [rsa, 0x0809, 0x0804], [pss, 0x0804, 0x0809], [clientCredential('P-256'), 0x0503, 0x0403], [clientCredential('P-384'), 0x0403, 0x0503],
      [credential, 0x0808, 0x0807], [credential, 0x0403, 0x0807]
    ] as const) {
      const alert = alertTo({ credential: key, scheme, signScheme }, { provider })
      t.ok(alert === alerts.illegal_parameter || alert === alerts.decrypt_error, `scheme ${scheme.toString(16)}: ${alert}`)
    }
  })
}

t.test('the request: our schemes, those of certificates, the authorities, no context', async (t) => {
  const names = [authority().subject]
  const { client } = attempt({ credential }, { context: { certificateAuthorities: names } })
  const request = client.incoming.handshakeRequest!
  t.same(request.context.length, 0)
  t.same(request.signatureSchemes.slice(0, 3), createServer().configuration.signatureSchemes.slice(0, 3))
  const list = new Reader(new Reader(request.extensions.get(47)!).vector(2)).list((reader) => toHex(reader.vector(2)))
  t.same(list, names.map(toHex))
  t.notOk(attempt({ credential }).client.incoming.handshakeRequest!.extensions.has(47), 'none known, none said')
})

t.test('authorities that do not fit are left out', async (t) => {
  const certificateAuthorities = Array.from({ length: 200 }, () => new Uint8Array(400))
  const { client, connection } = attempt({ credential }, { context: { certificateAuthorities } })
  t.equal(client.incoming.handshakeRequest!.extensions.has(47), false)
  t.equal(connection.connected, true)
})

t.test('no certificate: certificate_required, or nobody', async (t) => {
  const server = createServer({ configuration: { requestCert: true } })
  const refused = server.pair().handshake()
  t.equal(alertOf(refused), alerts.certificate_required)
  t.equal(refused.accepted.failure?.code, 'TLS13_CERTIFICATE_REQUIRED')
  t.match(server.of('clientAuthCompleted'), [['handshake', 'empty', 0]])
  const accepted = attempt({}, { configuration: { rejectUnauthorized: false } })
  t.equal(accepted.connection.connected, true)
  t.equal(accepted.connection.identity, null)
})

t.test('a chain that is not authorized: the verdict\'s alert, or an identity that says so', async (t) => {
  for (const alert of [alerts.unknown_ca, alerts.certificate_expired, 44, 46]) {
    const verify = () => ({ authorized: false, authorizationError: 'WHY', alert })
    const refused = attempt({ credential }, { verify })
    t.equal(alertOf(refused), alert)
    t.equal(refused.connection.identity, null)
    const accepted = attempt({ credential }, { verify, configuration: { rejectUnauthorized: false } })
    t.match(accepted.connection.identity, { authorized: false, authorizationError: 'WHY' })
  }
})

t.test('a certificate that cannot be read', async (t) => {
  const verify = () => ({ authorized: false, authorizationError: 'CERT_BAD', alert: 42, publicKey: null })
  t.equal(alertTo({ credential, chain: [hex('3000')] }, { verify }), alerts.bad_certificate)
  t.equal(alertTo({ credential, chain: [hex('3000')] }, { verify, configuration: { rejectUnauthorized: false } }), alerts.bad_certificate)
})

t.test('the whole chain is given to the verifier and kept as it came', async (t) => {
  let seen: string[] = []
  const chain = [credential.chain[0]!, authority().certificate, hex('3003020101')]
  const joint = attempt({ credential: { ...credential, chain } }, { verify: (given) => { seen = given.map(toHex); return {} } })
  t.same(seen, chain.map(toHex))
  t.same(joint.connection.identity?.chain.map(toHex), seen)
})

t.test('the chain outlives the bytes it came in', async (t) => {
  for (const provider of ['node', 'noble'] as const) {
    const server = createServer({ provider, configuration: { requestCert: true } })
    const joint = server.pair()
    joint.deliver(joint.client.clientHello())
    const chunk = Buffer.from(joint.client.flight2({ credential }))
    joint.connection.receive(chunk)
    chunk.fill(0)
    const [certificate] = joint.connection.identity!.chain
    t.equal(toHex(certificate!), toHex(credential.chain[0]!))
    t.equal(certificate!.buffer.byteLength, certificate!.length, 'and keeps nothing else alive')
  }
})

t.test('a signature by another key, over other bytes, or changed', async (t) => {
  t.equal(alertTo({ credential, signKey: clientCredential('ed448').privateKey, signScheme: 0x0808 }), alerts.decrypt_error)
  t.equal(alertTo({ credential: clientCredential('P-256'), signKey: authority().privateKey }), alerts.decrypt_error)
  t.equal(alertTo({ credential, editSignature: (right) => flip(right, 0) }), alerts.decrypt_error)
  t.equal(alertTo({ credential, editSignature: () => new Uint8Array(0) }), alerts.decrypt_error)
  t.equal(alertTo({ credential, editSignature: (right) => concat(right, [0]) }), alerts.decrypt_error)
  t.equal(alertTo({ credential: clientCredential('P-256'), editSignature: () => hex('3006020100020100') }), alerts.decrypt_error, 'r = s = 0')
})

t.test('schemes that CertificateVerify may not use', async (t) => {
  for (const scheme of [0x0401, 0x0201, 0x0203, 0x0000, 0x0a0a]) {
    t.equal(alertTo({ credential: rsa, scheme, signScheme: 0x0804 }), alerts.illegal_parameter, scheme.toString(16))
  }
  t.equal(alertTo({ credential: rsa, scheme: 0x0401 }), alerts.illegal_parameter, 'a right PKCS #1 signature')
  const { signatureSchemes } = createServer().configuration
  t.equal(alertTo({ credential }, { configuration: { signatureSchemes: signatureSchemes.filter((scheme) => scheme !== 0x0807) } }), alerts.illegal_parameter, 'one that we do not like')
})

t.test('messages left out', async (t) => {
  t.equal(alertTo({ credential, omit: ['certificate', 'certificateVerify'] }), alerts.unexpected_message, 'a lone Finished')
  t.equal(alertTo({ credential, omit: ['certificate'] }), alerts.unexpected_message)
  t.equal(alertTo({ credential, omit: ['certificateVerify'] }), alerts.unexpected_message, 'no CertificateVerify')
  const waiting = attempt({ credential, omit: ['finished'] })
  t.equal(waiting.connection.connected, false)
  t.equal(waiting.connection.identity, null, 'no identity before Finished')
  t.equal(alertTo({ omit: ['certificate'] }), alerts.unexpected_message)
})

t.test('CertificateVerify after an empty Certificate, and messages twice', async (t) => {
  const lax = { configuration: { rejectUnauthorized: false } }
  t.equal(alertTo({ credential, chain: [] }, lax), alerts.unexpected_message)
  t.equal(alertTo({ credential, edit: ([a, b, c]) => [a!, a!, b!, c!] }), alerts.unexpected_message)
  t.equal(alertTo({ credential, edit: ([a, b, c]) => [a!, b!, b!, c!] }), alerts.unexpected_message)
  t.equal(alertTo({ credential, edit: ([a, b, c]) => [b!, a!, c!] }), alerts.unexpected_message)
  t.equal(alertTo({ credential, edit: ([a, b, c]) => [a!, c!, b!] }), alerts.unexpected_message)
})

t.test('a Certificate that nobody asked for', async (t) => {
  const joint = createServer().pair()
  joint.deliver(joint.client.clientHello())
  joint.deliver(joint.client.handshake(message(11, vector(1), vector(3))))
  t.equal(alertOf(joint), alerts.unexpected_message)
})

t.test('malformed Certificate messages', async (t) => {
  const entry = concat(vector(3, credential.chain[0]!), vector(2))
  const certificate = (...parts: Uint8Array[]): number | null => alertTo({ credential, certificate: message(11, ...parts) })
  t.equal(certificate(), alerts.decode_error)
  t.equal(certificate(vector(1)), alerts.decode_error)
  t.equal(certificate(vector(1), u24(5)), alerts.decode_error)
  t.equal(certificate(vector(1), vector(3, entry), hex('00')), alerts.decode_error, 'trailing')
  t.equal(certificate(vector(1), vector(3, vector(3), vector(2))), alerts.decode_error, 'an empty certificate')
  t.equal(certificate(vector(1), vector(3, vector(3, credential.chain[0]!))), alerts.decode_error, 'no extensions field')
  t.equal(certificate(vector(1), vector(3, entry.slice(0, -1))), alerts.decode_error)
  t.equal(certificate(vector(1, hex('01')), vector(3, entry)), alerts.illegal_parameter, 'a context in the handshake')
})

t.test('extensions of a certificate: none was asked for', async (t) => {
  t.equal(alertTo({ credential, entryExtensions: hex('00050000') }), alerts.unsupported_extension, 'status_request')
  t.equal(alertTo({ credential, entryExtensions: hex('12340000') }), alerts.unsupported_extension, 'unknown')
  t.equal(alertTo({ credential, entryExtensions: hex('000a0000') }), alerts.illegal_parameter, 'one of ClientHello')
  t.equal(alertTo({ credential, entryExtensions: hex('0005000000050000') }), alerts.illegal_parameter, 'twice')
})

t.test('long chains', async (t) => {
  const chain = (length: number): Uint8Array[] => [credential.chain[0]!, ...Array.from({ length: length - 1 }, () => authority().certificate)]
  t.equal(alertTo({ credential: { ...credential, chain: chain(10) } }), null)
  t.equal(alertTo({ credential: { ...credential, chain: chain(11) } }), alerts.bad_certificate)
  t.equal(alertTo({ credential, chain: [credential.chain[0]!, new Uint8Array(90000)] }), null)
  t.equal(alertTo({ credential, chain: [credential.chain[0]!, new Uint8Array(110000)] }), alerts.decode_error)
})

t.test('malformed CertificateVerify and Finished', async (t) => {
  const edited = (index: number, bytes: Uint8Array): number | null => alertTo({ credential, edit: (messages) => messages.map((part, at) => at === index ? bytes : part) })
  t.equal(edited(1, message(15, hex('0807'))), alerts.decode_error)
  t.equal(edited(1, message(15, hex('0807'), vector(2, new Uint8Array(64)), hex('00'))), alerts.decode_error)
  t.equal(edited(1, message(15, hex('08'))), alerts.decode_error)
  t.equal(edited(2, message(20, new Uint8Array(32))), alerts.decrypt_error)
  t.equal(edited(2, message(20, new Uint8Array(33))), alerts.decode_error)
})

t.test('what the observer is told', async (t) => {
  const outcomes = (answer: AnswerOptions, options: ServerOptions = {}): unknown[][] => {
    const server = createServer({ ...options, configuration: { requestCert: true, ...options.configuration } })
    const joint = server.pair()
    joint.deliver(joint.client.clientHello())
    server.clock.now += 5
    joint.deliver(joint.client.flight2(answer))
    joint.connection.disconnected()
    return server.of('clientAuthCompleted')
  }
  const lax = { configuration: { rejectUnauthorized: false } }
  const verify = () => ({ authorized: false, authorizationError: 'WHY', alert: 48 })
  t.same(outcomes({ credential }), [['handshake', 'verified', 5]])
  t.same(outcomes({}), [['handshake', 'empty', 5]])
  t.same(outcomes({}, lax), [['handshake', 'empty', 5]])
  t.same(outcomes({ credential }, { verify }), [['handshake', 'rejected', 5]])
  t.same(outcomes({ credential }, { ...lax, verify }), [['handshake', 'rejected', 5]])
  t.same(outcomes({ credential, editSignature: (right) => flip(right, 0) }), [['handshake', 'aborted', 5]])
  t.same(outcomes({ credential, omit: ['finished'] }), [['handshake', 'aborted', 5]])
})
