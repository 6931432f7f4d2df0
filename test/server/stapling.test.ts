import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { Stapling } from '../../lib/server/stapling.ts'
import type { Tls13Options } from '../../types/options.ts'
import { refuses } from '../helpers/invalid-option.ts'
import { createAuthority } from '../helpers/pki.ts'
import { authority as coreAuthority, createServer, serverCredential } from '../helpers/server.ts'
import { ca, secure, serve } from './support.ts'
import type { Served } from './support.ts'

const response = Buffer.from('an OCSP response')
const credential = serverCredential(createServer().configuration.crypto, 'P-256')
const chained = { ...credential, chain: [...credential.chain, coreAuthority().certificate] }

type OnRequest = (certificate: Buffer, issuer: Buffer | null, callback: (error: Error | null, response?: Buffer | null) => void) => void

/** What node:tls's client is stapled, as a string. */
async function stapled (t: Test, port: number, anchors: string = ca): Promise<string | null> {
  // The types of node:tls leave requestOCSP out.
  const options = { host: '127.0.0.1', port, ca: anchors, requestOCSP: true }
  const client = connectTls(options)
  t.teardown(() => client.destroy())
  const [[answer]] = await Promise.all([once(client, 'OCSPResponse'), once(client, 'secureConnect')])
  return answer === null ? null : String(answer)
}

const listening = async (t: Test, listener: OnRequest, options: Tls13Options = {}): Promise<Served> => {
  const served = await serve(t, options)
  served.server.on('OCSPRequest', listener)
  return served
}

t.test('the option: a value, a promise, nothing', async (t) => {
  t.equal(await stapled(t, (await serve(t, { ocspResponse: () => response })).port), String(response))
  t.equal(await stapled(t, (await serve(t, { ocspResponse: async () => new Uint8Array(response) })).port), String(response))
  t.equal(await stapled(t, (await serve(t, { ocspResponse: () => null })).port), null)
})

t.test('the event, as in node:tls: now, later, nothing, nobody', async (t) => {
  t.equal(await stapled(t, (await listening(t, (_certificate, _issuer, callback) => callback(null, response))).port), String(response))
  t.equal(await stapled(t, (await listening(t, (_certificate, _issuer, callback) => setImmediate(callback, null, response))).port), String(response))
  t.equal(await stapled(t, (await listening(t, (_certificate, _issuer, callback) => callback(null, null))).port), null)
  t.equal(await stapled(t, (await listening(t, (_certificate, _issuer, callback) => callback(null))).port), null)
  t.equal(await stapled(t, (await serve(t)).port), null)
})

t.test('the option comes before the event', async (t) => {
  const { port } = await listening(t, () => t.fail('the listener is asked'), { ocspResponse: () => response })
  t.equal(await stapled(t, port), String(response))
})

t.test('both are given the certificate and its issuer', async (t) => {
  const root = createAuthority({ name: 'Stapling Root' })
  const { keyPem: key, pem } = root.issueServer()
  const seen: Array<[Buffer, Buffer | null]> = []
  const options = { key, cert: pem + root.pem }
  const byOption = await serve(t, { ...options, ocspResponse: (certificate, issuer) => { seen.push([certificate, issuer]); return null } })
  const byEvent = await listening(t, (certificate, issuer, callback) => { seen.push([certificate, issuer]); callback(null, null) }, options)
  const alone = await serve(t, { key, cert: pem, ocspResponse: (certificate, issuer) => { seen.push([certificate, issuer]); return null } })
  for (const { port } of [byOption, byEvent, alone]) await stapled(t, port, root.pem)
  const leaf = new X509Certificate(pem).raw
  const { raw } = new X509Certificate(root.pem)
  t.same(seen, [[leaf, raw], [leaf, raw], [leaf, null]])
  t.ok(seen.every(([certificate]) => Buffer.isBuffer(certificate)))
})

t.test('a client that does not ask is not asked for', async (t) => {
  const { port } = await listening(t, () => t.fail('the listener is asked'))
  await secure(t, port)
})

t.test('an error ends the handshake, and the server learns why', async (t) => {
  const why = new Error('no answer')
  for (const serving of [
    listening(t, (_certificate, _issuer, callback) => callback(why)),
    listening(t, () => { throw why }),
    serve(t, { ocspResponse: async () => { throw why } }),
    serve(t, { ocspResponse: () => { throw why } })
  ]) {
    const { port, errors, failures } = await serving
    await t.rejects(stapled(t, port), { code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR' })
    t.match(errors, [{ error: { code: 'TLS13_INTERNAL_ERROR', cause: why } }])
    t.same(failures, ['failure internal_error'])
  }
})

t.test('what is no response is refused, and not sent', async (t) => {
  for (const wrong of ['a string', undefined, 1, {}, [], Buffer.alloc(0)]) {
    const stapling = new Stapling(() => wrong as never)
    refuses(t, () => stapling.respond(credential), 'ocspResponse', /neither the bytes of an OCSP response nor null/)
  }
  const later = new Stapling(async () => 'a string' as never)
  await t.rejects(Promise.resolve(later.respond(credential)), { code: 'FST_TLS13_INVALID_OPTION' })
})

t.test('a callback that changes its arguments changes nothing of ours', async (t) => {
  const before = Buffer.concat(chained.chain)
  new Stapling((certificate, issuer) => { certificate.fill(0); issuer!.fill(0); return null }).respond(chained)
  t.same(Buffer.concat(chained.chain), before)
})

t.test('of several servers the one that has a listener is asked, once', async (t) => {
  const [silent, asked, never] = [await serve(t), await serve(t), await serve(t)]
  const stapling = new Stapling(null)
  for (const { server } of [silent, asked, never]) stapling.add(server)
  t.equal(stapling.respond(credential), null, 'nobody listens')
  let calls = 0
  asked.server.on('OCSPRequest', (_certificate, _issuer, callback) => { calls++; callback(null, response) })
  never.server.on('OCSPRequest', () => t.fail('the second is asked too'))
  t.equal(await stapling.respond(credential), response)
  t.equal(calls, 1)
})
