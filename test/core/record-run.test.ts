/** Records whose numbers are taken first and that are sealed by somebody else. */
import t from 'tap'
import { RefusedError } from '../../lib/core/errors.ts'
import { layOut, sealRecords, type RecordRun } from '../../lib/core/record/record-run.ts'
import { createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'

const suites = { TLS_AES_128_GCM_SHA256: 0x1301, TLS_AES_256_GCM_SHA384: 0x1302, TLS_CHACHA20_POLY1305_SHA256: 0x1303 }
const text = Buffer.alloc(70_000, 'what is said in the run, ')

/** What somebody else does. */
function sealed (run: RecordRun | null, ...chunks: Uint8Array[]): Uint8Array {
  if (run === null) throw new Error('no run')
  const records = new Uint8Array(run.length)
  layOut(run, chunks, records)
  sealRecords(run.suite, run.keys, run.sequenceNumber, records)
  return records
}

/** @returns the bytes of content of each record of application data */
function received ({ client }: JointPair): number[] {
  return client.received.filter(({ type }) => type === 23).map(({ content }) => content.length)
}

function say (joint: JointPair, words: string): void {
  joint.connection.send([Buffer.from(words)])
}

for (const provider of ['node', 'noble'] as const) {
  for (const [name, suite] of Object.entries(suites)) {
    t.test(`${provider}, ${name}: the client reads what send would have sent, and it counts the same`, async (t) => {
      const [sending, reserving] = [0, 1].map(() => createServer({ provider })) as [TestServer, TestServer]
      const chunks = [text.subarray(0, 5), text.subarray(5, 30_000), text.subarray(30_000)]
      const sent = sending.pair({ cipherSuites: [suite] }).handshake()
      sent.connection.send(chunks)
      const output = sent.connection.takeOutput()!

      const reserved = reserving.pair({ cipherSuites: [suite] }).handshake()
      const { wireSent } = reserving.configuration.counters
      const run = reserved.connection.reserve(text.length)!
      t.equal(reserved.connection.takeOutput(), null)
      const records = sealed(run, ...chunks)
      reserved.client.receive(records)
      t.same(reserved.client.plaintext, text)
      t.equal(records.length, output.length)
      t.ok(run.keys.key.every((byte) => byte === 0) && run.keys.iv.every((byte) => byte === 0), 'the keys are wiped')
      const { recordsSent, plaintextSent } = sending.configuration.counters
      t.match(reserving.configuration.counters, { recordsSent, plaintextSent })
      t.equal(reserving.configuration.counters.wireSent - wireSent, output.length)
    })
  }
}

t.test('what is sent later comes behind it, under a new key too', async (t) => {
  const joint = createServer().pair().handshake()
  say(joint, 'before ')
  const before = joint.connection.takeOutput()!
  const first = joint.connection.reserve(text.length)
  say(joint, ' between ')
  joint.connection.updateKeys(true)
  joint.connection.sendTickets(1)
  const between = joint.connection.takeOutput()!
  const second = joint.connection.reserve(text.length)
  joint.connection.close()
  const after = joint.connection.takeOutput()!
  const lastRecords = sealed(second, text)
  for (const bytes of [before, sealed(first, text), between, lastRecords, after]) joint.client.receive(bytes)
  t.equal(Buffer.from(joint.client.plaintext).toString(), `before ${text} between ${text}`)
  t.equal(joint.client.alerts.at(-1)?.description, 0)
})

t.test('no record is larger than the client takes', async (t) => {
  const joint = createServer().pair({ recordSizeLimit: 100 }).handshake()
  const run = joint.connection.reserve(1000)
  joint.client.receive(sealed(run, text.subarray(0, 1000)))
  t.same(received(joint), [...Array.from({ length: 10 }, () => 99), 10])
  t.same(joint.client.plaintext, text.subarray(0, 1000))
})

t.test('records grow through it', async (t) => {
  const joint = createServer().pair().handshake()
  say(joint, 'the first')
  joint.flush()
  const run = joint.connection.reserve(5 * 1186)
  joint.client.receive(sealed(run, text.subarray(0, 5 * 1186)))
  joint.connection.send([text])
  joint.flush()
  t.same(received(joint).slice(0, 4), ['the first'.length, 2 * 1186, 3 * 1186, 4 * 1186])
})

t.test('there is none where the key is renewed in its middle (§5.5), and send does it', async (t) => {
  const cipherSuites = createServer().configuration.cipherSuites.map((suite) => ({ ...suite, recordLimit: 20 }))
  const joint = createServer({ configuration: { cipherSuites, numTickets: 0, dynamicRecordSizes: false } }).pair().handshake()
  const run = joint.connection.reserve(12 * 16_384)
  t.equal(joint.connection.reserve(1), null)
  joint.client.receive(sealed(run, Buffer.alloc(12 * 16_384)))
  t.equal(received(joint).length, 12)
  say(joint, 'goes on')
  joint.flush()
  t.equal(joint.client.incoming.keyUpdates.length, 1)
  t.equal(joint.client.plaintext.length, 12 * 16_384 + 7)
})

t.test('not before there are keys, nor after close', async (t) => {
  const joint = createServer().pair()
  t.throws(() => joint.connection.reserve(1), new RefusedError('HANDSHAKE_IN_PROGRESS', 'the handshake is not complete'))
  joint.handshake()
  joint.connection.close()
  t.throws(() => joint.connection.reserve(1), new RefusedError('CLOSED', 'the connection is closed'))
})

t.test('another content than it was made for is refused', async (t) => {
  const run = createServer().pair().handshake().connection.reserve(10)!
  for (const length of [9, 11]) t.throws(() => layOut(run, [new Uint8Array(length)], new Uint8Array(run.length)))
})
