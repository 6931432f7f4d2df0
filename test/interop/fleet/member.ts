/**
 * One process of a fleet: a Fastify application whose clock can be put forward, alone or as a worker of `primary.ts`.
 * The environment variable FLEET says how it is made; it prints the port that it listens on.
 */
import cluster from 'node:cluster'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import * as prometheus from 'prom-client'
import { redisClient } from '../redis-client.ts'
import type { MemberOptions } from './options.ts'

// Before the plugin is loaded, which takes the clock as it is then.
const clock = Date.now
let ahead = 0
Date.now = () => clock() + ahead

const { default: tls13, redisTicketKeys } = await import('../../../index.ts')
type Options = import('../../../index.ts').Tls13Options

const { key, cert, ticketKeys, ticketKeyRotation } = JSON.parse(process.env.FLEET!) as MemberOptions

const register = new prometheus.Registry()
const app = Fastify({ https: {}, forceCloseConnections: true })
await app.register(tls13, { key, cert, ticketKeyRotation, ticketKeys: source(), metrics: { client: prometheus, register } })

app.get('/', async (request) => ({ resumed: request.tls.resumed, ...await numbers(), done: true }))
app.get('/rotate', async () => {
  app.tls.rotateTicketKeys()
  return { done: true }
})
app.get<{ Params: { seconds: string } }>('/ahead/:seconds', async (request) => {
  ahead += Number(request.params.seconds) * 1000
  return { done: true }
})

// Workers of a cluster would share one port.
await app.listen({ host: '127.0.0.1', port: 0, exclusive: true })
console.log(`listens on ${(app.server.address() as AddressInfo).port}.`)

// Whoever started it has gone.
if (cluster.isPrimary) process.stdin.resume().once('end', () => process.exit())

function source (): Options['ticketKeys'] {
  if (ticketKeys === undefined) return undefined
  if ('secret' in ticketKeys) return Buffer.from(ticketKeys.secret, 'hex')
  const { client, path, wrap } = ticketKeys
  return redisTicketKeys(redisClient(client, path), { pollInterval: 100, secret: wrap === undefined ? undefined : Buffer.from(wrap, 'hex') })
}

/** What metrics say of the ticket keys. */
async function numbers () {
  const [key] = await valuesOf('tls_session_ticket_key_issue_timestamp_seconds')
  const redemptions = await valuesOf('tls_session_ticket_redemptions_total')
  const operations = await valuesOf('tls_session_ticket_key_store_operations_total')
  return {
    source: key!.labels.source,
    issueFrom: key!.value,
    expired: redemptions.find(({ labels }) => labels.result === 'expired')!.value,
    storeErrors: operations.filter(({ labels }) => labels.result === 'error').reduce((sum, { value }) => sum + value, 0)
  }
}

async function valuesOf (name: string) {
  return (await register.getSingleMetric(name)!.get()).values
}
