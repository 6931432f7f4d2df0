/** One process of several that share what lies in one Redis; started by store-fleet.ts. */
import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import * as prometheus from 'prom-client'
import tls13, { redisSessionStore } from '../../index.ts'
import type { Tls13Options } from '../../index.ts'
import { redisClient } from './redis-client.ts'
import type { Counts, Setup, Told } from './store-fleet.ts'

process.on('disconnect', () => process.exit()) // whoever started it is gone
const { client, path, key, cert, secret } = JSON.parse(process.argv[2]!) as Setup
let served = 0
let unhandled = 0
process.on('unhandledRejection', () => { unhandled++ })

const register = new prometheus.Registry()
const app = Fastify({ https: {}, forceCloseConnections: true })
await app.register(tls13, { key, cert, metrics: { client: prometheus, register }, ...shared() })
app.get('/', { config: { tls: { earlyData: true } } }, async ({ tls: { resumed, earlyData } }) => {
  served++
  return { resumed, earlyData, done: true }
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.on('message', async () => { process.send!(await told()) })
process.send!((app.server.address() as AddressInfo).port)

function shared (): Tls13Options {
  const store = redisSessionStore(redisClient(client, path))
  if (secret === undefined) return { sessionStore: store }
  // As long as a busy machine may take: who is not told that a ClientHello is a replay cannot count it as one.
  return { ticketKeys: Buffer.from(secret, 'hex'), maxEarlyData: 16_384, antiReplay: store, sessionStoreTimeout: 2000 }
}

/** What metrics say. */
async function told (): Promise<Told> {
  return {
    redeemed: await counts('tls_session_ticket_redemptions_total', 'result'),
    operations: await counts('tls_session_store_operations_total', 'operation', 'result'),
    earlyData: await counts('tls_early_data_total', 'result'),
    served,
    unhandled
  }
}

async function counts (name: string, ...labelNames: string[]): Promise<Counts> {
  const { values } = await register.getSingleMetric(name)!.get()
  return Object.fromEntries(values.map(({ labels, value }) => [labelNames.map((label) => labels[label]).join(' '), value]))
}
