/** The numbers of the TLS server in Prometheus: `npm run build && node examples/prometheus.js`. */
import Fastify from 'fastify'
import prometheus from 'prom-client'
import tls13 from 'fastify-tls13'
import { developmentCertificates } from './certificates.js'

const { server, caPath } = developmentCertificates()

const app = Fastify({ logger: true, https: {} })
await app.register(tls13, { key: server.key, cert: server.cert, metrics: { client: prometheus } })

app.get('/', async () => 'hello\n')

app.get('/metrics', async (request, reply) => {
  reply.type(prometheus.register.contentType)
  return prometheus.register.metrics()
})

const port = Number(process.env.PORT ?? 8443)
await app.listen({ port })
console.log(`\n  curl --cacert ${caPath} https://localhost:${port}/metrics\n`)
