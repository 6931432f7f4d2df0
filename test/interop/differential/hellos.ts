/** A few hundred ClientHellos: some right, most of them wrong in one place. */
import { concat, groups, hex, keyPair, keyShares, message, numbers, replaceExtension, suites, TestClient, u16, u24, u8, vector } from '../../helpers/client/index.ts'
import type { ClientOptions, Extension, Session } from '../../helpers/client/index.ts'
import { extensionsToChange } from './extensions.ts'

export interface Offer {
  readonly name: string
  /** Everything that is written, records included. */
  readonly bytes: Uint8Array
  /** Is the end of the stream part of it? */
  readonly ends: boolean
}

export function hellos (): Offer[] {
  return [...versions(), ...fields(), ...suitesAndGroups(), ...extensions(), ...orders(), ...psks(), ...records(), ...messages()]
}

const base: ClientOptions = { serverName: 'localhost', alpnProtocols: ['http/1.1'], postHandshakeAuth: true }

function offer (name: string, options: ClientOptions = {}, ends: boolean = false): Offer {
  return { name, bytes: new TestClient({ ...base, ...options }).clientHello(), ends }
}

/** The hello's message, and what becomes of it. */
function wrapped (name: string, wrap: (hello: Uint8Array) => Uint8Array, ends: boolean = false): Offer {
  const client = new TestClient(base)
  client.clientHello()
  return { name, bytes: wrap(client.helloMessage), ends }
}

function versions (): Offer[] {
  const offered = [[0x0304], [0x0303], [0x0303, 0x0304], [0x0304, 0x0303], [0x0302], [0x0301, 0x0302, 0x0303], [0x7f1c], [0x0305], [0x0305, 0x0304], [0x0a0a], [0x0a0a, 0x0304], [0xffff], [0x0000], [0x0304, 0x0304], Array(127).fill(0x0304)]
  return [
    ...offered.map((supportedVersions) => offer(`supported_versions ${supportedVersions.length > 20 ? '127 times' : supportedVersions.map((version) => version.toString(16)).join()}`, { supportedVersions })),
    ...[0x0000, 0x0002, 0x0200, 0x02ff, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x03ff, 0x0400, 0x7f1c, 0xffff].map((legacyVersion) => offer(`legacy_version ${legacyVersion.toString(16)}`, { legacyVersion })),
    ...[0x0301, 0x0302, 0x0303].map((legacyVersion) => offer(`no supported_versions, legacy_version ${legacyVersion.toString(16)}`, { legacyVersion, supportedVersions: null }))
  ]
}

