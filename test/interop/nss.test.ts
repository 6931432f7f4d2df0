/** NSS's tstclnt, with the certificates in a database of certutil and pk12util. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { answerEnd, files, listen, save, serverKey, upload } from './app.ts'
import type { Answer, App } from './app.ts'
import { Program, run } from './program.ts'
import { interop } from './tool.ts'

const test = interop('tstclnt', 'certutil', 'pk12util', 'openssl')

test('every suite and group, a HelloRetryRequest', async (t) => {
  const database = await createDatabase(t)
  for (const keyType of ['rsa', 'P-256', 'P-384', 'P-521'] as const) {
    const app = await listen(t, serverKey(keyType))
    t.equal((await request(t, app, database, '/')).status, 200, keyType)
  }
  const app = await listen(t)
  for (const [suite, name] of [[':1301', 'TLS_AES_128_GCM_SHA256'], [':1302', 'TLS_AES_256_GCM_SHA384'], [':1303', 'TLS_CHACHA20_POLY1305_SHA256']]) {
    t.match(await request(t, app, database, '/', ['-c', suite!]), { answer: { cipher: name } })
  }
  for (const [group, name] of [['x25519', 'x25519'], ['P256', 'secp256r1'], ['P384', 'secp384r1'], ['P521', 'secp521r1']]) {
    t.match(await request(t, app, database, '/', ['-I', group!]), { answer: { group: name } })
  }
  const picky = await listen(t, { ecdhCurve: 'P-384' })
  t.match(await request(t, picky, database, '/', ['-I', 'x25519,P384']), { answer: { group: 'secp384r1' } })
  t.ok(picky.journal.lines.includes('helloRetryRequested secp384r1'))
})

test('a client certificate after the handshake', async (t) => {
  const database = await createDatabase(t)
  for (const crypto of ['node', 'noble'] as const) {
    const app = await listen(t, { crypto })
    const known = await request(t, app, database, '/secret', ['-E', '-n', 'alice'])
    t.match(known, { status: 200, answer: { peer: 'CN=alice', authorized: true } })
    t.match(await request(t, app, database, '/secret', ['-n', 'alice']), { status: 403, answer: { code: 'FST_TLS13_PHA_NOT_OFFERED' } })
  }
})

test('a client certificate while a body of 8 MiB is in flight', async (t) => {
  const database = await createDatabase(t)
  for (const maxBufferedBody of [2 ** 24, 2 ** 16]) {
    const app = await listen(t, { maxBufferedBody })
    const client = new Program(t, 'tstclnt', [...common(app, database), '-E', '-n', 'alice'], { input: upload })
    t.match(await client.expect(answerEnd), /HTTP\/1\.1 (200|413)/, `room for ${maxBufferedBody} bytes`)
    await client.end()
  }
})

test('a client certificate in the handshake', async (t) => {
  const database = await createDatabase(t)
  const app = await listen(t, { requestCert: true })
  t.match(await request(t, app, database, '/', ['-n', 'alice']), { status: 200, answer: { peer: 'CN=alice', authorized: true } })
})

test('a resumption', async (t) => {
  const database = await createDatabase(t)
  const app = await listen(t)
  // The second connection is made when the first has ended, and the file is sent again.
  const file = save('request.txt', 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const { output } = await run(t, 'tstclnt', [...common(app, database), '-L', '2', '-A', file])
  t.match(output, /1 stateless resumes/)
  t.ok(app.journal.lines.includes('ticketRedeemed accepted'))
})

/** A database that trusts the tests' root and has alice's certificate. */
async function createDatabase (t: Test): Promise<string> {
  const folder = mkdtempSync(join(files.folder, 'nss-'))
  const database = `sql:${folder}`
  const archive = join(folder, 'alice.p12')
  await succeeds(t, 'certutil', ['-N', '-d', database, '--empty-password'])
  await succeeds(t, 'certutil', ['-A', '-d', database, '-n', 'root', '-t', 'CT,C,C', '-i', files.ca])
  await succeeds(t, 'openssl', [
    'pkcs12', '-export', '-in', files.alice.cert, '-inkey', files.alice.key, '-name', 'alice', '-passout', 'pass:x', '-out', archive
  ])
  await succeeds(t, 'pk12util', ['-i', archive, '-d', database, '-W', 'x', '-K', ''])
  return database
}

async function succeeds (t: Test, command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await run(t, command, args)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}\n${output}`)
}

async function request (t: Test, app: App, database: string, path: string, args: readonly string[] = []): Promise<{ status: number, answer: Answer }> {
  const input = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  const client = new Program(t, 'tstclnt', [...common(app, database), ...args], { input })
  const output = await client.expect(answerEnd)
  await client.end()
  return { status: Number(/HTTP\/1\.1 (\d+)/.exec(output)?.[1]), answer: JSON.parse(/^\{.*\}/m.exec(output)![0]) }
}

function common (app: App, database: string): string[] {
  return ['-h', 'localhost', '-p', String(app.port), '-d', database, '-V', 'tls1.3:tls1.3', '-u', '-4']
}
