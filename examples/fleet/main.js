/**
 * Two servers that accept each other's tickets, and a Redis of their own: `npm run build && node examples/fleet/main.js`.
 * Then `node examples/fleet/resume.js`, in another terminal, goes from one to the other. REDIS=redis://… uses a Redis that
 * is there.
 */
import { fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { developmentCertificates } from '../certificates.js'

const children = []
developmentCertificates() // made here, so that the servers do not both make them

const redis = process.env.REDIS ?? await startRedis()
// The ticket keys lie in Redis encrypted under this; in earnest it comes to every server in the way of the private key.
const secret = randomBytes(48).toString('base64')
for (const port of [8443, 8444]) start(fork(fileURLToPath(new URL('server.js', import.meta.url)), { env: { ...process.env, PORT: port, REDIS: redis, SECRET: secret } }))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)

/** @returns what ioredis calls a path: a socket in a folder that goes when the process does */
async function startRedis () {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'redis.sock')
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  server.once('error', () => {
    console.error('\n  There is no redis-server here: apt-get install redis-server, or brew install redis, or REDIS=redis://host:6379\n')
    process.exit(1)
  })
  start(server)
  await new Promise((resolve) => server.stdout.on('data', (text) => { if (/ready to accept connections/i.test(text)) resolve() }))
  console.log(`\n  Redis is process ${server.pid}: the servers do without it, too, if you end it.\n`)
  return path
}

function start (child) {
  children.push(child)
}

async function stop () {
  for (const child of children) child.kill()
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')))
}
