/** What a ClientHello must and must not say (RFC 8446 §4.1.2, §4.2, §9.2). */
import t from 'tap'
import { alpn, ascii, concat, dropExtension, extensionType, groups, keyPair, keyShares, message, numbers, replaceExtension, sni, TestClient, u8, vector } from '../helpers/client/index.ts'
import type { Extension, Hello } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'
import { alerts, answerTo } from './support.ts'

const { illegal_parameter: illegalParameter, decode_error: decodeError, missing_extension: missingExtension, protocol_version: protocolVersion, handshake_failure: handshakeFailure } = alerts
const server = createServer({ configuration: { alpnProtocols: ['http/1.1'] } })

/** The answer to a hello with some fields changed. */
const changed = ({ shares, ...fields }: Partial<Hello>): number | null => answerTo(server, shares === undefined ? fields : { ...fields, shareGroups: [] })
/** … with its extensions edited. */
const edited = (editExtensions: (extensions: Extension[]) => Extension[]): number | null => answerTo(server, { serverName: 'localhost', alpnProtocols: ['http/1.1'], editExtensions })
/** … with one extension's body replaced. */
const body = (type: number, bytes: Uint8Array | readonly number[]): number | null => edited((extensions) => replaceExtension(extensions, type, concat(bytes)))

t.test('as it should be', async (t) => {
  t.equal(edited((extensions) => extensions), null)
})

t.test('versions', async (t) => {
  t.equal(changed({ supportedVersions: null }), protocolVersion)
  t.equal(changed({ supportedVersions: [0x0303] }), protocolVersion)
  t.equal(changed({ supportedVersions: [0x0303, 0x0302] }), protocolVersion)
  t.equal(changed({ supportedVersions: [0x7f1c] }), protocolVersion)
  t.equal(changed({ supportedVersions: [0x0303, 0x0a0a, 0x0304] }), null)
  t.equal(body(extensionType.supportedVersions, [2, 3, 4, 0]), decodeError, 'trailing')
  t.equal(body(extensionType.supportedVersions, [3, 3, 4, 3]), decodeError, 'odd')
  t.equal(body(extensionType.supportedVersions, [0]), decodeError, 'empty')
  t.equal(body(extensionType.supportedVersions, []), decodeError)
  t.equal(changed({ legacyVersion: 0x0300 }), protocolVersion)
  t.equal(changed({ legacyVersion: 0x0301 }), null, 'legacy_version is not what decides')
  t.equal(changed({ legacyVersion: 0x0304 }), null)
})

t.test('legacy fields', async (t) => {
  t.equal(changed({ compressionMethods: [] }), decodeError)
  t.equal(changed({ compressionMethods: [1] }), illegalParameter)
  t.equal(changed({ compressionMethods: [0, 1] }), illegalParameter)
  t.equal(changed({ compressionMethods: [1, 0] }), illegalParameter)
  for (const length of [0, 1, 31, 32]) t.equal(changed({ sessionId: new Uint8Array(length) }), null)
  for (const length of [33, 64, 255]) t.equal(changed({ sessionId: new Uint8Array(length) }), decodeError)
  t.equal(changed({ random: new Uint8Array(32) }), null)
})

t.test('cipher suites', async (t) => {
  t.equal(changed({ cipherSuites: [] }), decodeError)
  t.equal(changed({ cipherSuites: [0xc02f, 0x00ff] }), handshakeFailure)
  t.equal(changed({ cipherSuites: [0xc02f, 0x1301, 0x5600] }), null)
  t.equal(changed({ editMessage: (bytes) => editSuites(bytes, [0x13, 0x01, 0x13]) }), decodeError, 'odd length')
  t.equal(changed({ cipherSuites: Array.from({ length: 3000 }, (_, index) => index + 0x2000).concat(0x1302) }), null)
})

