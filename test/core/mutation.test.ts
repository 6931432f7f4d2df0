/**
 * Whatever bytes come, `receive` throws nothing: the connection goes on, or ends with an alert. Recorded conversations are
 * changed at random by a seed; FUZZ_SEED and FUZZ_ROUNDS make it another or longer.
 */
import t from 'tap'
import { createClientVerifier } from '../../lib/credentials/chain/verifier.ts'
import { concat, encodeRecords, resuming, TestClient, TrafficKeys } from '../helpers/client/index.ts'
import type { Random } from '../helpers/client/index.ts'
import { authority, clientCredential, createServer, seeded } from '../helpers/server.ts'
import type { Accepted } from '../helpers/server.ts'

const credential = clientCredential('ed25519')
const seed = process.env.FUZZ_SEED ?? 'fastify-tls13'
const rounds = Number(process.env.FUZZ_ROUNDS ?? 100)

let serverRandom = seeded('')
const server = createServer({
  keyTypes: ['ed25519'],
  randomBytes: (length) => serverRandom(length),
  context: { verifier: createClientVerifier({ trustAnchors: [authority().certificate], crls: [], now: () => Date.UTC(2026, 0) }) },
  configuration: { requestCert: true, alpnProtocols: ['http/1.1'] }
})

/** What a client says, record by record, and the content of those that are protected. */
interface Recording { readonly name: string, readonly parts: readonly Part[] }
interface Part { readonly keys: (() => TrafficKeys) | null, readonly type: number, readonly content: Uint8Array }

function recordings (): Recording[] {
  serverRandom = seeded('recording')
  const joint = server.pair(new TestClient({ postHandshakeAuth: true, serverName: 'localhost', alpnProtocols: ['http/1.1'], grease: true, ticketRequest: [1, 1], randomBytes: seeded('client') }))
  const { client } = joint
  joint.deliver(client.clientHello())
  const flight = concat(...client.flight2Messages({ credential }))
  joint.deliver(client.flight2({ credential }))
  const { suite, clientHandshake, clientApplication } = client.schedule
  const handshakeKeys = (): TrafficKeys => new TrafficKeys(suite, clientHandshake)
  const applicationKeys = (): TrafficKeys => new TrafficKeys(suite, clientApplication)
  const hello = { keys: null, type: 22, content: client.helloMessage }
  const second = { keys: handshakeKeys, type: 22, content: flight }
  const resumption = resuming(client, { randomBytes: seeded('resumption'), earlyData: true })
  resumption.clientHello()
  return [
    { name: 'hello', parts: [hello] },
    { name: 'resumption', parts: [{ keys: null, type: 22, content: resumption.helloMessage }] },
    { name: 'second flight', parts: [hello, second] },
    { name: 'KeyUpdate', parts: [hello, second, { keys: applicationKeys, type: 22, content: Uint8Array.of(24, 0, 0, 1, 1) }] },
    { name: 'alert', parts: [hello, second, { keys: applicationKeys, type: 21, content: Uint8Array.of(1, 0) }] },
    { name: 'data', parts: [hello, second, { keys: applicationKeys, type: 23, content: new Uint8Array(64).fill(65) }] }
  ]
}

/** Changes, cuts, repeats, inserts: one to four times. */
function mutate (bytes: Uint8Array, random: Random): Uint8Array {
  const number = (below: number): number => new DataView(random(4).buffer).getUint32(0) % Math.max(below, 1)
  const interesting = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff]
  let out: Uint8Array = bytes.slice()
  for (let count = number(4) + 1; count > 0; count--) {
    const at = number(out.length)
    switch (number(6)) {
      case 0: out[at] = random(1)[0]!; break
      case 1: out[at] = interesting[number(interesting.length)]!; break
      case 2: out[at] = out[at]! ^ (1 << number(8)); break
      case 3: out = concat(out.slice(0, at), random(number(20)), out.slice(at)); break
      case 4: out = concat(out.slice(0, at), out.slice(at + number(20) + 1)); break
      case 5: out = concat(out, out.slice(at, at + number(60))); break
    }
  }
  return out
}

/** Every whole part right, the last one as it is given. */
function play ({ parts }: Recording, last: Uint8Array): Accepted {
  serverRandom = seeded('recording')
  const accepted = server.accept()
  for (const { keys, type, content } of parts.slice(0, -1)) accepted.connection.receive(Buffer.from(encodeRecords(keys?.() ?? null, type, content)))
  accepted.connection.receive(Buffer.from(last))
  return accepted
}

/** @returns what is wrong with how the connection stands now, or null */
function fault ({ connection, failure, log }: Accepted): string | null {
  const output = connection.takeOutput()
  if (!connection.failed) return null
  if (failure === null || log.at(-1) !== 'failed') return 'the sink was not told'
  if (failure.code === 'TLS13_INTERNAL_ERROR') return `internal error: ${String((failure.cause as Error | undefined)?.stack)}`
  if (failure.origin === 'local' && output === null) return 'no alert'
  return connection.state === 'CLOSED' ? null : 'not closed'
}

for (const recording of recordings()) {
  t.test(`${recording.name}: as recorded`, async (t) => {
    const { keys, type, content } = recording.parts.at(-1)!
    const accepted = play(recording, encodeRecords(keys?.() ?? null, type, content))
    t.equal(accepted.connection.failed, false)
  })

  t.test(`${recording.name}: ${rounds} times changed on the wire, from the seed ${seed}`, async (t) => {
    const random = seeded(`${seed} wire ${recording.name}`)
    const { keys, type, content } = recording.parts.at(-1)!
    const faults: string[] = []
    for (let round = 0; round < rounds; round++) {
      const bytes = mutate(encodeRecords(keys?.() ?? null, type, content), random)
      const found = fault(play(recording, bytes))
      if (found !== null) faults.push(`${found}: ${Buffer.from(bytes).toString('hex')}`)
    }
    t.same(faults, [])
  })

  t.test(`${recording.name}: ${rounds} times changed inside its records, from the seed ${seed}`, async (t) => {
    const random = seeded(`${seed} content ${recording.name}`)
    const { keys, type, content } = recording.parts.at(-1)!
    const faults: string[] = []
    for (let round = 0; round < rounds; round++) {
      const changed = mutate(content, random)
      const found = fault(play(recording, encodeRecords(keys?.() ?? null, type, changed)))
      if (found !== null) faults.push(`${found}: ${Buffer.from(changed).toString('hex')}`)
    }
    t.same(faults, [])
  })
}

t.test(`noise, ${rounds} times`, async (t) => {
  const random = seeded(`${seed} noise`)
  const faults: string[] = []
  for (let round = 0; round < rounds; round++) {
    const accepted = server.accept()
    const bytes = random(4 + random(1)[0]!)
    if (round % 2 === 0) bytes.set([22, 3, 1, 0], 0)
    accepted.connection.receive(Buffer.from(bytes))
    const found = fault(accepted)
    if (found !== null) faults.push(found)
  }
  t.same(faults, [])
})
