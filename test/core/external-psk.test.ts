/** Pre-shared keys that were agreed on outside of TLS (RFC 8446 §4.2.11), alone and beside tickets. */
import t from 'tap'
import { PskKeyExchangeMode } from '../../lib/core/constants.ts'
import { ascii, dropExtension, extensionType, externalPsk, flip, groups, resuming, text, toHex } from '../helpers/client/index.ts'
import type { ClientOptions, OfferedPsk } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import type { ExternalPsk, ServerConfiguration } from '../../types/server.ts'
import { alertOf, alerts } from './support.ts'

const key = Buffer.alloc(32, 7)
const longKey = Buffer.alloc(48, 8)
const keys: Readonly<Record<string, ExternalPsk>> = {
  me: { key, hash: 'sha256' },
  long: { key: longKey, hash: 'sha384' }
}
const lookup = (identity: Uint8Array): ExternalPsk | null => keys[text(identity)] ?? null
const both = [PskKeyExchangeMode.psk_dhe_ke, PskKeyExchangeMode.psk_ke]

const knowing = (configuration: Partial<ServerConfiguration> = {}, provider: 'node' | 'noble' = 'node'): TestServer =>
  createServer({ provider, configuration: { externalPsk: lookup, ...configuration } })

const me: OfferedPsk = { session: externalPsk(ascii('me'), key) }
const long: OfferedPsk = { session: externalPsk(ascii('long'), longKey, 0x1302) }
const stranger: OfferedPsk = { session: externalPsk(ascii('stranger'), key) }
const wrong = (psk: OfferedPsk): OfferedPsk => ({ ...psk, binder: (right) => flip(right, 0) })

const by = { resumed: false, externalPsk: true, signatureScheme: null }
const full = { resumed: false, externalPsk: false }

