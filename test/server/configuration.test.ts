import { randomBytes } from 'node:crypto'
import * as promClient from 'prom-client'
import t from 'tap'
import { PskKeyExchangeMode, SignatureScheme } from '../../lib/core/constants.ts'
import { certificateCompressions } from '../../lib/credentials/compression.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { createCounters } from '../../lib/metrics/counters.ts'
import { configure } from '../../lib/server/configuration.ts'
import { memorySessionStore } from '../../lib/session/memory-store.ts'
import { StoredTickets } from '../../lib/session/stored-tickets.ts'
import { LongWrites } from '../../lib/sealing/long-writes.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import type { Tls13Options } from '../../types/options.ts'
import { piecesOf, refuses } from '../helpers/invalid-option.ts'
import { createAuthority } from '../helpers/pki.ts'

const authority = createAuthority({ name: 'Configuration' })
const server = authority.issueServer()
const base = { key: server.keyPem, cert: server.pem }
const rsa = authority.issueServer({ keyType: 'rsa' })

const configurationOf = (options: Tls13Options = {}) => configure({ ...base, ...options }).configuration
const names = (items: ReadonlyArray<{ name: string }>): string[] => items.map(({ name }) => name)

t.test('every default is filled in', (t) => {
  const { configuration, contexts, ticketKeys, stapling, earlyRequests, longWrites, ...limits } = configure(base)
  t.strictSame(limits, { handshakeTimeout: 10_000, maxPendingHandshakes: 2000, maxPendingHandshakesPerAddress: 500, clientCertificateTimeout: 30_000, maxBufferedBody: 1_048_576 })
  const { crypto, cipherSuites, namedGroups, signatureSchemes, certificateCompression, resolveContext, tickets, observer, counters, now, ...choices } = configuration
  t.strictSame(choices, {
    honorCipherOrder: true,
    alpnProtocols: ['http/1.1'],
    ocspResponse: stapling.respond,
    externalPsk: null,
    pskKeyExchangeModes: [PskKeyExchangeMode.psk_dhe_ke],
    cookieKey: null,
    requestCert: false,
    rejectUnauthorized: true,
    numTickets: 2,
    ticketsOnResumption: 1,
    ticketsWithoutPskModes: false,
    ticketLifetime: 7200,
    sessionLifetime: 86_400,
    onResume: null,
    earlyData: null,
    dynamicRecordSizes: true,
    keyLog: null
  })
  const provider = cryptoProvider('node')
  t.equal(crypto, provider)
  t.strictSame(cipherSuites, provider.cipherSuites.filter((suite) => suite.byDefault))
  t.strictSame(namedGroups, provider.namedGroups.filter((group) => group.byDefault))
  t.ok(cipherSuites.length < provider.cipherSuites.length && namedGroups.length < provider.namedGroups.length, 'some are not')
  t.strictSame(signatureSchemes, provider.signatureSchemes)
  t.strictSame(names(certificateCompression), names(certificateCompressions()))
  t.equal(resolveContext({ serverName: null, alpnProtocols: [] }), contexts.default)
  t.equal(tickets, ticketKeys)
  t.type(ticketKeys, TicketKeyRing)
  t.type(longWrites, LongWrites)
  t.strictSame(observer, {})
  t.strictSame(counters, createCounters())
  t.equal(now, Date.now)
  t.equal(contexts.default!.name, 'default')
  t.end()
})

