/**
 * What a handshake and a long response cost, counted where time cannot be: the objects of node:crypto, which cost microseconds each whatever
 * they do, hashes, writes, and arrays outside of V8's heap. A number that grows is a cost that came back.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import { ServerConnection } from '../lib/core/connection.ts'
import type { ConnectionSink } from '../lib/core/connection.ts'
import { CipherSuite } from '../lib/core/constants.ts'
import { giveOutputMemory } from '../lib/core/record/output-memory.ts'
import { takesEncodedKeys } from '../lib/crypto/node-shares.ts'
import { configure } from '../lib/server/configuration.ts'
import { TestClient, pair, resuming } from './helpers/client/index.ts'
import { createAuthority } from './helpers/pki.ts'

const functions = [
  'createCipheriv', 'createDecipheriv', 'createHash', 'createHmac', 'createPublicKey', 'createSecretKey', 'diffieHellman', 'generateKeyPair',
  'generateKeyPairSync', 'hash', 'randomBytes', 'sign'
] as const
type Counts = Partial<Record<typeof functions[number] | 'writes' | 'arrays', number>>

let counts: Counts | null = null
for (const name of functions) countCalls(crypto as unknown as Record<string, Called>, name)
syncBuiltinESMExports()
globalThis.Uint8Array = new Proxy(Uint8Array, { construct: countArrays })

/** With an intermediate, as from a public CA: that makes the flight a long record for AES-GCM. */
const intermediate = createAuthority({ name: 'Test Root' }).issueAuthority({ name: 'Test Intermediate' })
const credential = intermediate.issueServer()
const { configuration } = configure({ key: credential.keyPem, cert: credential.pem + intermediate.pem })

const sink: ConnectionSink = {
  onPlaintext () {},
  onConnected () {},
  onPeerClosed () {},
  onClientAuth () {},
  onFailed (error) { throw error }
}

/** Key pairs are made for several handshakes at a time, or not. */
let keyPairs = 0

const once = { ...(takesEncodedKeys() ? {} : { createPublicKey: 1 }), diffieHellman: 1, writes: 2 }

t.test('a key pair is made for each handshake, and at most three for those to come', async (t) => {
  const options = { cipherSuites: [CipherSuite.TLS_CHACHA20_POLY1305_SHA256] }
  const before = keyPairs
  for (let i = 0; i < 10; i++) await handshake(new TestClient(clientOptions(options)))
  t.ok(keyPairs - before >= 10)
  t.ok(keyPairs - before <= 13, String(keyPairs - before))
})

for (const suite of ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'] as const) {
  t.test(`with ${suite} neither the handshake's records nor the tickets have a cipher object`, async (t) => {
    const options = { cipherSuites: [CipherSuite[suite]] }
    t.strictSame(await full(options), { ...once, sign: 1, hash: 5 })
    t.strictSame(await resumption(options), { ...once, hash: 5 })
  })
}

for (const suite of ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'] as const) {
  t.test(`1 MiB of ${suite} makes an object for each record, which are 64 where they have grown, and no memory when it is written again`, async (t) => {
    const { cost, buffer } = await response([CipherSuite[suite]])
    t.strictSame(cost, { createCipheriv: 64 })
    t.equal((await response([CipherSuite[suite]])).buffer, buffer)
  })

  t.test(`16,000 bytes of ${suite}`, async (t) => {
    const { cost } = await response([CipherSuite[suite]], 16_000)
    t.strictSame(cost, suite === 'TLS_CHACHA20_POLY1305_SHA256' ? {} : { createCipheriv: 1 })
  })
}

/** What a response costs on a connection that had one of 1 MiB before, and the memory that it was sealed in. */
async function response (cipherSuites: number[], length = 2 ** 20): Promise<{ cost: Counts, buffer: ArrayBufferLike }> {
  const { connection } = await handshake(new TestClient(clientOptions({ cipherSuites })))
  connection.send([Buffer.alloc(2 ** 20)])
  giveOutputMemory(connection.takeOutput()!)
  const body = Buffer.alloc(length)
  const cost: Counts = counts = {}
  connection.send([body])
  const output = connection.takeOutput()!
  counts = null
  giveOutputMemory(output)
  return { cost, buffer: output.buffer }
}

async function full (options: { cipherSuites: number[] }): Promise<Counts> {
  await handshake(new TestClient(clientOptions(options)))
  return (await handshake(new TestClient(clientOptions(options)))).cost
}

async function resumption (options: { cipherSuites: number[] }): Promise<Counts> {
  const client = new TestClient(clientOptions(options))
  await handshake(client)
  return (await handshake(resuming(client, clientOptions(options)))).cost
}

function clientOptions ({ cipherSuites }: { cipherSuites: number[] }): ConstructorParameters<typeof TestClient>[0] {
  return { cipherSuites, groups: [0x001d], verifyServer: false }
}

/** @returns what the server's side of it called, and the connection */
async function handshake (client: TestClient): Promise<{ cost: Counts, connection: ServerConnection }> {
  const joint = pair(new ServerConnection(configuration, sink), client)
  const counted: Counts = {}
  const deliver = (bytes: Uint8Array): void => {
    counts = counted
    joint.connection.receive(Buffer.from(bytes))
    counts = null
    joint.flush()
  }
  deliver(client.clientHello())
  await joint.settle()
  deliver(client.flight2())
  if (!joint.connection.connected) throw new Error('the handshake is not complete')
  await new Promise((resolve) => setImmediate(resolve)) // the next handshake's turn
  const { generateKeyPairSync = 0, ...cost } = counted
  keyPairs += generateKeyPairSync
  return { cost: { ...cost, writes: joint.wire.length }, connection: joint.connection }
}

type Called = (...args: unknown[]) => unknown

/** An array of more than 64 bytes of its own is memory outside of V8's heap; a view is not. */
function countArrays (target: Uint8ArrayConstructor, args: readonly unknown[], newTarget: Function): Uint8Array {
  const made = Reflect.construct(target, args, newTarget) as Uint8Array
  if (counts !== null && args.length === 1 && !(args[0] instanceof ArrayBuffer) && made.length > 64) counts.arrays = (counts.arrays ?? 0) + 1
  return made
}

function countCalls (module: Record<string, Called>, name: keyof Counts): void {
  const original = module[name]!
  module[name] = (...args) => {
    if (counts !== null) counts[name] = (counts[name] ?? 0) + 1
    return original(...args)
  }
}
