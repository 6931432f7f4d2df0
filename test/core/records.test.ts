/** The record layer (RFC 8446 §5): lengths, types, padding, empty records, change_cipher_spec, interleaving. */
import t from 'tap'
import { changeCipherSpec, concat, encodeRecords, flip, hex, message, u16 } from '../helpers/client/index.ts'
import type { JointPair } from '../helpers/server.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import { alertOf, alerts } from './support.ts'

const { unexpected_message: unexpectedMessage, record_overflow: recordOverflow, bad_record_mac: badRecordMac } = alerts

function connected (): JointPair {
  return createServer().pair().handshake()
}

function helloSent (): JointPair {
  const joint = createServer().pair()
  joint.deliver(joint.client.clientHello())
  return joint
}

/** What a fresh connection says to bytes. */
function first (bytes: Uint8Array): number | null {
  const joint = createServer().pair()
  joint.deliver(bytes)
  return alertOf(joint)
}

t.test('what is not TLS', async (t) => {
  t.equal(first(Buffer.from('GET / HTTP/1.1\r\n')), unexpectedMessage)
  t.equal(first(hex('802e0100020015000000100700c0030080')), unexpectedMessage, 'SSLv2')
  for (const type of [0, 1, 19, 25, 64, 255]) t.equal(first(concat([type, 3, 1], u16(4), [1, 0, 0, 0])), unexpectedMessage)
  t.equal(first(concat([22, 2, 1], u16(4), [1, 0, 0, 0])), unexpectedMessage)
  const server = createServer()
  const joint = server.pair()
  joint.deliver(Buffer.from('GET / HTTP/1.1\r\n'))
  t.same(server.of('handshakeFailed'), [['failure', 'not_tls']])
  t.equal(joint.accepted.failure?.code, 'TLS13_NOT_TLS')
})

t.test('legacy_record_version is ignored', async (t) => {
  for (const version of [0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03ff]) {
    const joint = createServer().pair()
    joint.deliver(joint.client.clientHello({}, { version }))
    joint.deliver(joint.client.flight2())
    t.equal(joint.connection.connected, true)
  }
})

t.test('plaintext records of more than 2^14 bytes', async (t) => {
  t.equal(first(concat([22, 3, 1], u16(16385))), recordOverflow)
  t.equal(first(concat([22, 3, 1], u16(65535))), recordOverflow)
  t.equal(first(concat([21, 3, 1], u16(16385))), recordOverflow)
})

t.test('protected records: 2^14 of content is the limit, and 2^14 + 256 on the wire', async (t) => {
  const full = connected()
  full.deliver(full.client.data(new Uint8Array(16384).fill(65)))
  t.equal(full.accepted.plaintext.length, 16384)
  const padded = connected()
  padded.deliver(padded.client.data(new Uint8Array(100).fill(65), { padding: 16284 }))
  t.equal(padded.accepted.plaintext.length, 100)
  const over = connected()
  over.deliver(over.client.write!.seal(concat(new Uint8Array(16385).fill(65), [23])))
  t.equal(alertOf(over), recordOverflow)
  const overPadded = connected()
  overPadded.deliver(overPadded.client.data('a', { padding: 16384 }))
  t.equal(alertOf(overPadded), recordOverflow)
  const wire = connected()
  wire.deliver(concat([23, 3, 3], u16(16384 + 257)))
  t.equal(alertOf(wire), recordOverflow)
  const within = connected()
  within.deliver(concat([23, 3, 3], u16(16384 + 256), new Uint8Array(16384 + 256)))
  t.equal(alertOf(within), badRecordMac)
})

t.test('padding of every sort', async (t) => {
  const joint = connected()
  for (const padding of [0, 1, 2, 255, 256, 1000]) joint.deliver(joint.client.data('x', { padding }))
  t.equal(joint.accepted.plaintext, 'xxxxxx')
})

t.test('no content type: all zeros, or nothing', async (t) => {
  for (const inner of [new Uint8Array(0), new Uint8Array(1), new Uint8Array(16385)]) {
    const joint = connected()
    joint.deliver(joint.client.write!.seal(inner))
    t.equal(alertOf(joint), unexpectedMessage)
  }
})

t.test('inner content types that are none', async (t) => {
  for (const type of [1, 19, 20, 24, 255]) {
    const joint = connected()
    joint.deliver(joint.client.records(type, Uint8Array.of(1)))
    t.equal(alertOf(joint), unexpectedMessage, `type ${type}`)
  }
})