function speaks (joint: JointPair): void {
  joint.deliver(joint.client.data('ping'))
  joint.connection.send([Buffer.from('pong')])
  joint.flush()
  t.equal(joint.accepted.plaintext, 'ping')
  t.equal(text(joint.client.plaintext), 'pong')
  t.equal(toHex(joint.connection.exportKeyingMaterial(32, 'x', new Uint8Array(0))), toHex(joint.client.exporter(32, 'x')))
}

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: with (EC)DHE, for both hashes`, async (t) => {
    const server = knowing({}, provider)
    for (const [psk, cipherSuites] of [[me, [0x1301]], [me, [0x1303]], [long, [0x1302]]] as const) {
      const joint = server.pair({ cipherSuites, psks: [psk] }).handshake()
      t.match(joint.connection.info, { ...by, group: 'x25519' })
      t.equal(joint.client.facts.selectedIdentity, 0)
      t.same(joint.client.messages.map(({ type }) => type), [2, 8, 20, 4], 'no certificate')
      speaks(joint)
    }
  })

  t.test(`${provider}: alone, where both sides want it so`, async (t) => {
    const server = knowing({ pskKeyExchangeModes: both }, provider)
    for (const [psk, cipherSuites] of [[me, [0x1301]], [long, [0x1302]]] as const) {
      for (const options of [{}, { groups: null }, { groups: null, signatureSchemes: null }, { shareGroups: [] }] satisfies ClientOptions[]) {
        const joint = server.pair({ cipherSuites, pskModes: [0], psks: [psk], ...options }).handshake()
        t.match(joint.connection.info, { ...by, group: null, helloRetryRequest: false })
        t.equal(joint.client.facts.group, null, 'no key_share in ServerHello')
        speaks(joint)
      }
    }
  })
}

t.test('which mode: forward secrecy where both sides have it, otherwise what they have in common', async (t) => {
  const { psk_ke: alone, psk_dhe_ke: withDhe } = PskKeyExchangeMode
  for (const [ours, theirs, expected] of [
    [[withDhe], [1], 'x25519'], [[withDhe], [0, 1], 'x25519'], [[withDhe], [0], undefined],
    [both, [1], 'x25519'], [both, [0, 1], 'x25519'], [both, [1, 0], 'x25519'], [both, [0], null],
    [[alone], [0], null], [[alone], [0, 1], null], [[alone], [1], undefined],
    [[], [0, 1], undefined]
  ] as const) {
    const joint = knowing({ pskKeyExchangeModes: ours }).pair({ psks: [me], pskModes: theirs }).handshake()
    const { externalPsk, group } = joint.connection.info!
    t.equal(externalPsk ? group : undefined, expected, `ours ${ours.join()}, theirs ${theirs.join()}`)
    t.equal(joint.client.tickets.length, ours.some((mode) => (theirs as readonly number[]).includes(mode)) ? expected === undefined ? 2 : 1 : 0)
  }
})

t.test('a PSK that is refused alone: a full handshake, with a HelloRetryRequest where there is no share', async (t) => {
  const server = knowing({ pskKeyExchangeModes: both })
  t.match(server.pair({ pskModes: [0], psks: [stranger] }).handshake().connection.info, { ...full, group: 'x25519', helloRetryRequest: false })
  const joint = server.pair({ pskModes: [0], psks: [stranger], shareGroups: [], groups: [groups.secp256r1] }).handshake()
  t.match(joint.connection.info, { ...full, group: 'secp256r1', helloRetryRequest: true })
  const nothing = server.pair({ pskModes: [0], psks: [stranger], groups: null })
  nothing.deliver(nothing.client.clientHello())
  t.equal(alertOf(nothing), alerts.handshake_failure, 'and there is no group')
})

t.test('a hello for a PSK alone has to be whole all the same (§9.2)', async (t) => {
  const server = knowing({ pskKeyExchangeModes: both })
  const without = (...types: number[]): number | null => {
    const joint = server.pair({ pskModes: [0], psks: [me], editExtensions: (extensions) => dropExtension(extensions, ...types) })
    joint.deliver(joint.client.clientHello())
    return alertOf(joint)
  }
  t.equal(without(extensionType.keyShare), alerts.missing_extension, 'groups without shares')
  t.equal(without(extensionType.supportedGroups), alerts.missing_extension, 'shares without groups')
  t.equal(without(extensionType.supportedGroups, extensionType.keyShare), null)
  const withDhe = knowing().pair({ pskModes: [0], psks: [me], groups: null })
  withDhe.deliver(withDhe.client.clientHello())
  t.equal(alertOf(withDhe), alerts.missing_extension, 'where a PSK never stands alone, both are needed')
})

t.test('over a HelloRetryRequest the binder covers all of it', async (t) => {
  const server = knowing()
  const joint = server.pair({ psks: [me], shareGroups: [] }).handshake()
  t.match(joint.connection.info, { ...by, helloRetryRequest: true })
  const wrong = server.pair({ psks: [me], shareGroups: [] })
  wrong.deliver(wrong.client.clientHello())
  wrong.client.transcript = new Uint8Array(0)
  wrong.deliver(wrong.client.secondClientHello())
  t.equal(alertOf(wrong), alerts.decrypt_error)
})

t.test('a wrong binder of a key that is known is decrypt_error, of any other it is not looked at', async (t) => {
  const server = knowing()
  const answer = (...psks: OfferedPsk[]): number | null => {
    const joint = server.pair({ psks })
    joint.deliver(joint.client.clientHello())
    return alertOf(joint)
  }
  t.equal(answer(wrong(me)), alerts.decrypt_error)
  t.equal(answer({ session: externalPsk(ascii('me'), longKey) }), alerts.decrypt_error, 'of another key')
  t.equal(answer({ session: { ...me.session, external: false } }), alerts.decrypt_error, 'with the label of a ticket')
  t.equal(answer({ session: externalPsk(ascii('me'), key, 0x1302) }), alerts.decrypt_error, 'of another hash, and so of another length')
  t.equal(answer(wrong(stranger)), null)
  t.equal(answer(wrong(stranger), me), null)
  t.equal(answer(me, wrong(stranger)), null)
})

t.test('a ticket with the label of an external key is refused too', async (t) => {
  const server = knowing()
  const session = server.pair().handshake().client.tickets[0]!
  const joint = server.pair({ psks: [{ session: { ...session, external: true } }] })
  joint.deliver(joint.client.clientHello())
  t.equal(alertOf(joint), alerts.decrypt_error)
})

t.test('the hash of the key is the hash of the suite, or the key is passed over', async (t) => {
  const server = knowing()
  const taken = (client: ClientOptions): number | null => {
    const joint = server.pair(client).handshake()
    t.equal(joint.connection.connected, true)
    return joint.client.facts.selectedIdentity
  }
  t.equal(taken({ cipherSuites: [0x1302], psks: [me] }), null)
  t.equal(taken({ cipherSuites: [0x1301], psks: [long] }), null)
  t.equal(taken({ cipherSuites: [0x1301, 0x1302], psks: [long] }), null, 'the suite is chosen first')
  t.equal(taken({ cipherSuites: [0x1301], psks: [long, me] }), 1)
  t.equal(taken({ cipherSuites: [0x1302], psks: [me, long] }), 1)
})

t.test('obfuscated_ticket_age has no meaning (§4.2.11)', async (t) => {
  for (const obfuscatedAge of [0, 1, 0xffffffff]) t.match(knowing().pair({ psks: [{ ...me, obfuscatedAge }] }).handshake().connection.info, by)
})

t.test('identities that are tickets: asked about, none of them, and opened', async (t) => {
  const asked: number[] = []
  const server = knowing({ externalPsk: (identity) => { asked.push(identity.length); return lookup(identity) } })
  const first = server.pair().handshake()
  const again = server.pair(resuming(first.client)).handshake()
  t.match(again.connection.info, { resumed: true, externalPsk: false })
  t.same(asked, [first.client.tickets.at(-1)!.ticket.length])
  const session = first.client.tickets[0]!
  t.match(server.pair({ psks: [{ session }, me] }).handshake().connection.info, { resumed: true, externalPsk: false }, 'the first that passes')
  t.match(server.pair({ psks: [me, { session }] }).handshake().connection.info, by)
  const forged = { session: { ...session, ticket: flip(session.ticket, 0) } }
  const mixed = server.pair({ psks: [forged, stranger, me] }).handshake()
  t.match(mixed.connection.info, by)
  t.equal(mixed.client.facts.selectedIdentity, 2)
  t.same(server.of('ticketRedeemed'), [['accepted'], ['accepted'], ['unknown'], ['unknown']], 'what is told of tickets is not told of keys')
})

t.test('without tickets the keys work all the same', async (t) => {
  const server = knowing({ tickets: null })
  const joint = server.pair({ psks: [stranger, me] }).handshake()
  t.match(joint.connection.info, by)
  t.equal(joint.client.tickets.length, 0)
})

t.test('not more than eight identities are asked about', async (t) => {
  let asked = 0
  const server = knowing({ externalPsk: (identity) => { asked++; return lookup(identity) } })
  const joint = server.pair({ psks: [...Array.from({ length: 8 }, () => stranger), me] }).handshake()
  t.match(joint.connection.info, full)
  t.equal(asked, 8)
})

t.test('nobody is asked where the client could not use the answer', async (t) => {
  let asked = 0
  const server = knowing({ externalPsk: () => { asked++; return null } })
  server.pair().handshake()
  server.pair({ psks: [me], pskModes: [0] }).handshake()
  t.equal(asked, 0)
})

t.test('an answer may take its time, and may fail', async (t) => {
  const server = knowing({ externalPsk: async (identity) => lookup(identity) })
  t.match((await server.pair({ psks: [stranger, me] }).handshakeAsync()).connection.info, by)
  t.match((await server.pair({ psks: [stranger] }).handshakeAsync()).connection.info, full)
  for (const externalPsk of [async () => { throw new Error('no database') }, () => { throw new Error('here too') }]) {
    const joint = knowing({ externalPsk }).pair({ psks: [me] })
    joint.deliver(joint.client.clientHello())
    await joint.settle()
    t.equal(alertOf(joint), alerts.internal_error)
  }
})

t.test('where a verified certificate is demanded, a key is not enough', async (t) => {
  const demanding = knowing({ requestCert: true })
  const refused = demanding.pair({ psks: [me] }).handshake()
  t.equal(refused.client.facts.selectedIdentity, null)
  t.equal(alertOf(refused), alerts.certificate_required)
  const answered = demanding.pair({ psks: [me] }).handshake({ credential: clientCredential() })
  t.match(answered.connection.info, full)
  t.equal(answered.connection.identity?.authorized, true)
  const willing = knowing({ requestCert: true, rejectUnauthorized: false }).pair({ psks: [me] }).handshake()
  t.match(willing.connection.info, by)
  t.equal(willing.connection.identity, null)
  t.equal(willing.client.incoming.handshakeRequest, null, 'RFC 8446 §4.3.2: no CertificateRequest beside a PSK')
})

t.test('it is nobody\'s certificate, and none may be asked for later', async (t) => {
  const server = knowing()
  const joint = server.pair({ psks: [me], postHandshakeAuth: true }).handshake()
  t.equal(joint.connection.identity, null)
  t.equal(joint.connection.postHandshakeAuth, true)
  t.throws(() => { joint.connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true }) }, { name: 'RefusedError', refusal: 'EXTERNAL_PSK' })
  t.equal(joint.connection.clientAuthPending, false)
  t.equal(joint.connection.certificateRequested, false)
  speaks(joint)
})

t.test('tickets: min(1, n), as for a resumption, and without an identity', async (t) => {
  for (const [numTickets, ticketsOnResumption, count] of [[0, 1, 0], [1, 1, 1], [2, 1, 1], [4, 1, 1], [4, 3, 3], [2, 3, 2], [4, 0, 0]] as const) {
    const server = knowing({ numTickets, ticketsOnResumption })
    const joint = server.pair({ psks: [me] }).handshake()
    t.equal(joint.client.tickets.length, count)
    t.same(server.of('ticketIssued').map(([cause, , withIdentity]) => [cause, withIdentity]), Array.from({ length: count }, () => ['handshake', false]))
  }
  const asked = knowing({ numTickets: 4, ticketsOnResumption: 3 }).pair({ psks: [me], ticketRequest: [4, 2] }).handshake()
  t.equal(asked.client.tickets.length, 2, 'RFC 9149')
})

t.test('such a ticket resumes, and is not enough where a certificate is demanded', async (t) => {
  const server = knowing()
  const first = server.pair({ psks: [me] }).handshake()
  const again = server.pair(resuming(first.client)).handshake()
  t.match(again.connection.info, { resumed: true, externalPsk: false })
  t.equal(again.connection.identity, null)
  const { tickets } = server.configuration
  const demanding = createServer({ configuration: { tickets, requestCert: true } }).pair(resuming(first.client)).handshake()
  t.equal(demanding.client.facts.selectedIdentity, null)
  t.equal(alertOf(demanding), alerts.certificate_required)
})

t.test('names and protocols are those of the hello', async (t) => {
  const server = knowing({ alpnProtocols: ['h2', 'http/1.1'] })
  const joint = server.pair({ psks: [me], serverName: 'a.example', alpnProtocols: ['http/1.1'] }).handshake()
  t.match(joint.connection.info, { ...by, serverName: 'a.example', alpnProtocol: 'http/1.1' })
})

t.test('early data of such a key is skipped', async (t) => {
  const joint = knowing().pair({ psks: [me], earlyData: true })
  joint.deliver(joint.client.clientHello(), joint.client.earlyData(ascii('early')))
  joint.deliver(joint.client.flight2())
  t.match(joint.connection.info, by)
  t.equal(joint.accepted.plaintext, '')
})

t.test('what the observer is told: no resumption', async (t) => {
  const server = knowing()
  server.pair({ psks: [me] }).handshake()
  t.match(server.of('handshakeCompleted'), [[by]])
  t.same(server.of('ticketRedeemed'), [])
})
