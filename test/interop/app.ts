/** A Fastify application on this plugin, and the certificates and clients' files that go with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import tls13, { serverFactory } from '../../index.ts'
import type { Observer } from '../../types/observer.ts'
import type { Tls13Options } from '../../types/options.ts'
import { createAuthority } from '../helpers/pki.ts'
import type { Credential, KeyType } from '../helpers/pki.ts'

/** What every route answers: the connection as the application sees it. */
export interface Answer {
  resumed: boolean
  /** Did the request come in early data, and was the handshake complete when it was served? */
  earlyData: boolean
  handshakeComplete: boolean
  /** The subject of the client's certificate, `CN=alice`. */
  peer: string | null
  authorized: boolean
  ticketsSent: number
  cipher: string
  group: string
  servername: string | null
  alpn: string | null
  /** Bytes of the request's body. */
  received: number
  /** Keying material for the label `EXPORTER-test`, in hexadecimal. */
  exported: string
  /** Always last, so that a client that sees bytes knows where the answer ends. */
  done: true
}

/** Ends an answer, of success or of failure, in what a client prints. */
export const answerEnd = /"done":true\}|"statusCode":\d+,.*\}/

export interface App {
  readonly app: FastifyInstance
  readonly port: number
  readonly url: string
  readonly journal: Journal
  /** SSLKEYLOGFILE lines. */
  readonly keyLog: string[]
}

export const root = createAuthority({ name: 'Test Root' })
const otherRoot = createAuthority({ name: 'Other Root' })

/** Files as clients want them; they go when the process does. */
const folder = mkdtempSync(join(tmpdir(), 'fastify-tls13-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

export const files = {
  folder,
  ca: save('ca.pem', root.pem),
  alice: saveCredential('alice', root.issueClient({ name: 'alice' })),
  rsa: saveCredential('rsa', root.issueClient({ name: 'rsa', keyType: 'rsa' })),
  ed25519: saveCredential('ed25519', root.issueClient({ name: 'ed25519', keyType: 'ed25519' })),
  stranger: saveCredential('stranger', otherRoot.issueClient({ name: 'stranger' })),
  expired: saveCredential('expired', root.issueClient({ name: 'expired', notAfter: new Date('2024-06-01') }))
}

export function save (name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

function saveCredential (name: string, credential: Credential): { cert: string, key: string, credential: Credential } {
  return { cert: save(`${name}.pem`, credential.pem), key: save(`${name}.key`, credential.keyPem), credential }
}

/** An RSA certificate says what NSS wants of it: that it may encipher. */
export function serverKey (keyType: KeyType = 'P-256'): { key: string, cert: string } {
  const keyUsage = keyType === 'rsa' ? ['digitalSignature', 'keyEncipherment'] as const : ['digitalSignature'] as const
  const issued = root.issueServer({ keyType, keyUsage })
  return { key: issued.keyPem, cert: issued.pem }
}

const defaultKey = serverKey()

/** Listens on a free port until the test ends. */
export async function listen (t: Test, options: Tls13Options = {}): Promise<App> {
  const journal = new Journal()
  const keyLog: string[] = []
  const app = Fastify({
    https: {},
    bodyLimit: 16 * 2 ** 20,
    forceCloseConnections: true,
    serverFactory: serverFactory({
      ...defaultKey, ca: root.pem, metrics: false, observer: recorder(journal), keyLog: (line) => { keyLog.push(line) }, ...options
    })
  })
  await app.register(tls13)
  addRoutes(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => app.close())
  const { port } = app.server.address() as AddressInfo
  return { app, port, url: `https://localhost:${port}`, journal, keyLog }
}

function addRoutes (app: FastifyInstance): void {
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.get('/', answer)
  app.get('/secret', { config: { tls: { clientCertificate: 'require' } } }, answer)
  app.get('/early', { config: { tls: { earlyData: true } } }, answer)
  app.get('/optional', { config: { tls: { clientCertificate: 'request' } } }, answer)
  app.get('/fatal', { config: { tls: { clientCertificate: { required: 'fatal' } } } }, answer)
  app.post('/upload', { config: { tls: { clientCertificate: 'require' } } }, answer)
  app.get<{ Params: { count: number } }>('/ask/:count', async (request, reply) => {
    request.tls.numTickets = Number(request.params.count)
    await request.tls.requestClientCertificate()
    return answer(request, reply)
  })
  app.get<{ Params: { count: number } }>('/send/:count', async (request, reply) => {
    request.tls.sendTickets(Number(request.params.count))
    return answer(request, reply)
  })
  app.get('/update', async (request, reply) => {
    request.tls.updateKeys({ requestPeer: true })
    return answer(request, reply)
  })
  app.get('/large', async (_request, reply) => reply.type('application/octet-stream').send(largeBody))
}

/** A body that no buffer of TCP or of TLS holds, and a POST of it to the route that asks for a certificate. */
export const uploadLength = 8 * 2 ** 20
export const upload = [
  'POST /upload HTTP/1.1', 'Host: localhost', 'Content-Type: application/octet-stream', `Content-Length: ${uploadLength}`, 'Connection: close',
  '', 'x'.repeat(uploadLength)
].join('\r\n')

/** Four mebibytes that do not repeat at a record's length. */
export const largeBody = Buffer.from(Uint8Array.from({ length: 4 * 2 ** 20 }, (_, i) => i % 251))

async function answer (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { tls } = request
  const handshakeComplete = !tls.earlyData || request.server.tls.counters.handshakesInProgress === 0
  const body: Answer = {
    resumed: tls.resumed,
    earlyData: tls.earlyData,
    handshakeComplete,
    peer: tls.peerCertificate?.subject ?? null,
    authorized: tls.authorized,
    ticketsSent: tls.ticketsSent,
    cipher: tls.cipher!,
    group: tls.group!,
    servername: tls.servername,
    alpn: tls.alpnProtocol,
    received: Buffer.isBuffer(request.body) ? request.body.length : 0,
    exported: handshakeComplete ? tls.exportKeyingMaterial(32, 'EXPORTER-test').toString('hex') : '',
    done: true
  }
  return reply.send(body)
}

/** What the observer was told, as lines: `handshakeFailed failure unknown_ca`. */
export class Journal {
  readonly lines: string[] = []
  #look: () => void = () => {}

  note (line: string): void {
    this.lines.push(line)
    this.#look()
  }

  /** Waits until the observer was told something; a test that is told nothing ends by its time-out, which names it. */
  async told (line: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => { if (this.lines.includes(line)) resolve() }
      this.#look()
    })
  }
}

function recorder (journal: Journal): Observer {
  return {
    handshakeFailed: (result, reason) => journal.note(`handshakeFailed ${result} ${reason}`),
    helloRetryRequested: (group) => journal.note(`helloRetryRequested ${group}`),
    ticketRedeemed: (result) => journal.note(`ticketRedeemed ${result}`),
    clientAuthCompleted: (phase, outcome) => journal.note(`clientAuthCompleted ${phase} ${outcome}`),
    alert: (direction, alert) => journal.note(`alert ${direction} ${alert}`),
    keyUpdate: (direction) => journal.note(`keyUpdate ${direction}`)
  }
}