t.test('a record that was changed, is too short, is repeated or is left out', async (t) => {
  const connections: Array<(joint: JointPair) => Uint8Array> = [
    ({ client }) => flip(client.data('hello'), 5),
    ({ client }) => flip(client.data('hello'), -1),
    ({ client }) => flip(client.data('hello'), 12),
    () => concat([23, 3, 3], u16(0)),
    () => concat([23, 3, 3], u16(16), new Uint8Array(16)),
    ({ client }) => { const record = client.data('hello'); return concat(record, record) },
    ({ client }) => { client.data('lost'); return client.data('hello') }
  ]
  for (const bytes of connections) {
    const joint = connected()
    joint.deliver(bytes(joint))
    t.equal(alertOf(joint), badRecordMac)
  }
})

t.test('legacy_record_version of a protected record is not what was sealed', async (t) => {
  const joint = connected()
  const record = joint.client.data('hello')
  record[2] = 1
  joint.deliver(record)
  // RFC 8446 §5.2: additional_data is the header; ours is always 0x0303.
  t.equal(alertOf(joint), null)
  t.equal(joint.accepted.plaintext, 'hello')
})

t.test('empty application data: now and then, not for ever', async (t) => {
  const joint = connected()
  for (let round = 0; round < 5; round++) {
    for (let count = 0; count < 30; count++) joint.deliver(joint.client.data(''))
    joint.deliver(joint.client.data('x'))
  }
  t.equal(joint.accepted.plaintext, 'xxxxx')
  for (let count = 0; count < 32; count++) joint.deliver(joint.client.data('', { padding: 1 }))
  t.equal(alertOf(joint), null)
  joint.deliver(joint.client.data(''))
  t.equal(alertOf(joint), unexpectedMessage)
})

t.test('empty handshake and alert records', async (t) => {
  t.equal(first(concat([22, 3, 1], u16(0))), unexpectedMessage)
  t.equal(first(concat([21, 3, 1], u16(0))), unexpectedMessage)
  for (const type of [21, 22]) {
    const joint = connected()
    joint.deliver(joint.client.records(type, new Uint8Array(0)))
    t.equal(alertOf(joint), unexpectedMessage)
  }
  const inside = helloSent()
  inside.deliver(inside.client.flight2({}, { split: [5, 5] }))
  t.equal(alertOf(inside), unexpectedMessage)
})

t.test('change_cipher_spec: between the first ClientHello and Finished, one byte, in the clear', async (t) => {
  t.equal(first(changeCipherSpec), unexpectedMessage, 'before ClientHello')
  const between = helloSent()
  between.deliver(changeCipherSpec, between.client.flight2())
  t.equal(between.connection.connected, true)
  const after = connected()
  after.deliver(changeCipherSpec)
  t.equal(alertOf(after), unexpectedMessage, 'after Finished')
  for (const body of [hex('02'), hex('00'), hex('0101'), hex('')]) {
    const wrong = helloSent()
    wrong.deliver(concat([20, 3, 3], u16(body.length), body))
    t.equal(alertOf(wrong), unexpectedMessage)
  }
  const sealed = helloSent()
  sealed.deliver(sealed.client.records(20, Uint8Array.of(1)))
  t.equal(alertOf(sealed), unexpectedMessage, 'protected')
  const inside = createServer().pair()
  const [start, end] = split(inside.client.clientHello({}, { split: [50] }))
  inside.deliver(concat(start!, changeCipherSpec, end!))
  t.equal(alertOf(inside), unexpectedMessage, 'inside the ClientHello')
  const flood = helloSent()
  for (let count = 0; count < 40; count++) flood.deliver(changeCipherSpec)
  t.equal(alertOf(flood), unexpectedMessage, 'without end')
})

t.test('change_cipher_spec between Certificate and Finished', async (t) => {
  const joint = createServer({ configuration: { requestCert: true } }).pair()
  joint.deliver(joint.client.clientHello())
  const lengths = joint.client.flight2Messages({ credential: clientCredential() }).map((part) => part.length)
  const [certificate, rest] = split(joint.client.flight2({ credential: clientCredential() }, { split: [lengths[0]!] }))
  joint.deliver(certificate!, changeCipherSpec, rest!)
  // ECDSA is not deterministic: the flight that was measured is not the one that was sent, but its Certificate is.
  t.equal(joint.connection.connected, true)
})

t.test('other records between the parts of a handshake message', async (t) => {
  const joint = connected()
  joint.deliver(joint.client.handshake(hex('18000001'), {}))
  joint.deliver(joint.client.data('x'))
  t.equal(alertOf(joint), unexpectedMessage)
  t.equal(joint.accepted.plaintext, '')
  const alert = connected()
  alert.deliver(alert.client.handshake(hex('180000')), alert.client.closeNotify())
  t.equal(alertOf(alert), unexpectedMessage)
})

