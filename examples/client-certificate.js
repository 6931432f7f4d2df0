/** One route of a public server asks for a client certificate: `npm run build && node examples/client-certificate.js`. */
import Fastify from 'fastify'
import tls13 from 'fastify-tls13'
import { developmentCertificates } from './certificates.js'

const { ca, caPath, server, client } = developmentCertificates()

const app = Fastify({ logger: true, https: {} })
await app.register(tls13, { key: server.key, cert: server.cert, ca })

app.get('/', async () => 'everybody is welcome\n')

// declared: the certificate is there, and authorized, before the handler runs
app.get('/private', { config: { tls: { clientCertificate: 'require', numTickets: 1 } } }, async (request) => {
  return `hello ${request.tls.peerCertificate.subject}\n`
})

// by hand: ask only when the request turns out to need it
app.get('/orders/:amount', async (request) => {
  if (Number(request.params.amount) < 100) return 'accepted\n'
  const peer = await request.tls.requestClientCertificate({ required: true })
  return `accepted, signed by ${peer.subject}\n`
})

const port = Number(process.env.PORT ?? 8443)
await app.listen({ port })
const curl = `curl --cacert ${caPath}`
const withCertificate = `${curl} --cert ${client.certPath} --key ${client.keyPath}`
console.log(`
  ${curl} https://localhost:${port}/
  ${curl} https://localhost:${port}/private
  ${withCertificate} https://localhost:${port}/private
  ${withCertificate} https://localhost:${port}/orders/100
`)
