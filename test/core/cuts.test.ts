/**
 * However a client's bytes are cut, packed or split over records, the result is the same. A conversation is recorded once,
 * with a server whose randomness repeats; then it is played in pieces to that server, and what it writes is compared.
 */
import t from 'tap'
import { concat, cut, encodeRecords, message, TestClient, toHex, TrafficKeys } from '../helpers/client/index.ts'
import type { RecordOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer, seeded } from '../helpers/server.ts'

const credential = clientCredential('ed25519')
let random = seeded('')
const server = createServer({ keyTypes: ['ed25519'], randomBytes: (length) => random(length), configuration: { requestCert: true } })

interface Outcome { wire: string, plaintext: string, log: string }

/** Plays bytes to a fresh connection: `before the request` pieces, then a post-handshake request, then the others. */
function play (pieces: readonly Uint8Array[], answer: readonly Uint8Array[] = []): Outcome {
  random = seeded('cuts')
  const accepted = server.accept()
  const { connection } = accepted
  const wire: string[] = []
  const deliver = (piece: Uint8Array): void => {
    connection.receive(Buffer.from(piece))
    wire.push(toHex(connection.takeOutput() ?? new Uint8Array(0)))
  }
  pieces.forEach(deliver)
  if (answer.length > 0) {
    connection.requestClientCertificate({ failIfNoCertificate: true, rejectUnauthorized: true })
    answer.forEach(deliver)
  }
  return { wire: wire.join(''), plaintext: accepted.plaintext, log: accepted.log.join() }
}

function record () {
  random = seeded('cuts')
  const joint = server.pair(new TestClient({ postHandshakeAuth: true, randomBytes: seeded('client') }))
  const { client } = joint
  const hello = client.clientHello()
  joint.deliver(hello)
  const messages = concat(...client.flight2Messages({ credential }))
  const second = client.flight2({ credential })
  joint.deliver(second)
  joint.connection.requestClientCertificate({ failIfNoCertificate: true, rejectUnauthorized: true })
  joint.flush()
  const answer = concat(...client.answer(client.requests[0]!, { credential }))
  const rest = concat(client.data('one '), client.keyUpdate(1), client.data('two'), client.closeNotify())
  return { hello, helloMessage: client.helloMessage, messages, second, answer, rest, schedule: client.schedule }
}

const script = record()
const expected = play([script.hello, script.second, script.rest])
const answered = play([script.hello, script.second], [sealed('clientApplication', script.answer)])

/** The client's messages under its keys, in other records than it used. */
function sealed (secret: 'clientHandshake' | 'clientApplication', messages: Uint8Array, options: RecordOptions = {}): Uint8Array {
  return encodeRecords(new TrafficKeys(script.schedule.suite, script.schedule[secret]), 22, messages, options)
}

/** @returns the offsets at which the outcome is not the expected one */
function offsets (length: number, outcome: (at: number) => Outcome, same: Outcome = expected): number[] {
  const different: number[] = []
  for (let at = 1; at < length; at++) {
    const { wire, plaintext, log } = outcome(at)
    if (wire !== same.wire || plaintext !== same.plaintext || log !== same.log) different.push(at)
  }
  return different
}

t.test('the conversation as it should be', async (t) => {
  t.equal(expected.log, 'connected,plaintext,peerClosed')
  t.equal(expected.plaintext, 'one two')
  t.equal(answered.log, 'connected,clientAuth')
})

t.test('one byte at a time', async (t) => {
  const bytes = concat(script.hello, script.second, script.rest)
  t.same(play([...bytes].map((byte) => Uint8Array.of(byte))), expected)
})

t.test('the ClientHello cut in two at every byte', async (t) => {
  t.same(offsets(script.hello.length, (at) => play([...cut(script.hello, at), script.second, script.rest])), [])
})

t.test('the second flight cut in two at every byte', async (t) => {
  t.same(offsets(script.second.length, (at) => play([script.hello, ...cut(script.second, at), script.rest])), [])
})

t.test('application data, KeyUpdate and close_notify cut in two at every byte', async (t) => {
  t.same(offsets(script.rest.length, (at) => play([script.hello, script.second, ...cut(script.rest, at)])), [])
})

t.test('the second flight and all that follows in one delivery', async (t) => {
  t.same(play([script.hello, concat(script.second, script.rest)]), expected)
})

t.test('the ClientHello split over two records at every byte', async (t) => {
  const { helloMessage } = script
  t.same(offsets(helloMessage.length, (at) => play([encodeRecords(null, 22, helloMessage, { split: [at] }), script.second, script.rest])), [])
})

t.test('the second flight split over records at every byte', async (t) => {
  const { messages } = script
  t.same(offsets(messages.length, (at) => play([script.hello, sealed('clientHandshake', messages, { split: [at] }), script.rest])), [])
})

t.test('the answer to a post-handshake request split over records at every byte', async (t) => {
  const { answer } = script
  t.same(offsets(answer.length, (at) => play([script.hello, script.second], [sealed('clientApplication', answer, { split: [at] })]), answered), [])
})

t.test('one byte a record, and padding up to the limit', async (t) => {
  const every = (bytes: Uint8Array): number[] => Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)
  const hello = encodeRecords(null, 22, script.helloMessage, { split: every(script.helloMessage) })
  t.same(play([hello, sealed('clientHandshake', script.messages, { split: every(script.messages) }), script.rest]), expected)
  const padding = 16384 - script.messages.length
  t.same(play([script.hello, sealed('clientHandshake', script.messages, { padding }), script.rest]), expected)
})

t.test('a ClientHello in no record of its own: what follows it in the record is refused', async (t) => {
  const { wire } = play([encodeRecords(null, 22, concat(script.helloMessage, message(11, [])))])
  t.equal(wire, '1503030002020a')
})
