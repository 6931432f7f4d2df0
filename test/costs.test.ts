/**
 * What a handshake costs, counted where time cannot be: the objects of node:crypto, which cost microseconds each whatever
 * they do, hashes, and writes. A number that grows is a cost that came back.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import { ServerConnection } from '../lib/core/connection.ts'
import type { ConnectionSink } from '../lib/core/connection.ts'
import { CipherSuite } from '../lib/core/constants.ts'
import { configure } from '../lib/server/configuration.ts'
import { TestClient, pair, resuming } from './helpers/client/index.ts'
import { createAuthority } from './helpers/pki.ts'

const functions = [
  'createCipheriv', 'createDecipheriv', 'createHash', 'createHmac', 'createPublicKey', 'createSecretKey', 'diffieHellman', 'hash', 'randomBytes', 'sign'
] as const
type Counts = Partial<Record<typeof functions[number] | 'writes', number>>

let counts: Counts | null = null
for (const name of functions) countCalls(crypto as unknown as Record<string, Called>, name)
syncBuiltinESMExports()

const credential = createAuthority({ name: 'Test Root' }).issueServer()
const { configuration } = configure({ key: credential.keyPem, cert: credential.pem })

const sink: ConnectionSink = {
  onPlaintext () {},
  onConnected () {},
  onPeerClosed () {},
  onClientAuth () {},
  onFailed (error) { throw error }
}

/** Two tickets are sealed in a full handshake; in a resumption one is opened and one sealed. They have a cipher of their own. */
const once = { createPublicKey: 1, diffieHellman: 1, writes: 2 }

t.test('with ChaCha20-Poly1305 nothing but the tickets has a cipher object', async (t) => {
  const options = { cipherSuites: [CipherSuite.TLS_CHACHA20_POLY1305_SHA256] }
  t.strictSame(await full(options), { ...once, sign: 1, hash: 5, createCipheriv: 2 })
  t.strictSame(await resumption(options), { ...once, hash: 4, createHash: 1, createCipheriv: 1, createDecipheriv: 1 })
})

t.test('with AES-GCM there is a key for each epoch and direction, and a cipher object for each record', async (t) => {
  const options = { cipherSuites: [CipherSuite.TLS_AES_128_GCM_SHA256] }
  t.strictSame(await full(options), { ...once, sign: 1, hash: 5, createSecretKey: 4, createCipheriv: 4, createDecipheriv: 1 })
})

async function full (options: { cipherSuites: number[] }): Promise<Counts> {
  await handshake(new TestClient(clientOptions(options)))
  return await handshake(new TestClient(clientOptions(options)))
}

async function resumption (options: { cipherSuites: number[] }): Promise<Counts> {
  const client = new TestClient(clientOptions(options))
  await handshake(client)
  return await handshake(resuming(client, clientOptions(options)))
}

function clientOptions ({ cipherSuites }: { cipherSuites: number[] }): ConstructorParameters<typeof TestClient>[0] {
  return { cipherSuites, groups: [0x001d], verifyServer: false }
}

/** @returns what the server's side of it called */
async function handshake (client: TestClient): Promise<Counts> {
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
  return { ...counted, writes: joint.wire.length }
}

type Called = (...args: unknown[]) => unknown

function countCalls (module: Record<string, Called>, name: keyof Counts): void {
  const original = module[name]!
  module[name] = (...args) => {
    if (counts !== null) counts[name] = (counts[name] ?? 0) + 1
    return original(...args)
  }
}
