/**
 * The application that is measured: the same routes on node:https and on this package. The benchmark starts it in a
 * process of its own for each, because what one variant does to V8's inline caches is not the other's to pay for. It is
 * JavaScript, so that any Node loads it without a loader.
 *
 *     node bench/server.js '{"variant":"fastify-tls13","key":"server.key","cert":"server.pem","ca":"ca.pem"}'
 */
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify from 'fastify'

const { variant, key, cert, ca, sealWorkers } = JSON.parse(process.argv[2])

const app = variant === 'node:https' ? Fastify({ https: credentials(), ...options() }) : Fastify({ https: {}, ...options() })
if (variant !== 'node:https') {
  const { default: tls13 } = await import('fastify-tls13')
  await app.register(tls13, { ...credentials(), sealWorkers })
}

const connections = { total: 0, resumed: 0 }
app.server.on('secureConnection', (socket) => {
  connections.total++
  if (socket.isSessionReused()) connections.resumed++
})

addRoutes()
await app.listen({ port: 0, host: '127.0.0.1' })

const questions = { connections: () => connections, memory }
process.on('message', async (question) => process.send(await questions[question]()))
process.on('disconnect', () => process.exit())
process.send({ port: app.server.address().port })

function options () {
  // Idle connections stay, however long a busy machine takes to open them all.
  return { bodyLimit: 16 << 20, keepAliveTimeout: 600_000 }
}

function credentials () {
  return { key: readFileSync(key), cert: readFileSync(cert), ca: readFileSync(ca) }
}

function addRoutes () {
  const bodies = { '/64k': Buffer.alloc(64 << 10, 'x'), '/1m': Buffer.alloc(1 << 20, 'x') }
  app.get('/', async () => ({ hello: 'world' }))
  for (const [path, body] of Object.entries(bodies)) app.get(path, (request, reply) => reply.send(body))

  // Counted, not kept: what is measured is what arrives, not what is done with it.
  app.addContentTypeParser('application/octet-stream', (request, payload, done) => {
    let length = 0
    payload.on('data', (chunk) => { length += chunk.length })
    payload.on('end', () => done(null, { length }))
    payload.on('error', done)
  })
  app.post('/upload', async (request) => request.body)

  app.get('/private', { config: { tls: { clientCertificate: 'require' } } }, async () => ({ hello: 'world' }))
}

/** After garbage collection; needs `--expose-gc`. */
async function memory () {
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await turn()
  }
  return process.memoryUsage()
}
