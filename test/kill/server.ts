/**
 * The server that is attacked, a process of its own: it says its port, and what it holds when it is asked. It ends with
 * the one who started it.
 */
import { Readable } from 'node:stream'
import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import tls13 from '../../index.ts'
import type { Tls13Options } from '../../index.ts'

export interface Held {
  rss: number
  heapUsed: number
  /** Buffers, which are not on the heap. */
  external: number
  handshakes: number
  connections: number
  /** TCP connections since the start. */
  accepted: number
}

/** `hold`: what is held now; `settle`: what is held when all garbage is gone. */
export type Question = 'hold' | 'settle'

const { tls, connectionTimeout } = JSON.parse(process.argv[2]!) as { tls: Tls13Options, connectionTimeout: number }
const app = Fastify({ https: {}, connectionTimeout, keepAliveTimeout: 1000 })
await app.register(tls13, tls)

app.get('/', async () => 'served')
app.get('/secret', { config: { tls: { clientCertificate: 'require' } } }, async () => 'secret')
app.get('/large', async (_request, reply) => reply.type('application/octet-stream').send(Readable.from(chunks(2 ** 28))))

function * chunks (length: number): Generator<Buffer> {
  for (let sent = 0; sent < length; sent += 2 ** 16) yield Buffer.alloc(2 ** 16, sent)
}

let accepted = 0
app.server.on('connection', () => accepted++)

function held (): Held {
  const { rss, heapUsed, external } = process.memoryUsage()
  const { handshakesInProgress, connections } = app.tls.counters
  return { rss, heapUsed, external, handshakes: handshakesInProgress, connections, accepted }
}

process.on('message', (question: Question) => {
  if (question === 'settle') {
    globalThis.gc!()
    globalThis.gc!()
  }
  process.send!(held())
})
process.on('disconnect', () => process.exit())

await app.listen({ host: '127.0.0.1', port: 0 })
process.send!((app.server.address() as AddressInfo).port)