t.test('records in the clear once there are keys', async (t) => {
  const handshake = helloSent()
  handshake.deliver(encodeRecords(null, 22, concat(...handshake.client.flight2Messages())))
  t.equal(alertOf(handshake), unexpectedMessage, 'Finished')
  const later = connected()
  later.deliver(encodeRecords(null, 22, message(24, [0])))
  t.equal(alertOf(later), unexpectedMessage, 'KeyUpdate')
  for (const description of [0, 10, 90]) {
    const alert = connected()
    alert.deliver(encodeRecords(null, 21, Uint8Array.of(1, description)))
    t.equal(alertOf(alert), unexpectedMessage, `alert ${description} right after Finished: anybody can write that`)
    t.equal(alert.connection.peerClosed, false)
    const updated = connected()
    updated.deliver(updated.client.data('x'), updated.client.keyUpdate())
    updated.deliver(encodeRecords(null, 21, Uint8Array.of(1, description)))
    t.equal(alertOf(updated), unexpectedMessage, `alert ${description} right after a KeyUpdate`)
    const used = connected()
    used.deliver(used.client.data('x'), encodeRecords(null, 21, Uint8Array.of(1, description)))
    t.equal(alertOf(used), unexpectedMessage, `alert ${description} after data`)
  }
})

t.test('an alert in the clear from a client that could not read our flight', async (t) => {
  const joint = helloSent()
  joint.deliver(encodeRecords(null, 21, Uint8Array.of(2, 50)))
  t.equal(joint.accepted.failure?.code, 'TLS13_PEER_ALERT')
  t.equal(joint.accepted.failure?.alertName, 'decode_error')
})

t.test('handshake messages too long for their kind are refused by their header', async (t) => {
  t.equal(first(encodeRecords(null, 22, hex('01ffffff'))), alerts.decode_error)
  t.equal(first(encodeRecords(null, 22, hex('01020145'))), alerts.decode_error)
  t.equal(first(encodeRecords(null, 22, hex('01020144'))), null, 'what the vectors of a ClientHello allow')
  t.equal(first(encodeRecords(null, 22, hex('0100'))), null)
  for (const header of ['14004001', '18ffffff', '0f004001', '0b019001']) {
    const joint = connected()
    joint.deliver(joint.client.handshake(hex(header)))
    t.equal(alertOf(joint), alerts.decode_error)
  }
})

function contentLengths (joint: JointPair): number[] {
  return joint.client.received.filter((record) => record.type === 23).map((record) => record.content.length)
}

t.test('data is cut into records of 2^14 bytes, and an empty chunk makes none', async (t) => {
  const joint = createServer({ configuration: { dynamicRecordSizes: false } }).pair().handshake()
  joint.connection.send([new Uint8Array(0)])
  joint.connection.send([])
  t.equal(joint.connection.takeOutput(), null)
  joint.connection.send([new Uint8Array(16384).fill(1), new Uint8Array(0), new Uint8Array(1).fill(2), new Uint8Array(20000).fill(3)])
  joint.flush()
  t.same(contentLengths(joint), [16384, 16384, 3617])
  t.equal(joint.client.plaintext.length, 36385)
  t.equal(joint.client.plaintext[16384], 2)
})

t.test('the first records of a connection fit into a packet each, and grow, whatever they are written with', async (t) => {
  const packet = 1186
  const joint = connected()
  joint.connection.send([new Uint8Array(10)])
  joint.connection.send([new Uint8Array(2 * packet), new Uint8Array(3 * packet + 1)])
  joint.flush()
  t.same(contentLengths(joint), [10, 2 * packet, 3 * packet, 1])
  joint.connection.updateKeys(false)
  joint.connection.send([new Uint8Array(200_000)])
  joint.flush()
  const grown = contentLengths(joint).slice(4)
  t.same(grown.slice(0, 10), [...Array.from({ length: 9 }, (_, n) => (n + 5) * packet), 16384])
  t.ok(grown.slice(10, -1).every((length) => length === 16384))
  t.equal(joint.client.plaintext.length, 10 + 5 * packet + 1 + 200_000)
})

t.test('handshake messages do not grow, nor do they count', async (t) => {
  const joint = connected()
  joint.connection.sendTickets(5)
  joint.connection.send([new Uint8Array(2000)])
  joint.flush()
  t.same(contentLengths(joint), [1186, 814])
})

t.test('a key is renewed by us before its limit (§5.5)', async (t) => {
  const cipherSuites = createServer().configuration.cipherSuites.map((suite) => ({ ...suite, recordLimit: 20 }))
  const joint = createServer({ configuration: { cipherSuites } }).pair().handshake()
  for (let count = 0; count < 100; count++) {
    joint.connection.send([Uint8Array.of(count)])
    joint.flush()
  }
  t.equal(joint.client.plaintext.length, 100)
  t.ok(joint.client.incoming.keyUpdates.length >= 5)
})

/** Two records apart. */
function split (bytes: Uint8Array): Uint8Array[] {
  const length = 5 + bytes[3]! * 256 + bytes[4]!
  return [bytes.slice(0, length), bytes.slice(length)]
}
