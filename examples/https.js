/** The smallest server: `npm run build && node examples/https.js`. */
import Fastify from 'fastify'
import tls13 from 'fastify-tls13'
import { developmentCertificates } from './certificates.js'

const { server, caPath } = developmentCertificates()

const app = Fastify({ logger: true, https: {} })
await app.register(tls13, { key: server.key, cert: server.cert, numTickets: 2 })

app.get('/', async (request) => {
  const { protocol, cipher, group, resumed, ticketsSent } = request.tls
  return { protocol, cipher, group, resumed, ticketsSent }
})

const port = Number(process.env.PORT ?? 8443)
await app.listen({ port })
console.log(`\n  curl --cacert ${caPath} https://localhost:${port}/\n`)