t.test('mandatory extensions (§9.2)', async (t) => {
  t.equal(edited((extensions) => dropExtension(extensions, extensionType.supportedGroups, extensionType.keyShare)), missingExtension)
  t.equal(edited((extensions) => dropExtension(extensions, extensionType.supportedGroups)), missingExtension)
  t.equal(edited((extensions) => dropExtension(extensions, extensionType.keyShare)), missingExtension)
  t.equal(edited((extensions) => dropExtension(extensions, extensionType.signatureAlgorithms)), missingExtension)
  t.equal(edited((extensions) => dropExtension(extensions, extensionType.pskModes)), null)
  t.equal(edited(() => []), protocolVersion, 'an empty list')
  t.equal(changed({ editMessage: withoutExtensions }), protocolVersion, 'no list')
})

t.test('duplicates', async (t) => {
  for (const type of [0, 10, 13, 16, 43, 45, 51, 0x1234]) {
    t.equal(edited((extensions) => {
      const all = replaceExtension(extensions, 0x1234, u8(1))
      return [...all, all.find((extension) => extension.type === type)!]
    }), illegalParameter, `extension ${type} twice`)
  }
})

t.test('unknown extensions are ignored, also many and large; those of other messages are not', async (t) => {
  t.equal(changed({ extraExtensions: Array.from({ length: 500 }, (_, index) => ({ type: 0x4000 + index, body: new Uint8Array(2) })) }), null)
  t.equal(changed({ extraExtensions: [{ type: 0x4000, body: new Uint8Array(15000) }] }), null)
  t.equal(changed({ extraExtensions: [{ type: extensionType.oidFilters, body: new Uint8Array(2) }] }), illegalParameter)
  t.equal(changed({ extraExtensions: [{ type: extensionType.certificateAuthorities, body: concat(vector(2, vector(2, [1, 2]))) }] }), null)
})

t.test('groups and key shares', async (t) => {
  const pair = (group: number) => keyPair(group, (length) => new Uint8Array(length).fill(7))
  const shares = (...list: Array<{ group: number, share: Uint8Array }>): number | null => body(extensionType.keyShare, keyShares(list))
  t.equal(shares(pair(groups.x25519), pair(groups.x25519)), illegalParameter, 'a group twice')
  t.equal(shares({ group: 0x001e, share: new Uint8Array(56) }, pair(groups.x25519)), illegalParameter, 'a group that is not supported')
  t.equal(shares({ group: groups.x25519, share: new Uint8Array(0) }), illegalParameter, 'empty')
  t.equal(shares({ group: groups.x25519, share: new Uint8Array(31) }), illegalParameter, 'short')
  t.equal(shares({ group: groups.x25519, share: new Uint8Array(33) }), illegalParameter, 'long')
  t.equal(shares({ group: groups.x25519, share: new Uint8Array(32) }), illegalParameter, 'small order')
  for (const [group, length] of [[groups.secp256r1, 65], [groups.secp384r1, 97], [groups.secp521r1, 133]] as const) {
    t.equal(shares({ group, share: new Uint8Array(length).fill(4) }), illegalParameter, 'not on the curve')
    const { share } = pair(group)
    t.equal(shares({ group, share: concat([2 + (share.at(-1)! & 1)], share.slice(1, (length + 1) / 2)) }), illegalParameter, 'compressed')
    t.equal(shares({ group, share: concat([6], share.slice(1)) }), illegalParameter, 'hybrid')
    t.equal(shares({ group, share: Uint8Array.of(0) }), illegalParameter, 'infinity')
    t.equal(shares({ group, share: concat(share, [0]) }), illegalParameter, 'long')
    t.equal(changed({ groups: [group] }), null)
  }
  t.equal(body(extensionType.keyShare, [0, 3, 0, 0x1d, 0]), decodeError)
  t.equal(body(extensionType.keyShare, concat(keyShares([pair(groups.x25519)]), [0])), decodeError, 'trailing')
  t.equal(body(extensionType.keyShare, []), decodeError)
  t.equal(body(extensionType.supportedGroups, [0, 0]), decodeError, 'an empty list')
  t.equal(body(extensionType.supportedGroups, [0, 3, 0, 0x1d, 0]), decodeError, 'odd')
  t.equal(changed({ groups: [0x0100, 0x001e], shares: [] }), handshakeFailure, 'none in common')
})

