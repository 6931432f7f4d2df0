/** One process of several that keep their sessions in one Redis; started by store-fleet.ts. */
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import tls13, { redisSessionStore, serverFactory } from '../../index.ts'
import type { Setup, Told } from './store-fleet.ts'

process.on('disconnect', () => process.exit()) // whoever started it is gone
const { client, redisPort, key, cert } = JSON.parse(process.argv[2]!) as Setup
const told: Told = { redeemed: {}, operations: {}, unhandled: 0 }
const count = (counts: Record<string, number>, name: string): void => { counts[name] = (counts[name] ?? 0) + 1 }
process.on('unhandledRejection', () => { told.unhandled++ })

const app = Fastify({
  https: {},
  forceCloseConnections: true,
  serverFactory: serverFactory({
    key,
    cert,
    metrics: false,
    sessionStore: redisSessionStore(await connectRedis()),
    observer: {
      ticketRedeemed: (result) => { count(told.redeemed, result) },
      storeOperationCompleted: ({ operation, result }) => { count(told.operations, `${operation} ${result}`) }
    }
  })
})
await app.register(tls13)
app.get('/', async (request) => ({ resumed: request.tls.resumed, done: true }))
await app.listen({ host: '127.0.0.1', port: 0 })
process.on('message', () => { process.send!(told) })
process.send!((app.server.address() as AddressInfo).port)

/** Their errors are the application's: here they are expected. */
async function connectRedis (): Promise<unknown> {
  if (client === 'ioredis') return new Redis({ host: '127.0.0.1', port: redisPort }).on('error', () => {})
  return createClient({ socket: { host: '127.0.0.1', port: redisPort } }).on('error', () => {}).connect()
}
