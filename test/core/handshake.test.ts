/** The main handshake end to end, against the independent client, with both crypto providers. */
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { groups, TestClient, toHex } from '../helpers/client/index.ts'
import type { KeyType } from '../helpers/pki.ts'
import { authority, createServer, seeded, serverCredential } from '../helpers/server.ts'

const context = Buffer.from('context')
const allSuites = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305]
const allGroups = Object.entries(groups)
const allKeys = ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] as const satisfies readonly KeyType[]

for (const provider of ['node', 'noble'] as const) {
  t.test(`${provider}: every suite with every group, those that have to be named too`, async (t) => {
    const { cipherSuites, namedGroups } = cryptoProvider(provider)
    const server = createServer({ provider, configuration: { cipherSuites, namedGroups } })
    for (const suite of allSuites) {
      for (const [name, group] of allGroups) {
        const joint = server.pair({ cipherSuites: [suite], groups: [group] }).handshake()
        joint.deliver(joint.client.data('ping'))
        joint.connection.send([Buffer.from('po'), Buffer.from('ng')])
        joint.flush()
        t.equal(joint.accepted.plaintext, 'ping')
        t.equal(Buffer.from(joint.client.plaintext).toString(), 'pong')
        t.equal(joint.client.facts.cipherSuite, suite)
        t.equal(joint.client.facts.group, group)
        t.match(joint.connection.info, { group: name, resumed: false, helloRetryRequest: false })
        t.equal(toHex(joint.connection.exportKeyingMaterial(40, 'EXPORTER-test', context)), toHex(joint.client.exporter(40, 'EXPORTER-test', context)))
        t.same(joint.accepted.log, ['connected', 'plaintext'])
      }
    }
  })

  t.test(`${provider}: a server certificate of every key type`, async (t) => {
    for (const keyType of allKeys) {
      const server = createServer({ provider, keyTypes: [keyType] })
      const joint = await server.pair().handshakeAsync()
      t.equal(joint.connection.connected, true, keyType)
      t.equal(joint.connection.info?.signatureScheme, joint.client.facts.signatureScheme)
    }
  })

  t.test(`${provider}: the flight and the tickets are a function of the randomness`, async (t) => {
    const run = (): string => {
      const server = createServer({ provider, keyTypes: ['ed25519'], seed: 'one' })
      const joint = server.pair({ randomBytes: seeded('client') }).handshake()
      return toHex(Buffer.concat(joint.wire))
    }
    t.equal(run(), run())
  })
}

t.test('seal with one provider, open with the other: the same bytes from both', async (t) => {
  const wire = (['node', 'noble'] as const).map((provider) => {
    const server = createServer({ provider, keyTypes: ['ed25519'], seed: 'both', configuration: { honorCipherOrder: false } })
    return toHex(Buffer.concat(server.pair({ randomBytes: seeded('client') }).handshake().wire))
  })
  t.equal(wire[0], wire[1])
})

t.test('the flight is one write: ServerHello, change_cipher_spec and one protected record; the tickets another, before anything else', async (t) => {
  const server = createServer()
  const joint = server.pair().handshake()
  t.equal(joint.wire.length, 2)
  t.same(joint.client.received.map((record) => [record.type, record.protected]), [[22, false], [20, false], [22, true], [22, true]])
  t.same(joint.client.messages.map((message) => message.type), [2, 8, 11, 15, 20, 4, 4])
})

t.test('change_cipher_spec after the first server message, whatever the session id', async (t) => {
  for (const length of [0, 1, 32]) {
    const joint = createServer().pair({ sessionId: new Uint8Array(length).fill(9) }).handshake()
    t.same(joint.client.received.map((record) => record.type), [22, 20, 22, 22])
    t.equal(joint.connection.connected, true)
  }
})

t.test('GREASE everywhere and unknown extensions are ignored', async (t) => {
  const joint = createServer().pair({ grease: true, extraExtensions: [{ type: 0xfe0d, body: new Uint8Array(300) }, { type: 21, body: new Uint8Array(50) }] }).handshake()
  t.equal(joint.connection.connected, true)
})

t.test('honorCipherOrder', async (t) => {
  const offer = { cipherSuites: [0x1303, 0x1301, 0x1302] }
  const preference = createServer().configuration.cipherSuites[0]!.id
  t.equal(createServer().pair(offer).handshake().client.facts.cipherSuite, preference)
  t.equal(createServer({ configuration: { honorCipherOrder: false } }).pair(offer).handshake().client.facts.cipherSuite, 0x1303)
})