t.test('X25519MLKEM768 shares', async (t) => {
  const { share } = keyPair(groups.X25519MLKEM768, (length) => new Uint8Array(length).fill(7))
  const offer = (bytes: Uint8Array): number | null => changed({ groups: [groups.X25519MLKEM768], editExtensions: (list) => replaceExtension(list, extensionType.keyShare, keyShares([{ group: groups.X25519MLKEM768, share: bytes }])) })
  t.equal(changed({ groups: [groups.X25519MLKEM768] }), null)
  t.equal(offer(share.slice(1)), illegalParameter)
  t.equal(offer(concat(share, [0])), illegalParameter)
  t.equal(offer(concat(share.slice(0, 1184), new Uint8Array(32))), illegalParameter, 'small order in the x25519 part')
  t.equal(offer(concat(new Uint8Array(384 * 3).fill(255), share.slice(1152))), illegalParameter, 'coefficients out of range (FIPS 203 §7.2)')
})

t.test('signature_algorithms', async (t) => {
  t.equal(body(extensionType.signatureAlgorithms, [0, 0]), decodeError)
  t.equal(body(extensionType.signatureAlgorithms, [0, 3, 4, 3, 4]), decodeError)
  t.equal(body(extensionType.signatureAlgorithms, [0, 2, 4, 3, 0]), decodeError)
  t.equal(body(extensionType.signatureAlgorithms, numbers(2, 2, [0x0201, 0x0401])), handshakeFailure)
  t.equal(body(extensionType.signatureAlgorithms, numbers(2, 2, [0x0a0a, 0x0403])), null)
  t.equal(changed({ signatureSchemesCert: [0x0403] }), null)
  t.equal(body(extensionType.signatureAlgorithmsCert, [0, 1, 4]), decodeError)
})

t.test('server_name', async (t) => {
  t.equal(body(extensionType.serverName, []), decodeError)
  t.equal(body(extensionType.serverName, [0, 0]), decodeError, 'an empty list')
  t.equal(body(extensionType.serverName, sni(ascii(''))), decodeError, 'an empty name')
  t.equal(body(extensionType.serverName, concat(sni(ascii('a')), [0])), decodeError, 'trailing')
  t.equal(body(extensionType.serverName, vector(2, [0], vector(2, ascii('a')), [0], vector(2, ascii('b')))), illegalParameter, 'two names')
  t.equal(body(extensionType.serverName, [0, 9, 0, 0, 1]), decodeError, 'a list longer than it is')
  for (const name of ['a\0b', 'a b', 'ä', '\n', 'x'.repeat(256)]) t.equal(body(extensionType.serverName, sni(ascii(name))), alerts.unrecognized_name, JSON.stringify(name.slice(0, 4)))
  t.equal(body(extensionType.serverName, sni(ascii('localhost'))), null)
  t.equal(body(extensionType.serverName, sni(ascii('127.0.0.1'))), null)
})

t.test('ALPN', async (t) => {
  t.equal(body(extensionType.alpn, [0, 0]), decodeError)
  t.equal(body(extensionType.alpn, alpn([''])), decodeError)
  t.equal(body(extensionType.alpn, [0, 2, 9, 0x61]), decodeError)
  t.equal(body(extensionType.alpn, concat(alpn(['http/1.1']), [0])), decodeError)
  t.equal(body(extensionType.alpn, alpn(['x', 'http/1.1'])), null)
  t.equal(body(extensionType.alpn, alpn(['HTTP/1.1'])), alerts.no_application_protocol, 'case counts')
})