function fields (): Offer[] {
  return [
    offer('as it should be'),
    offer('nothing optional', { serverName: null, alpnProtocols: null, postHandshakeAuth: false, pskModes: null }),
    offer('GREASE', { grease: true }),
    ...[0, 1, 16, 31, 32, 33, 64, 255].map((length) => offer(`legacy_session_id of ${length} bytes`, { sessionId: new Uint8Array(length).fill(7) })),
    ...[[], [0], [1], [0, 1], [1, 0], [0, 0], [255], Array(255).fill(0)].map((compressionMethods) => offer(`compression methods ${compressionMethods.length > 20 ? '255 zeros' : compressionMethods.join() || 'none'}`, { compressionMethods })),
    offer('a random of zeros', { random: new Uint8Array(32) }),
    offer('the random of HelloRetryRequest', { random: hex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c') }),
    ...['localhost', 'LOCALHOST', 'localhost.', 'other.example', 'a'.repeat(63) + '.example', '127.0.0.1'].map((serverName) => offer(`server name ${serverName}`, { serverName })),
    ...[['http/1.1'], ['h2', 'http/1.1'], ['h2'], ['x'.repeat(255)]].map((alpnProtocols) => offer(`ALPN ${alpnProtocols.join().slice(0, 20)}`, { alpnProtocols })),
    ...[[1], [0], [0, 1], [1, 0], [2], [255, 1]].map((pskModes) => offer(`psk_key_exchange_modes ${pskModes.join()}`, { pskModes })),
    offer('an empty cookie nobody sent', { cookie: new Uint8Array(0) }),
    offer('a cookie nobody sent', { cookie: new Uint8Array(32) }),
    ...[1, 100, 4000, 15_000, 16_000].map((length) => offer(`padding of ${length} bytes`, { extraExtensions: [{ type: 21, body: new Uint8Array(length) }] })),
    ...[10, 100, 1000].map((count) => offer(`${count} unknown extensions`, { extraExtensions: Array.from({ length: count }, (_, i) => ({ type: 0x4000 + i, body: new Uint8Array(2) })) }))
  ]
}

function suitesAndGroups (): Offer[] {
  const pairs = (...ids: number[]): Extension => ({ type: 51, body: keyShares(ids.map((id) => keyPair(id, random))) })
  const { x25519, secp256r1, secp384r1, secp521r1 } = groups
  const share = (name: string, body: Uint8Array, supported: number[] = [x25519, secp256r1]): Offer =>
    offer(name, { groups: supported, shareGroups: [], editExtensions: (all) => replaceExtension(all, 51, body) })
  const point = keyPair(secp256r1, random).share
  return [
    ...[[0x1301], [0x1302], [0x1303], [0x1303, 0x1301], [0xc02f], [0xc02f, 0x1301], [0x00ff], [0x1301, 0x5600], [0x1304], [0x13ff], [], Array(3000).fill(0xc02f).concat(0x1301)].map((cipherSuites) => offer(`cipher suites ${cipherSuites.length > 9 ? '3000 of TLS 1.2 first' : cipherSuites.map((id) => id.toString(16)).join()}`, { cipherSuites })),
    ...[x25519, secp256r1, secp384r1, secp521r1].map((id) => offer(`group ${id.toString(16)}`, { groups: [id] })),
    ...[x25519, secp256r1, secp384r1, secp521r1].map((id) => offer(`group ${id.toString(16)} without a share`, { groups: [id], shareGroups: [] })),
    offer('a group that is not ours', { groups: [0x0100], shareGroups: [] }),
    offer('a group that is not ours, and one that is', { groups: [0x0100, secp256r1], shareGroups: [] }),
    offer('two shares', { shareGroups: [secp256r1, x25519] }),
    offer('a share of the second group', { shareGroups: [secp256r1] }),
    offer('shares in another order than the groups', { shareGroups: [secp384r1, secp256r1, x25519] }),
    share('a share of a group that is not supported', pairs(secp384r1).body),
    share('a share of a group that is not supported, before one that is', pairs(secp384r1, x25519).body),
    share('a share of a group that is not supported, after one that is', pairs(x25519, secp384r1).body),
    share('two shares of one group', pairs(x25519, x25519).body),
    share('a share of an unknown group', keyShares([{ group: 0x4242, share: u8(1) }]), [0x4242, x25519]),
    share('an empty share', keyShares([{ group: x25519, share: new Uint8Array(0) }])),
    share('an x25519 share of 31 bytes', keyShares([{ group: x25519, share: random(31) }])),
    share('an x25519 share of 33 bytes', keyShares([{ group: x25519, share: random(33) }])),
    share('an x25519 share of zeros', keyShares([{ group: x25519, share: new Uint8Array(32) }])),
    share('an x25519 share of order 8', keyShares([{ group: x25519, share: hex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800') }])),
    share('a P-256 share of zeros', keyShares([{ group: secp256r1, share: new Uint8Array(65) }])),
    share('a P-256 share that is the point at infinity', keyShares([{ group: secp256r1, share: new Uint8Array(1) }])),
    share('a P-256 share off the curve', keyShares([{ group: secp256r1, share: point.map((byte, i) => i === 64 ? byte ^ 1 : byte) }])),
    share('a P-256 share that is compressed', keyShares([{ group: secp256r1, share: concat([2 + (point[64]! & 1)], point.slice(1, 33)) }])),
    share('a P-256 share that is hybrid', keyShares([{ group: secp256r1, share: concat([6 + (point[64]! & 1)], point.slice(1)) }])),
    share('a P-256 share that is short', keyShares([{ group: secp256r1, share: point.slice(0, 64) }])),
    share('a P-256 share with coordinates beyond the field', keyShares([{ group: secp256r1, share: concat([4], new Uint8Array(64).fill(255)) }])),
    ...[[0x0403], [0x0804], [0x0403, 0x0804], [0x0807], [0x0401], [0x0203], [0xffff], [0xfefe, 0x0403]].map((signatureSchemes) => offer(`signature_algorithms ${signatureSchemes.map((id) => id.toString(16)).join()}`, { signatureSchemes })),
    ...[[0x0403], [0x0401], [0xffff]].map((signatureSchemesCert) => offer(`signature_algorithms_cert ${signatureSchemesCert.map((id) => id.toString(16)).join()}`, { signatureSchemesCert })),
    offer('signature_algorithms of an odd length', { editExtensions: (all) => replaceExtension(all, 13, vector(2, numbers(1, 1, [4, 3]))) })
  ]
}

/** Every extension: left out, twice, empty, cut, longer, with lengths that lie. */
function extensions (): Offer[] {
  return extensionsToChange.flatMap(({ name, type, body }) => {
    const having = (all: Extension[]): Extension[] => all.some((extension) => extension.type === type) ? all : body === null ? all : [...all, { type, body }]
    const change = (what: string, edit: (all: Extension[], own: Extension) => Extension[]): Offer =>
      offer(`${name}: ${what}`, {
        editExtensions (given) {
          const all = having(given)
          return edit(all, all.find((extension) => extension.type === type)!)
        }
      })
    const replaced = (what: string, make: (body: Uint8Array) => Uint8Array): Offer =>
      change(what, (all, own) => replaceExtension(all, type, make(own.body)))
    return [
      change('there', (all) => all),
      change('left out', (all) => all.filter((extension) => extension.type !== type)),
      change('twice', (all, own) => [...all, own]),
      change('first', (all, own) => [own, ...all.filter((extension) => extension !== own)]),
      replaced('empty', () => new Uint8Array(0)),
      replaced('a byte short', (body) => body.slice(0, -1)),
      replaced('a byte long', (body) => concat(body, [0])),
      replaced('its first length one more', (body) => bump(body, 1)),
      replaced('its first length one less', (body) => bump(body, -1)),
      replaced('zeros', (body) => new Uint8Array(body.length)),
      replaced('all ones', (body) => new Uint8Array(body.length).fill(255))
    ]
  })
}

/** The byte that ends the length of the first vector, whichever width that has. */
function bump (body: Uint8Array, by: number): Uint8Array {
  const wide = body[0] === 0
  return body.map((byte, i) => i === (wide ? 1 : 0) ? byte + by : byte)
}

function orders (): Offer[] {
  const shuffled = (seed: number) => (all: Extension[]): Extension[] =>
    all.map((extension, i) => ({ extension, rank: (Math.imul(i + 1, 2654435761) ^ Math.imul(seed, 40503)) >>> 0 })).sort((a, b) => a.rank - b.rank).map(({ extension }) => extension)
  return [
    offer('extensions in reverse', { editExtensions: (all) => all.reverse() }),
    ...Array.from({ length: 20 }, (_, seed) => offer(`extensions shuffled, ${seed}`, { grease: seed % 2 === 0, editExtensions: shuffled(seed) }))
  ]
}

function psks (): Offer[] {
  const suite = suites[0]!
  const session: Session = { ticket: random(200), psk: random(32), suite, lifetime: 7200, ageAdd: 0, nonce: u8(0), extensions: new Map() }
  const psk = { session }
  const identities = (count: number, length: number): Uint8Array => vector(2, ...Array.from({ length: count }, () => concat(vector(2, random(length)), [0, 0, 0, 0])))
  const binders = (count: number, length: number): Uint8Array => vector(2, ...Array.from({ length: count }, () => vector(1, random(length))))
  const raw = (name: string, body: Uint8Array): Offer => offer(`pre_shared_key: ${name}`, { extraExtensions: [{ type: 41, body }] })
  return [
    offer('a ticket of nobody', { psks: [psk] }),
    offer('ten tickets of nobody', { psks: Array(10).fill(psk) }),
    offer('a ticket of nobody, psk_ke only', { psks: [psk], pskModes: [0] }),
    offer('a ticket without psk_key_exchange_modes', { psks: [psk], pskModes: null }),
    offer('a ticket and early data', { psks: [psk], earlyData: true }),
    offer('early data without a ticket', { earlyData: true }),
    offer('a ticket, and no share', { psks: [psk], shareGroups: [] }),
    offer('a ticket before the last extension', { psks: [psk], editExtensions: (all) => [all.at(-1)!, ...all.slice(0, -1)] }),
    offer('a ticket, no signature_algorithms', { psks: [psk], signatureSchemes: null }),
    offer('a ticket, no groups and no share', { psks: [psk], groups: null, shareGroups: [], editExtensions: (all) => all.filter(({ type }) => type !== 51) }),
    raw('one identity, two binders', concat(identities(1, 100), binders(2, 32))),
    raw('two identities, one binder', concat(identities(2, 100), binders(1, 32))),
    raw('no identity', concat(vector(2), binders(1, 32))),
    raw('no binder', concat(identities(1, 100), vector(2))),
    raw('a binder of 31 bytes', concat(identities(1, 100), binders(1, 31))),
    raw('a binder of 33 bytes', concat(identities(1, 100), binders(1, 33))),
    raw('an empty identity', concat(identities(1, 0), binders(1, 32))),
    raw('a long identity', concat(identities(1, 10_000), binders(1, 32))),
    raw('something behind', concat(identities(1, 100), binders(1, 32), [0])),
    raw('identities alone', identities(1, 100))
  ]
}

function records (): Offer[] {
  const record = (type: number, content: Uint8Array, version: number = 0x0301): Uint8Array => concat([type], u16(version), u16(content.length), content)
  const raw = (name: string, bytes: Uint8Array, ends: boolean = false): Offer => ({ name, bytes, ends })
  return [
    ...[0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03ff].map((version) => wrapped(`record version ${version.toString(16)}`, (hello) => record(22, hello, version))),
    ...[0x0200, 0x0400, 0xffff].map((version) => wrapped(`record version ${version.toString(16)}`, (hello) => record(22, hello, version), true)),
    ...[1, 3, 4, 5, 40, 100].map((at) => wrapped(`cut into records at ${at}`, (hello) => concat(record(22, hello.slice(0, at)), record(22, hello.slice(at))))),
    wrapped('a record for each byte', (hello) => concat(...[...hello].map((byte) => record(22, u8(byte))))),
    wrapped('an empty record between', (hello) => concat(record(22, hello.slice(0, 50)), record(22, new Uint8Array(0)), record(22, hello.slice(50)))),
    wrapped('an empty record before', (hello) => concat(record(22, new Uint8Array(0)), record(22, hello))),
    wrapped('an alert between', (hello) => concat(record(22, hello.slice(0, 50)), record(21, hex('0100')), record(22, hello.slice(50)))),
    wrapped('change_cipher_spec before', (hello) => concat(record(20, u8(1)), record(22, hello))),
    wrapped('change_cipher_spec between', (hello) => concat(record(22, hello.slice(0, 50)), record(20, u8(1)), record(22, hello.slice(50)))),
    wrapped('change_cipher_spec after', (hello) => concat(record(22, hello), record(20, u8(1)))),
    wrapped('two in a record', (hello) => record(22, concat(hello, hello))),
    wrapped('a byte behind it in its record', (hello) => record(22, concat(hello, [0]))),
    wrapped('application data before', (hello) => concat(record(23, new Uint8Array(20)), record(22, hello))),
    wrapped('a heartbeat before', (hello) => concat(record(24, new Uint8Array(20)), record(22, hello)), true),
    wrapped('cut off', (hello) => record(22, hello.slice(0, 100)), true),
    raw('nothing', new Uint8Array(0), true),
    raw('half a header', hex('160301'), true),
    raw('a record of 2^14 + 1 bytes', concat([22, 3, 1], u16(2 ** 14 + 1), new Uint8Array(2 ** 14 + 1))),
    raw('a record of 2^16 - 1 bytes', hex('160301ffff'), true),
    raw('an empty alert', record(21, new Uint8Array(0)), true),
    raw('an alert of one byte', record(21, u8(2)), true),
    raw('a fatal alert', record(21, hex('0228')), true),
    raw('close_notify', record(21, hex('0100')), true),
    raw('user_canceled', record(21, hex('015a')), true),
    raw('HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), true),
    raw('HTTP PUT', Buffer.from('PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n'), true),
    raw('SSLv2', hex('802e0100020015000000100100800700c0030080060040020080040080000000000000000000000000000000'), true),
    raw('noise', new Uint8Array(64).fill(0xa5), true)
  ]
}

function messages (): Offer[] {
  const record = (content: Uint8Array): Uint8Array => concat([22, 3, 1], u16(content.length), content)
  const other = (name: string, type: number, body: Uint8Array = new Uint8Array(32)): Offer => ({ name: `${name} first`, bytes: record(message(type, body)), ends: false })
  const length = (name: string, by: number, ends: boolean): Offer => wrapped(name, (hello) => record(concat(hello.slice(0, 1), u24(hello.length - 4 + by), hello.slice(4))), ends)
  return [
    other('ServerHello', 2), other('NewSessionTicket', 4), other('end_of_early_data', 5, new Uint8Array(0)), other('Certificate', 11),
    other('CertificateRequest', 13), other('CertificateVerify', 15), other('ClientKeyExchange', 16), other('Finished', 20),
    other('KeyUpdate', 24, u8(0)), other('message_hash', 254), other('hello_request', 0, new Uint8Array(0)), other('an unknown message', 99),
    length('announced one byte longer', 1, true),
    length('announced one byte shorter', -1, false),
    { name: 'announced with 2^24 - 1 bytes', bytes: record(concat([1], u24(2 ** 24 - 1), new Uint8Array(100))), ends: true },
    { name: 'an empty message', bytes: record(message(1)), ends: false },
    ...[2, 10, 34, 35, 36, 40, 60].map((end) => wrapped(`a message that ends after ${end} bytes`, (hello) => record(message(1, hello.slice(4, 4 + end))))),
    wrapped('a byte after the extensions', (hello) => record(message(1, hello.slice(4), [0])))
  ]
}

/** Garbage, the same in every run. */
function random (length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (Math.imul(i + length, 2654435761) >>> 13) & 0x7f)
}
