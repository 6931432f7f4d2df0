/** gnutls-cli: another implementation's view of tickets, certificate requests, key updates, suites and groups. */
import type { Test } from 'tap'
import { answerEnd, files, listen, serverKey, upload } from './app.ts'
import type { Answer, App } from './app.ts'
import { Program } from './program.ts'
import { interop } from './tool.ts'

const test = interop('gnutls-cli')
const alice = ['--x509certfile', files.alice.cert, '--x509keyfile', files.alice.key]
const asked = ['--post-handshake-auth', ...alice]
const counts = [0, 1, 2, 4]

test('every type of server key, cipher suite and group', async (t) => {
  for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] as const) {
    const app = await listen(t, serverKey(keyType))
    t.equal((await request(t, app)).status, 200, keyType)
  }
  for (const crypto of ['node', 'noble'] as const) {
    const app = await listen(t, { crypto })
    for (const [cipher, name] of [
      ['AES-128-GCM', 'TLS_AES_128_GCM_SHA256'],
      ['AES-256-GCM', 'TLS_AES_256_GCM_SHA384'],
      ['CHACHA20-POLY1305', 'TLS_CHACHA20_POLY1305_SHA256']
    ]) {
      t.match(await request(t, app, [], `-CIPHER-ALL:+${cipher}`), { answer: { cipher: name } }, `${name} by ${crypto}`)
    }
    for (const [group, name] of [['X25519', 'x25519'], ['SECP256R1', 'secp256r1'], ['SECP384R1', 'secp384r1'], ['SECP521R1', 'secp521r1']]) {
      t.match(await request(t, app, [], `-GROUP-ALL:+GROUP-${group}`), { answer: { group: name } }, `${name} by ${crypto}`)
    }
  }
})

test('a HelloRetryRequest', async (t) => {
  const app = await listen(t, { ecdhCurve: 'P-384' })
  const { answer } = await request(t, app, ['--single-key-share'], '-GROUP-ALL:+GROUP-SECP256R1:+GROUP-SECP384R1')
  t.equal(answer.group, 'secp384r1')
  t.ok(app.journal.lines.includes('helloRetryRequested secp384r1'))
})

test('tickets after a full handshake, a certificate and an empty certificate', async (t) => {
  for (const n of counts) {
    const app = await listen(t, { numTickets: n })
    const client = new GnutlsClient(t, app, asked)
    t.equal((await client.get('/')).tickets, n, `${n} after a full handshake`)
    t.match(await client.get('/secret'), { tickets: n, certificateRequests: 1, answer: { peer: 'CN=alice' } }, `${n} after a certificate`)
    t.match(await client.get('/ask/3'), { tickets: 3, certificateRequests: 1 }, '3 after numTickets = 3')
    t.equal((await client.get('/send/3')).tickets, 3)
    await client.end()

    const empty = new GnutlsClient(t, app, ['--post-handshake-auth'])
    await empty.get('/')
    t.match(await empty.get('/optional'), { tickets: n, certificateRequests: 1, answer: { peer: null } }, `${n} after an empty certificate`)
    await empty.end()
  }
})

test('a resumption brings one ticket at most, and so does a certificate on it', async (t) => {
  for (const n of [1, 2, 4]) {
    const app = await listen(t, { numTickets: n })
    const client = new GnutlsClient(t, app, [...asked, '--resume', '--waitresumption'])
    await client.program.expect(/This is a resumed session/)
    t.match(await client.get('/'), { answer: { resumed: true } })
    t.match(await client.get('/secret'), { tickets: 1, certificateRequests: 1, answer: { peer: 'CN=alice' } })
    const { output } = await client.program.end()
    t.equal(count(output.slice(output.indexOf('Connecting again')), ticket), 2, 'one of the handshake, one of the certificate')
  }
})

test('a client certificate while a body of 8 MiB is in flight', async (t) => {
  for (const maxBufferedBody of [2 ** 24, 2 ** 16]) {
    const app = await listen(t, { maxBufferedBody })
    const client = new GnutlsClient(t, app, asked)
    client.program.write(upload)
    const { output } = await client.program.ended
    t.match(output, /HTTP\/1\.1 (200|413)/, `room for ${maxBufferedBody} bytes`)
  }
})

test('a client certificate in the handshake', async (t) => {
  const app = await listen(t, { requestCert: true })
  t.match((await request(t, app, alice)).answer, { peer: 'CN=alice', authorized: true })
  const none = new GnutlsClient(t, app)
  none.program.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.match((await none.program.ended).output, /Certificate is required/)
})

test('a client that does not offer post-handshake authentication is not asked', async (t) => {
  const app = await listen(t)
  t.match(await request(t, app, alice, '', '/secret'), { status: 403, certificateRequests: 0 })
})

test('key updates from both sides', async (t) => {
  const app = await listen(t)
  const client = new GnutlsClient(t, app, ['--inline-commands'])
  await client.get('/')
  client.program.write('^rekey1^\n')
  await client.program.expect(/- Rekey was completed/)
  t.equal((await client.get('/')).status, 200, 'the client\'s keys')
  client.program.write('^rekey^\n')
  await client.program.expect(/- Rekey was completed/)
  t.equal((await client.get('/')).status, 200, 'the keys of both')
  t.equal((await client.get('/update')).status, 200, 'the server\'s keys')
  t.equal((await client.get('/')).status, 200)
  await client.end()
})

test('both sides export the same keying material', async (t) => {
  const app = await listen(t)
  const client = new GnutlsClient(t, app, ['--keymatexport', 'EXPORTER-test', '--keymatexportsize', '32'])
  const { answer } = await client.get('/')
  t.equal(/Key material: ([0-9a-f]+)/.exec(await client.end())?.[1], answer.exported)
})

const ticket = /NEW SESSION TICKET \(4\) was received/g

interface Exchange { status: number, answer: Answer, tickets: number, certificateRequests: number }

class GnutlsClient {
  readonly program: Program

  constructor (t: Test, app: App, args: readonly string[] = [], priority = '') {
    this.program = new Program(t, 'gnutls-cli', [
      '--port', String(app.port), 'localhost', '--x509cafile', files.ca, '--debug', '4',
      '--priority', ['NORMAL:-VERS-ALL:+VERS-TLS1.3', priority].filter(part => part !== '').join(':'), ...args
    ])
  }

  async get (path: string): Promise<Exchange> {
    this.program.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const output = await this.program.expect(answerEnd)
    return {
      status: Number(/HTTP\/1\.1 (\d+)/.exec(output)?.[1]),
      answer: JSON.parse(/^\{.*\}/m.exec(output)![0]) as Answer,
      tickets: count(output, ticket),
      certificateRequests: count(output, /CERTIFICATE REQUEST \(13\) was received/g)
    }
  }

  async end (): Promise<string> {
    return (await this.program.end()).output
  }
}

async function request (t: Test, app: App, args: readonly string[] = [], priority = '', path = '/'): Promise<Exchange> {
  const client = new GnutlsClient(t, app, args, priority)
  const exchange = await client.get(path)
  await client.end()
  return exchange
}

function count (output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].length
}