t.test('other bodies', async (t) => {
  t.equal(body(extensionType.pskModes, [0]), decodeError, 'no modes')
  t.equal(body(extensionType.pskModes, [1, 1, 1]), decodeError)
  t.equal(body(extensionType.pskModes, [3, 0, 1, 9]), null)
  t.equal(body(extensionType.postHandshakeAuth, [0]), decodeError)
  t.equal(body(extensionType.postHandshakeAuth, []), null)
  t.equal(body(extensionType.earlyData, [0]), decodeError)
  t.equal(body(extensionType.ticketRequest, [1]), decodeError)
  t.equal(body(extensionType.ticketRequest, [1, 2, 3]), decodeError)
  t.equal(changed({ ticketRequest: [1, 2] }), null)
  t.equal(body(extensionType.cookie, [0, 0]), decodeError)
})

t.test('pre_shared_key: last, with modes, well formed', async (t) => {
  const psk = (identities: Uint8Array, binders: Uint8Array): Uint8Array => concat(vector(2, identities), vector(2, binders))
  const identity = concat(vector(2, ascii('ticket')), [0, 0, 0, 0])
  const binder = vector(1, new Uint8Array(32))
  const offer = (bytes: Uint8Array): number | null => edited((extensions) => [...extensions, { type: 41, body: bytes }])
  t.equal(offer(psk(identity, binder)), null, 'an unknown ticket: a full handshake')
  t.equal(edited((extensions) => [{ type: 41, body: psk(identity, binder) }, ...extensions]), illegalParameter, 'not last')
  t.equal(edited((extensions) => [...dropExtension(extensions, extensionType.pskModes), { type: 41, body: psk(identity, binder) }]), missingExtension)
  t.equal(edited((extensions) => [...dropExtension(extensions, extensionType.signatureAlgorithms), { type: 41, body: psk(identity, binder) }]), missingExtension, 'no PSK accepted, and no signature_algorithms')
  t.equal(offer(psk(concat(identity, identity), binder)), illegalParameter, 'fewer binders than identities')
  t.equal(offer(psk(identity, concat(binder, binder))), illegalParameter, 'more binders than identities')
  t.equal(offer(psk(identity, vector(1, new Uint8Array(31)))), decodeError, 'a short binder')
  t.equal(offer(psk(concat(vector(2), [0, 0, 0, 0]), binder)), decodeError, 'an empty identity')
  t.equal(offer(psk(new Uint8Array(0), binder)), decodeError, 'no identities')
  t.equal(offer(psk(identity, new Uint8Array(0))), decodeError, 'no binders')
  t.equal(offer(concat(psk(identity, binder), [0])), decodeError, 'trailing')
  t.equal(offer(psk(concat(...Array.from({ length: 100 }, () => identity)), concat(...Array.from({ length: 100 }, () => binder)))), null, 'a hundred')
})

t.test('the message itself', async (t) => {
  const client = new TestClient()
  const whole = (client.clientHello(), client.helloMessage)
  const raw = (bytes: Uint8Array): number | null => changed({ editMessage: () => bytes })
  for (let length = 4; length < 45; length++) t.equal(raw(message(1, whole.slice(4, length))), decodeError, `cut to ${length}`)
  t.equal(raw(message(1, whole.slice(4), [0])), decodeError, 'trailing')
  t.equal(raw(concat([1], [2, 1, 0x45], new Uint8Array(300))), decodeError, 'announced too long')
  t.equal(raw(concat(whole, [1])), alerts.unexpected_message, 'followed by something in its record')
})

t.test('a ClientHello of nearly the greatest length, in many records', async (t) => {
  t.equal(changed({ extraExtensions: [{ type: 0x4000, body: new Uint8Array(60000) }] }), null)
})

function editSuites (bytes: Uint8Array, suites: readonly number[]): Uint8Array {
  const body = bytes.slice(4)
  const after = 34 + 1 + 2 + body[36]! + body[35]! * 256
  return message(1, body.slice(0, 35), vector(2, suites), body.slice(after))
}

function withoutExtensions (bytes: Uint8Array): Uint8Array {
  const extensions = 4 + 34 + 1 + 2 + 6 + 2
  return message(1, bytes.slice(4, extensions))
}