t.test('the certificate is chosen by what the client can verify', async (t) => {
  const server = createServer({ keyTypes: ['rsa', 'P-256', 'ed25519'] })
  t.equal((await server.pair({ signatureSchemes: [0x0804] }).handshakeAsync()).client.facts.signatureScheme, 0x0804)
  t.equal((await server.pair({ signatureSchemes: [0x0806] }).handshakeAsync()).client.facts.signatureScheme, 0x0806)
  t.equal(server.pair({ signatureSchemes: [0x0403] }).handshake().client.facts.signatureScheme, 0x0403)
  t.equal(server.pair({ signatureSchemes: [0x0807] }).handshake().client.facts.signatureScheme, 0x0807)
  const none = server.pair({ signatureSchemes: [0x0603, 0x0401] })
  none.deliver(none.client.clientHello())
  t.same(none.client.alerts, [{ level: 2, description: 40, protected: false }])
})

t.test('SNI: the resolver gets the name in lower case without its last dot, and may refuse it', async (t) => {
  const seen: unknown[] = []
  const server = createServer()
  const { context } = server
  const resolving = createServer({
    configuration: {
      resolveContext: (hello) => {
        seen.push(hello)
        return hello.serverName === 'refused.example' ? null : context
      }
    }
  })
  const joint = resolving.pair({ serverName: 'Example.COM.', alpnProtocols: ['h2', 'http/1.1'] }).handshake()
  t.same(seen, [{ serverName: 'example.com', alpnProtocols: ['h2', 'http/1.1'] }])
  t.equal(joint.connection.serverName, 'example.com')
  t.equal(joint.connection.context, context)
  t.equal(joint.client.facts.encryptedExtensions.has(0), true)
  t.equal(joint.client.facts.alpnProtocol, null, 'no protocols of ours: the extension is ignored')
  const refused = resolving.pair({ serverName: 'refused.example' })
  refused.deliver(refused.client.clientHello())
  t.same(refused.client.alerts, [{ level: 2, description: 112, protected: false }])
  const none = resolving.pair().handshake()
  t.equal(none.connection.serverName, null)
  t.equal(none.client.facts.encryptedExtensions.has(0), false)
})

t.test('ALPN: our order; no overlap is fatal; none offered is none chosen', async (t) => {
  const server = createServer({ configuration: { alpnProtocols: ['h2', 'http/1.1'] } })
  t.equal(server.pair({ alpnProtocols: ['http/1.1', 'h2'] }).handshake().client.facts.alpnProtocol, 'h2')
  t.equal(server.pair({ alpnProtocols: ['http/1.1', 'spdy/3'] }).handshake().connection.alpnProtocol, 'http/1.1')
  t.equal(server.pair().handshake().connection.alpnProtocol, null)
  const none = server.pair({ alpnProtocols: ['spdy/3'] })
  none.deliver(none.client.clientHello())
  t.same(none.client.alerts, [{ level: 2, description: 120, protected: false }])
})

t.test('key log lines hold the client\'s random and its own secrets', async (t) => {
  const server = createServer()
  const { client } = server.pair().handshake()
  const random = toHex(client.hello.random)
  t.same(server.keyLog, [
    `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${random} ${toHex(client.schedule.clientHandshake)}`,
    `SERVER_HANDSHAKE_TRAFFIC_SECRET ${random} ${toHex(client.schedule.serverHandshake)}`,
    `CLIENT_TRAFFIC_SECRET_0 ${random} ${toHex(client.schedule.clientApplication)}`,
    `SERVER_TRAFFIC_SECRET_0 ${random} ${toHex(client.schedule.serverApplication)}`,
    `EXPORTER_SECRET ${random} ${toHex(client.schedule.exporterMaster)}`
  ])
})

t.test('what the observer is told of a connection that ends well, and the counters', async (t) => {
  const server = createServer({ configuration: { alpnProtocols: ['http/1.1'] } })
  const joint = server.pair({ alpnProtocols: ['http/1.1'], serverName: 'localhost' })
  joint.deliver(joint.client.clientHello())
  server.clock.now += 17
  joint.deliver(joint.client.flight2())
  joint.deliver(joint.client.data('hello'))
  joint.connection.send([Buffer.from('world!')])
  joint.deliver(joint.client.closeNotify())
  joint.connection.close()
  joint.flush()
  joint.connection.disconnected()
  joint.connection.disconnected()
  t.same(server.events.map((event) => event[0]), ['handshakeStarted', 'handshakeCompleted', 'connectionOpened', 'ticketIssued', 'ticketIssued', 'alert', 'alert', 'connectionClosed'])
  t.match(server.of('handshakeCompleted')[0], [{
    cipher: server.configuration.cipherSuites[0]!.name,
    group: 'x25519',
    resumed: false,
    helloRetryRequest: false,
    serverName: 'localhost',
    alpnProtocol: 'http/1.1',
    signatureScheme: 0x0403,
    postHandshakeAuth: false,
    duration: 17
  }])
  t.same(server.of('connectionOpened'), [['http/1.1']])
  t.same(server.of('alert'), [['received', 'close_notify'], ['sent', 'close_notify']])
  t.same(server.of('connectionClosed'), [['http/1.1', true]])
  t.match(server.of('ticketIssued')[0], ['handshake', joint.client.tickets[0]!.ticket.length, false])
  const { counters } = server.configuration
  t.equal(counters.plaintextReceived, 5)
  t.equal(counters.plaintextSent, 6)
  t.equal(counters.wireSent, Buffer.concat(joint.wire).length)
  t.equal(counters.recordsReceived, 4)
  t.equal(counters.recordsSent, 6)
})

