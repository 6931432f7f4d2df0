/**
 * Everything together, started by `npm start`: a page that shows what its own connection negotiated, a route that
 * asks for a client certificate, and the metrics.
 */
import Fastify from 'fastify'
import prometheus from 'prom-client'
import tls13 from 'fastify-tls13'
import { developmentCertificates } from './certificates.js'
import { page } from './page.js'

const { ca, caPath, server, client } = developmentCertificates()

const app = Fastify({ logger: { level: 'warn' }, https: {} })
await app.register(tls13, {
  key: server.key,
  cert: server.cert,
  ca,
  numTickets: 2,
  metrics: { client: prometheus }
})

app.get('/', async (request, reply) => answer(request, reply, 'This connection'))

app.get('/private', { config: { tls: { clientCertificate: 'require' } } }, async (request, reply) => {
  return answer(request, reply, 'This connection, with your certificate')
})

app.get('/metrics', async (request, reply) => {
  reply.type(prometheus.register.contentType)
  return prometheus.register.metrics()
})

await app.listen({ port: Number(process.env.PORT ?? 8443) })
console.log(instructions())
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())

/** A page for a browser, JSON for everything else. */
function answer (request, reply, title) {
  const facts = connectionFacts(request)
  if (request.headers.accept?.includes('text/html')) return reply.type('text/html; charset=utf-8').send(page(title, facts))
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(facts, null, 2) + '\n')
}

function connectionFacts ({ tls }) {
  return {
    protocol: tls.protocol,
    cipher: tls.cipher,
    group: tls.group,
    serverName: tls.servername,
    alpnProtocol: tls.alpnProtocol,
    resumed: tls.resumed,
    numTickets: tls.numTickets,
    ticketsSent: tls.ticketsSent,
    postHandshakeAuth: tls.postHandshakeAuth,
    clientCertificate: tls.peerCertificate?.subject ?? null,
    authorized: tls.authorized
  }
}

function instructions () {
  const curl = `curl --cacert ${caPath}`
  const site = `https://localhost:${app.server.address().port}`
  return `
fastify-tls13 is listening on ${site}

What this connection negotiated (the same address in a browser shows a page):
  ${curl} ${site}/

A route that asks for a client certificate, without one (403) and with one:
  ${curl} ${site}/private
  ${curl} --cert ${client.certPath} --key ${client.keyPath} ${site}/private

What Prometheus reads:
  ${curl} ${site}/metrics

Stop with Ctrl+C.
`
}
