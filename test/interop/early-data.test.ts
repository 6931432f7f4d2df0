/** Early data of clients that are not ours. */
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { listen, save } from './app.ts'
import type { App } from './app.ts'
import { run } from './program.ts'
import { alice, SClient } from './s-client.ts'
import type { Exchange } from './s-client.ts'
import { interop } from './tool.ts'

const options = { maxEarlyData: 16_384 }
const requestFor = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

interop('openssl')('openssl s_client -early_data: served at once, held, or refused by 425', async (t) => {
  const app = await listen(t, options)
  const allowed = await early(t, app, '/early')
  t.match(allowed.exchange, { status: 200, answer: { earlyData: true, handshakeComplete: false, resumed: true } })
  t.match(await allowed.client.get('/early'), { status: 200, answer: { earlyData: false, handshakeComplete: true } }, 'and the connection goes on')
  t.match(await allowed.client.end(), /^Early data was accepted$/m)

  const held = await early(t, app, '/')
  t.match(held.exchange, { status: 200, answer: { earlyData: true, handshakeComplete: true, resumed: true } })
  t.match(await held.client.end(), /^Early data was accepted$/m)

  const { client, exchange } = await early(t, app, '/secret', ['-enable_pha', ...alice])
  t.match(exchange, { status: 425, answer: { code: 'FST_TLS13_TOO_EARLY' } })
  t.match(await client.get('/secret'), { status: 200, answer: { earlyData: false, peer: 'CN=alice' } }, 'the repetition')
  await client.end()
})

interop('openssl')('openssl s_client: no ticket allows early data where it is off', async (t) => {
  const client = new SClient(t, await listen(t))
  await client.get('/')
  t.match(await client.end(), /Max Early Data: 0$/m)
})

interop('openssl')('openssl s_client -early_data: a ticket that is used again is no replay, for its ClientHello is another', async (t) => {
  const app = await listen(t, options)
  const session = await sessionOf(t, app)
  for (let time = 0; time < 2; time++) {
    const client = new SClient(t, app, ['-sess_in', session, '-early_data', save(randomUUID(), requestFor('/early'))])
    t.match(await client.answer(), { answer: { earlyData: true, handshakeComplete: false } })
    await client.end()
  }
})

interop('gnutls-cli')('gnutls-cli --earlydata', async (t) => {
  const app = await listen(t, options)
  const file = save(randomUUID(), requestFor('/early'))
  const { output } = await run(t, 'gnutls-cli', [
    '-p', String(app.port), '--no-ca-verification', '--resume', '--waitresumption', '--earlydata', file, '--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.3', 'localhost'
  ], { deadline: 20_000 })
  t.match(output, /"earlyData":true,"handshakeComplete":false/)
})

/** The newest session of a client that has made a request. */
async function sessionOf (t: Test, app: App, args: readonly string[] = []): Promise<string> {
  const client = new SClient(t, app, args)
  await client.get('/')
  await client.end()
  return client.session()!
}

/** A request in early data, and its answer. */
async function early (t: Test, app: App, path: string, args: readonly string[] = []): Promise<{ client: SClient, exchange: Exchange }> {
  const session = await sessionOf(t, app, args)
  const client = new SClient(t, app, [...args, '-sess_in', session, '-early_data', save(randomUUID(), requestFor(path))])
  const exchange = await client.answer()
  return { client, exchange }
}