t.test('every option arrives', (t) => {
  const lines: string[] = []
  const keyLog = (line: string): void => { lines.push(line) }
  const { configuration, ...limits } = configure({
    ...base,
    numTickets: 0,
    ticketsOnResumption: 255,
    ticketsWithoutPskModes: true,
    sessionTimeout: 604_800,
    sessionLifetime: 1,
    ticketKeys: randomBytes(48),
    ticketKeyRotation: 1,
    requestCert: true,
    rejectUnauthorized: false,
    clientCertificateTimeout: 1,
    maxBufferedBody: 0,
    ALPNProtocols: ['h2', 'http/1.1'],
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    honorCipherOrder: false,
    ecdhCurve: 'P-256:X25519',
    sigalgs: 'ECDSA+SHA256:RSA+SHA256:rsa_pss_rsae_sha256:RSA-PSS+SHA256',
    crypto: 'noble',
    handshakeTimeout: 2 ** 31 - 1,
    maxPendingHandshakes: 1,
    maxPendingHandshakesPerAddress: 1,
    pskKeyExchangeModes: ['psk_ke', 'psk_dhe_ke'],
    certificateCompression: ['zlib'],
    helloRetryRequestCookie: true,
    dynamicRecordSizes: false,
    sealWorkers: 64,
    keyLog
  })
  const { clientCertificateTimeout, maxBufferedBody, handshakeTimeout, maxPendingHandshakes, maxPendingHandshakesPerAddress } = limits
  t.strictSame({ clientCertificateTimeout, maxBufferedBody, handshakeTimeout, maxPendingHandshakes, maxPendingHandshakesPerAddress },
    { clientCertificateTimeout: 1, maxBufferedBody: 0, handshakeTimeout: 2 ** 31 - 1, maxPendingHandshakes: 1, maxPendingHandshakesPerAddress: 1 })
  t.strictSame(configuration.pskKeyExchangeModes, [0, 1])
  t.strictSame(names(configuration.certificateCompression), ['zlib'])
  t.equal(configuration.cookieKey!.length, 32)
  t.equal(configuration.dynamicRecordSizes, false)
  const { numTickets, ticketsOnResumption, ticketsWithoutPskModes, ticketLifetime, sessionLifetime, requestCert, rejectUnauthorized, honorCipherOrder } = configuration
  t.strictSame({ numTickets, ticketsOnResumption, ticketsWithoutPskModes, ticketLifetime, sessionLifetime, requestCert, rejectUnauthorized, honorCipherOrder }, {
    numTickets: 0,
    ticketsOnResumption: 255,
    ticketsWithoutPskModes: true,
    ticketLifetime: 604_800,
    sessionLifetime: 1,
    requestCert: true,
    rejectUnauthorized: false,
    honorCipherOrder: false
  })
  t.strictSame(configuration.alpnProtocols, ['h2', 'http/1.1'])
  t.strictSame(names(configuration.cipherSuites), ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'])
  t.strictSame(names(configuration.namedGroups), ['secp256r1', 'x25519'])
  t.strictSame(configuration.signatureSchemes,
    [SignatureScheme.ecdsa_secp256r1_sha256, SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pss_pss_sha256])
  t.equal(configuration.crypto, cryptoProvider('noble'))
  configuration.keyLog!('a line')
  t.strictSame(lines, ['a line'])
  t.end()
})

t.test('the configuration is frozen but for numTickets, which is checked', (t) => {
  const settings = configure(base)
  const { configuration } = settings
  t.ok(Object.isFrozen(settings))
  for (const name of Object.keys(configuration) as Array<keyof typeof configuration>) {
    if (name === 'numTickets') continue
    t.throws(() => Object.assign(configuration, { [name]: null }), TypeError, name)
  }
  for (const list of [configuration.cipherSuites, configuration.namedGroups, configuration.signatureSchemes, configuration.alpnProtocols]) {
    t.ok(Object.isFrozen(list))
  }
  configuration.numTickets = 255
  t.equal(configuration.numTickets, 255)
  for (const value of [-1, 256, 1.5, NaN, '2', null, undefined]) {
    refuses(t, () => { configuration.numTickets = value as number }, 'numTickets', /an integer from 0 to 255/)
  }
  t.equal(configuration.numTickets, 255)
  t.equal(configurationOf().numTickets, 2, 'another server has its own')
  t.end()
})

t.test('what is given is copied', (t) => {
  const ALPNProtocols = ['http/1.1']
  const options = { ...base, ALPNProtocols }
  const { configuration } = configure(options)
  ALPNProtocols.push('h2')
  t.strictSame(configuration.alpnProtocols, ['http/1.1'])
  t.notOk(Object.isFrozen(ALPNProtocols))
  t.end()
})

t.test('options of node:https and of register that say nothing new are accepted', (t) => {
  configure({ ...base, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', honorCipherOrder: true } as Tls13Options)
  configure({ ...base, prefix: '/x', logLevel: 'warn', logSerializers: {} } as Tls13Options)
  configure({ ...base, dhparam: undefined, numTicket: undefined, numTickets: undefined } as Tls13Options)
  t.strictSame(configurationOf({ ALPNProtocols: [] }).alpnProtocols, [])
  t.strictSame(configurationOf({ ecdhCurve: 'auto' }).namedGroups, configurationOf().namedGroups)
  t.strictSame(names(configurationOf({ ciphers: 'TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256' }).cipherSuites), ['TLS_AES_128_CCM_8_SHA256', 'TLS_AES_128_CCM_SHA256'])
  t.strictSame(names(configurationOf({ ecdhCurve: 'X448:ffdhe2048:FFDHE3072' }).namedGroups), ['x448', 'ffdhe2048', 'ffdhe3072'])
  t.equal(configurationOf({ requestCert: true }).requestCert, true, 'without ca: then nobody is authorized')
  t.end()
})

t.test('a server without a key needs SNICallback', (t) => {
  refuses(t, () => configure({}), 'key', /is missing: give key and cert, or pfx, or SNICallback/)
  refuses(t, () => configure({ ca: authority.pem, SNICallback () {} }), 'key', /is missing/)
  t.equal(configure({ SNICallback () {} }).contexts.default, null)
  t.end()
})

t.test('observers are joined: the user\'s first', (t) => {
  const calls: string[] = []
  const counters = createCounters()
  const { configuration } = configure(
    { ...base, observer: { keyUpdate: () => calls.push('user') } },
    { observers: [{ keyUpdate: () => calls.push('ours') }, {}], counters })
  configuration.observer.keyUpdate!('sent', false)
  t.strictSame(calls, ['user', 'ours'])
  t.equal(configuration.counters, counters)
  t.end()
})

t.test('with a session store tickets are handles, and the observer hears of the store', async (t) => {
  const told: unknown[] = []
  const { configuration } = configure({
    ...base,
    sessionStore: memorySessionStore(),
    observer: { storeOperationCompleted: ({ store, operation, result }) => { told.push([store, operation, result]) } }
  })
  const tickets = configuration.tickets!
  t.type(tickets, StoredTickets)
  const [state, policy] = [Buffer.from('state'), Buffer.alloc(32)]
  const ticket = tickets.seal(state, policy, 10)
  t.strictSame((await tickets.open(ticket, policy)).state, state)
  t.strictSame(told, [['memory', 'put', 'success'], ['memory', 'take', 'success']])
})

t.test('the store is waited for as long as the option says', async (t) => {
  const alive = setInterval(() => {}, 1000)
  const silent = { name: 'silent', put () {}, take: () => new Promise<never>(() => {}), claim: () => true }
  const { tickets } = configurationOf({ sessionStore: silent, sessionStoreTimeout: 1 })
  const ticket = tickets!.seal(Buffer.from('state'), Buffer.alloc(32), 10)
  t.strictSame(await tickets!.open(ticket, Buffer.alloc(32)), { state: null, refused: 'unknown' })
  clearInterval(alive)
})

t.test('early data: each ClientHello once in this process, or by the store that is shared', async (t) => {
  const binder = randomBytes(32)
  const before = Date.now()
  const { maxEarlyData, since, claim } = configurationOf({ maxEarlyData: 100 }).earlyData!
  t.equal(maxEarlyData, 100)
  t.ok(before <= since && since <= Date.now())
  t.equal(claim(binder, 1000), 'first')
  t.equal(claim(binder, 1000), 'replayed')
  t.equal(configurationOf({ maxEarlyData: 1 }).earlyData!.claim(binder, 1000), 'replayed', 'by another server of the process')

  const antiReplay = memorySessionStore({ maxEntries: 1 })
  const servers = [0, 1].map(() => configurationOf({ maxEarlyData: 1, antiReplay }).earlyData!)
  t.same(servers.map((server) => server.claim(binder, 1000)), ['first', 'replayed'])
  t.equal(servers[0]!.claim(randomBytes(32), 1000), 'unavailable', 'it is full')
  const later = configurationOf({ maxEarlyData: 1, antiReplay: { ...antiReplay, name: 'later', put () {}, take: () => null, claim: async () => true } }).earlyData!
  t.equal(await later.claim(binder, 1000), 'first')
})

t.test('a provider of one\'s own', (t) => {
  const provider = { ...cryptoProvider('noble'), name: 'mine' }
  t.equal(configurationOf({ crypto: provider }).crypto, provider)
  t.end()
})

t.test('every wrong option is refused by name, with the reason', (t) => {
  const provider = cryptoProvider('node')
  const store = { name: 'mine', put () {}, take: () => null, claim: () => true }
  const halfZero = Buffer.concat([randomBytes(24), Buffer.alloc(24)])
  const wrong: Array<[unknown, string, RegExp]> = [
    // Integers and their ends.
    ...integers('numTickets', 0, 255),
    ...integers('ticketsOnResumption', 0, 255),
    ...integers('sessionTimeout', 1, 604_800),
    ...integers('sessionLifetime', 1, 31_536_000),
    ...integers('ticketKeyRotation', 1, 31_536_000),
    ...integers('sessionStoreTimeout', 1, 2 ** 31 - 1),
    ...integers('maxEarlyData', 0, 2 ** 31 - 1),
    ...integers('clientCertificateTimeout', 1, 2 ** 31 - 1),
    ...integers('maxBufferedBody', 0, 2 ** 31 - 1),
    ...integers('handshakeTimeout', 1, 2 ** 31 - 1),
    ...integers('maxPendingHandshakes', 1, 2 ** 31 - 1),
    ...integers('maxPendingHandshakesPerAddress', 1, 2 ** 31 - 1),
    ...integers('sealWorkers', 0, 64),
    [{ sealWorkers: 1, crypto: { ...cryptoProvider('node') } }, 'sealWorkers', /to which a crypto provider of your own cannot be handed/],
    // Booleans, strings and functions.
    ...['ticketsWithoutPskModes', 'requestCert', 'rejectUnauthorized', 'honorCipherOrder', 'helloRetryRequestCookie', 'dynamicRecordSizes'].flatMap((name): Array<[unknown, string, RegExp]> =>
      [1, 'true', null].map((value) => [{ [name]: value }, name, /must be true or false, not/])),
    ...['ciphers', 'ecdhCurve', 'sigalgs'].flatMap((name): Array<[unknown, string, RegExp]> => [
      [{ [name]: ['x'] }, name, /must be a string, not an array/],
      [{ [name]: '' }, name, /colons between/],
      [{ [name]: ':' }, name, /colons between/]
    ]),
    ...['SNICallback', 'keyLog', 'externalPsk', 'ocspResponse', 'onResume'].map((name): [unknown, string, RegExp] => [{ [name]: 'x' }, name, /must be a function \(.*\), not "x"/]),
    // Names.
    [{ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, 'ciphers', /"ECDHE-RSA-AES128-GCM-SHA256" is no cipher suite of TLS 1\.3.*TLS 1\.3 only.*TLS_AES_128_GCM_SHA256/],
    [{ ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256' }, 'ciphers', /TLS 1\.3 only/],
    [{ ciphers: 'HIGH:!aNULL' }, 'ciphers', /"HIGH"/],
    [{ ciphers: 'TLS_AES_128_CCM_SHA256', crypto: { ...provider, cipherSuites: provider.cipherSuites.slice(0, 3) } }, 'ciphers', /provider node does not have TLS_AES_128_CCM_SHA256/],
    [{ crypto: { ...provider, cipherSuites: provider.cipherSuites.map((suite) => ({ ...suite, byDefault: false })) } }, 'ciphers', /must be given: .* choose from TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256/],
    [{ crypto: { ...provider, namedGroups: provider.namedGroups.slice(-1) } }, 'ecdhCurve', /must be given: .* choose from ffdhe8192/],
    [{ ciphers: 'TLS_AES_128_GCM_SHA256:tls_aes_128_gcm_sha256' }, 'ciphers', /TLS_AES_128_GCM_SHA256 a second time/],
    [{ ciphers: 'x'.repeat(1000) }, 'ciphers', /a string of 1000 characters/],
    [{ ecdhCurve: 'secp256k1' }, 'ecdhCurve', /"secp256k1" is no group of the crypto provider node: choose from/],
    [{ ecdhCurve: 'X25519:x25519' }, 'ecdhCurve', /x25519 a second time/],
    [{ ecdhCurve: 'auto:x25519' }, 'ecdhCurve', /"auto"/],
    [{ sigalgs: 'DSA+SHA1' }, 'sigalgs', /"DSA\+SHA1" is no signature algorithm/],
    [{ sigalgs: 'RSA+SHA256' }, 'sigalgs', /none that signs a TLS 1\.3 handshake/],
    [{ sigalgs: 'ed25519' }, 'sigalgs', /none that a key of type ec can make/],
    [{ ALPNProtocols: 'http/1.1' }, 'ALPNProtocols', /must be an array/],
    [{ ALPNProtocols: Buffer.from('\x08http/1.1') }, 'ALPNProtocols', /must be an array of names, not 9 bytes/],
    [{ ALPNProtocols: ['h2', 'spdy/3.1'] }, 'ALPNProtocols[1]', /must be one of http\/1\.1, h2.*not "spdy\/3\.1"/],
    [{ ALPNProtocols: ['h2', 'h2'] }, 'ALPNProtocols[1]', /a second time/],
    [{ ALPNProtocols: [1] }, 'ALPNProtocols[0]', /must be one of/],
    [{ certificateCompression: 'zlib' }, 'certificateCompression', /must be an array of names/],
    [{ certificateCompression: ['gzip'] }, 'certificateCompression[0]', /must be one of brotli.*not "gzip"/],
    [{ certificateCompression: ['zlib', 'zlib'] }, 'certificateCompression[1]', /a second time/],
    [{ pskKeyExchangeModes: ['psk'] }, 'pskKeyExchangeModes[0]', /must be one of psk_ke, psk_dhe_ke/],
    // Ticket keys.
    [{ ticketKeys: 'x'.repeat(48) }, 'ticketKeys', /must be .*48 bytes, 'random' or redisTicketKeys\(…\), not a string of 48 characters/],
    [{ ticketKeys: {} }, 'ticketKeys', /redisTicketKeys\(…\), not an object/],
    [{ ticketKeys: randomBytes(47) }, 'ticketKeys', /48 bytes, not 47/],
    [{ ticketKeys: randomBytes(80) }, 'ticketKeys', /48 bytes, not 80/],
    [{ ticketKeys: Buffer.alloc(48) }, 'ticketKeys', /all zero/],
    [{ ticketKeys: halfZero }, 'ticketKeys', /all zero/],
    [{ ticketKeys: Buffer.from(halfZero).reverse() }, 'ticketKeys', /all zero/],
    // Session stores.
    [{ sessionStore: 'memory' }, 'sessionStore', /must be memorySessionStore\(\), redisSessionStore\(client\) or a SessionStore of your own, not "memory"/],
    [{ sessionStore: memorySessionStore }, 'sessionStore', /not a function/],
    [{ sessionStore: new Map() }, 'sessionStore.put', /must be a function of the store/],
    [{ sessionStore: { ...store, take: undefined } }, 'sessionStore.take', /must be a function of the store/],
    [{ sessionStore: { ...store, claim: true } }, 'sessionStore.claim', /must be a function of the store/],
    ...[undefined, '', 'my store', 'x'.repeat(65)].map((name): [unknown, string, RegExp] => [{ sessionStore: { ...store, name } }, 'sessionStore.name', /1 to 64 letters, digits and _/]),
    [{ sessionStore: store, ticketKeys: randomBytes(48) }, 'ticketKeys', /no use beside sessionStore/],
    [{ maxEarlyData: 1, antiReplay: new Map() }, 'antiReplay.put', /must be a function of the store/],
    [{ antiReplay: store }, 'antiReplay', /no use without maxEarlyData/],
    // Providers.
    [{ crypto: 'openssl' }, 'crypto', /'node', 'noble' or a CryptoProvider/],
    [{ crypto: null }, 'crypto', /null/],
    [{ crypto: { ...provider, verify: undefined } }, 'crypto', /verify is missing/],
    [{ crypto: { ...provider, cipherSuites: provider.cipherSuites.slice(0, 1) } }, 'crypto.cipherSuites', /TLS_AES_256_GCM_SHA384/],
    // Metrics and observers.
    [{ metrics: 'yes' }, 'metrics', /true, false or an object/],
    [{ metrics: { registry: {} } }, 'metrics.registry', /did you mean metrics\.register\?/],
    [{ metrics: { client: {} } }, 'metrics.client', /prom-client/],
    [{ metrics: { client: promClient, register: {} } }, 'metrics.register', /Registry/],
    [{ metrics: { prefix: 'a-b' } }, 'metrics.prefix', /letter/],
    [{ metrics: { prefix: 1 } }, 'metrics.prefix', /must be a string/],
    ...[[], [0, 1], [2, 1], [1, 1], ['1'], [NaN], 1].map((buckets): [unknown, string, RegExp] => [{ metrics: { buckets } }, 'metrics.buckets', /each greater/]),
    [{ observer: () => {} }, 'observer', /object of callbacks/],
    [{ observer: { alert: true } }, 'observer.alert', /must be a function/],
    // Names of options.
    [{ numTicket: 1 }, 'numTicket', /is not known: did you mean numTickets\?/],
    [{ ALPNprotocols: [] }, 'ALPNprotocols', /did you mean ALPNProtocols\?/],
    [{ requestCerts: true }, 'requestCerts', /did you mean requestCert\?/],
    [{ kye: 'x' }, 'kye', /did you mean key\?/],
    [{ banana: 1 }, 'banana', /is not known$/],
    // Options of others.
    [{ minVersion: 'TLSv1.2' }, 'minVersion', /must be 'TLSv1\.3', the only version/],
    [{ maxVersion: 'TLSv1.2' }, 'maxVersion', /must be 'TLSv1\.3'/],
    [{ secureProtocol: 'TLSv1_2_method' }, 'secureProtocol', /TLS 1\.3 only/],
    [{ dhparam: 'auto' }, 'dhparam', /TLS 1\.3 only/],
    [{ secureOptions: 1 }, 'secureOptions', /flags of OpenSSL/],
    [{ pskCallback () {} }, 'pskCallback', /use externalPsk/],
    [{ sessionIdContext: 'x' }, 'sessionIdContext', /has no meaning here/],
    [{ ALPNCallback () {} }, 'ALPNCallback', /ALPNProtocols/],
    [{ enableTrace: true }, 'enableTrace', /keyLog/],
    [{ privateKeyEngine: 'x' }, 'privateKeyEngine', /engines/],
    [{ secureContext: {} }, 'secureContext', /node:tls/],
    [{ servername: 'x' }, 'servername', /option of clients/],
    [{ requestTimeout: 1 }, 'requestTimeout', /option of Fastify/],
    [{ allowHTTP1: true }, 'allowHTTP1', /ALPNProtocols/],
    [{ noDelay: true }, 'noDelay', /set by this server itself/],
    // Keys and certificates, which test/credentials goes through.
    [{ cert: rsa.pem }, 'key', /belongs to none/],
    [{ ca: 'x' }, 'ca', /not PEM/],
    [{ passphrase: 1 }, 'passphrase', /must be a string/]
  ]
  for (const [options, option, reason] of wrong) {
    refuses(t, () => configure({ ...base, ...options as Tls13Options }), option, reason, piecesOf(server.key))
  }
  for (const options of [undefined, null, 'x', []]) refuses(t, () => configure(options as never), 'options', /must be an object/)
  t.end()
})

t.test('metrics options that are right', (t) => {
  for (const metrics of [true, false, {}, { client: promClient, register: new promClient.Registry(), prefix: 'app_', buckets: [0.1, 1] }, { prefix: '' }]) {
    t.ok(configure({ ...base, metrics }))
  }
  t.end()
})

t.test('ticket keys: none shared, or opened with the provider in use', (t) => {
  t.equal(configure({ ...base, ticketKeys: 'random' }).ticketKeys.sealingKey().source, 'random')
  t.equal(configure({ ...base, ticketKeys: randomBytes(48) }).ticketKeys.sealingKey().source, 'secret')
  const providers: string[] = []
  const ticketKeys: Tls13Options['ticketKeys'] = ({ name }) => {
    providers.push(name)
    return { name: 'mine', pollInterval: 1000, read: async () => [], add: async () => {} }
  }
  configure({ ...base, ticketKeys, crypto: 'noble' })
  t.strictSame(providers, ['noble'])
  t.end()
})

t.test('an observer may be an instance of a class', (t) => {
  class Counting {
    readonly seen: string[] = []

    alert (direction: string): void {
      this.seen.push(direction)
    }
  }
  const observer = new Counting()
  configurationOf({ observer }).observer.alert!('sent', 'close_notify')
  t.strictSame(observer.seen, ['sent'])
  t.end()
})

t.test('sigalgs that some of several keys can make are enough', (t) => {
  const { configuration } = configure({ key: [server.keyPem, rsa.keyPem], cert: [server.pem, rsa.pem], sigalgs: 'RSA-PSS+SHA256' })
  t.equal(configuration.signatureSchemes.length, 2)
  t.end()
})

function integers (name: string, minimum: number, maximum: number): Array<[unknown, string, RegExp]> {
  const values = [minimum - 1, maximum + 1, minimum + 0.5, NaN, Infinity, String(minimum), true, null, 2n]
  return values.map((value) => [{ [name]: value }, name, new RegExp(`must be an integer from ${minimum} to ${maximum}.*, not `)])
}
