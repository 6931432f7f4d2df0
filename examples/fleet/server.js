/** One server of the fleet; `main.js` starts it. */
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import tls13, { redisTicketKeys } from 'fastify-tls13'
import { developmentCertificates } from '../certificates.js'

const { server } = developmentCertificates()
const { PORT, REDIS, SECRET } = process.env

const redis = new Redis(REDIS)
redis.on('error', (error) => app.log.warn(`Redis: ${error.message}`))

const app = Fastify({ logger: { level: 'warn' }, https: {} })
await app.register(tls13, {
  key: server.key,
  cert: server.cert,
  ticketKeys: redisTicketKeys(redis, { secret: Buffer.from(SECRET, 'base64') })
})

app.get('/', async (request) => ({ process: process.pid, resumed: request.tls.resumed }))
app.addHook('onClose', async () => { redis.disconnect() })

await app.listen({ port: Number(PORT) })
console.log(`  process ${process.pid} serves https://localhost:${PORT}`)
process.once('SIGTERM', () => app.close())