t.test('a connection that goes away: abort in the handshake, not clean after it', async (t) => {
  const server = createServer()
  const early = server.pair()
  early.deliver(early.client.clientHello())
  early.connection.disconnected()
  t.same(server.of('handshakeFailed'), [['abort', 'eof']])
  t.equal(early.connection.takeOutput(), null)
  const late = server.pair().handshake()
  late.connection.disconnected()
  t.same(server.of('connectionClosed'), [[null, false]])
  late.deliver(late.client.data('ignored'))
  t.equal(late.accepted.plaintext, '')
})

t.test('abort: our alert, the timeout has a result of its own', async (t) => {
  const server = createServer()
  const joint = server.pair()
  joint.connection.abort('HANDSHAKE_TIMEOUT', 'too slow')
  joint.flush()
  t.same(joint.client.alerts.map((alert) => alert.description), [90])
  t.equal(joint.accepted.failure?.code, 'TLS13_HANDSHAKE_TIMEOUT')
  t.same(server.of('handshakeFailed'), [['timeout', 'timeout']])
  joint.connection.abort('INTERNAL_ERROR', 'again')
  t.equal(joint.connection.takeOutput(), null)
})

t.test('calls before CONNECTED and after the end are refused and harm nothing', async (t) => {
  const joint = createServer().pair()
  const calls = {
    send: () => { joint.connection.send([Uint8Array.of(1)]) },
    sendTickets: () => { joint.connection.sendTickets(1) },
    requestClientCertificate: () => { joint.connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true }) },
    updateKeys: () => { joint.connection.updateKeys(false) },
    exportKeyingMaterial: () => { joint.connection.exportKeyingMaterial(16, 'x', new Uint8Array(0)) }
  }
  for (const call of Object.values(calls)) t.throws(call, { name: 'RefusedError', refusal: 'HANDSHAKE_IN_PROGRESS' })
  t.equal(joint.connection.info, null)
  t.equal(joint.connection.identity, null)
  t.equal(joint.connection.ticketsSent, 0)
  joint.deliver(joint.client.clientHello())
  for (const call of Object.values(calls)) t.throws(call, { name: 'RefusedError', refusal: 'HANDSHAKE_IN_PROGRESS' })
  joint.deliver(joint.client.flight2())
  t.equal(joint.connection.connected, true)
  joint.connection.close()
  for (const call of [calls.send, calls.sendTickets, calls.requestClientCertificate, calls.updateKeys]) t.throws(call, { name: 'RefusedError', refusal: 'CLOSED' })
})

t.test('a wrong Finished, a short one, a long one', async (t) => {
  for (const [editVerifyData, alert] of [
    [(right: Uint8Array) => right.map((byte, index) => index === 0 ? byte ^ 1 : byte), 51],
    [(right: Uint8Array) => right.slice(1), 50],
    [(right: Uint8Array) => Buffer.concat([right, Buffer.alloc(1)]), 50],
    [() => new Uint8Array(0), 50]
  ] as const) {
    const joint = createServer().pair().handshake({ editVerifyData })
    t.same(joint.client.alerts.map(({ description }) => description), [alert])
    t.equal(joint.connection.connected, false)
    t.equal(joint.connection.identity, null)
  }
})

t.test('a chain of several certificates is sent as it is', async (t) => {
  const server = createServer()
  const credential = serverCredential(server.configuration.crypto, 'P-256')
  const chain = [...credential.chain, authority().certificate]
  const joint = createServer({ context: { credentials: [{ ...credential, chain }] } }).pair().handshake()
  t.same(joint.client.facts.chain.map(toHex), chain.map(toHex))
})

t.test('a certificate message of more than a record', async (t) => {
  const server = createServer()
  const credential = serverCredential(server.configuration.crypto, 'P-256')
  const chain = [...credential.chain, new Uint8Array(40000).fill(1)]
  const joint = createServer({ context: { credentials: [{ ...credential, chain }] } }).pair(new TestClient()).handshake()
  t.equal(joint.connection.connected, true)
  t.equal(joint.client.facts.chain[1]?.length, 40000)
})
