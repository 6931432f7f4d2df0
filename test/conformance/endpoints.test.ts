/** That the endpoints answer, without tlsfuzzer: with keys of the names that it has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { createSelfSigned } from '../helpers/pki.ts'
import type { KeyType } from '../helpers/pki.ts'
import { adjust } from './adjustments.ts'
import { startEndpoints } from './endpoints.ts'
import { runnerArguments } from './parameters.ts'
import { replaceBlock, table } from './report.ts'
import { startSite } from './site.ts'

const keyTypes: Record<string, KeyType> = {
  X509: 'rsa', RSAPSS: 'rsa-pss', EC: 'P-256', P384EC: 'P-384', P521EC: 'P-521', Ed25519: 'ed25519', Ed448: 'ed448'
}

t.test('every endpoint answers with its own key', async (t) => {
  const { ports, close } = await startEndpoints(keys(t), 'node')
  t.teardown(close)
  const [request, response] = ['GET / HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n[^]*x{1900}\n$/]
  for (const [name, port] of ports) {
    const { answer, key } = await talk(port, request)
    if (name === 'echo') t.equal(answer, request, name)
    else t.match(answer, response, name)
    t.equal(key, { ecdsa: 'ec', 'ecdsa-p256': 'ec', rsapss: 'rsa-pss', ed25519: 'ed25519', ed448: 'ed448' }[name] ?? 'rsa', name)
  }
  t.equal(ports.size, 14)
  const args = await runnerArguments(ports)
  t.ok(args.includes(`rsa=${ports.get('rsa')}`))
  t.ok(args.includes(`reply_size=${(await talk(ports.get('rsa')!, request)).answer.length}`))
})

t.test('the site answers and staples', async (t) => {
  const { port, close } = await startSite('node')
  t.teardown(close)
  const { answer, stapled } = await talk(port, 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  t.match(answer, /\r\nstrict-transport-security: max-age=31536000\r\n/)
  t.ok(stapled > 0)
})

t.test('what is added to a plan and taken out of it', async (t) => {
  const script = 'test-tls13-multiple-ccs-messages.py'
  const removed = ['-x', 'multiple CCS Messages in one TLS record']
  const plan = { groups: { all: [{ script, args: ['-x', 'other', ...removed] }, { script: 'test-tls13-shuffled-extentions.py' }, { script: 'else' }] } }
  t.strictSame(adjust(plan).groups.all!.map(({ args }) => args), [['-x', 'other'], ['--exc', '58'], []])
  const variants = [{ script: 'one', endpoint: 'ecdsa', needs: ['ecdsa_p256_only'] }, { script: 'three', endpoint: 'ecdsa' }]
  t.strictSame(adjust({ groups: { all: variants } }).groups.all!.map(({ endpoint }) => endpoint), ['ecdsa-p256', 'ecdsa'])
  t.throws(() => adjust({ groups: { all: [{ script, args: ['-x', 'other'] }] } }), { message: `the plan's ${script} has no ${removed.join(' ')}` })
})

t.test('the table and its place in a document', async (t) => {
  const result = { group: 'a', script: 'test-b.py', endpoint: 'rsa', why: '' }
  const text = table([
    { ...result, args: ['-k', '/x/tests/k.pem', 'one | two\n'], verdict: 'PASS', counts: { pass: 3, fail: 0, xfail: 1 } },
    { ...result, args: [], verdict: 'NOT-RUN', counts: null, why: 'without c' },
    { ...result, args: [], verdict: 'TIMEOUT', counts: { pass: 1, fail: 2 }, why: 'over 9 s' }
  ], '/x/tests')
  t.match(text, 'Scripts: 1 passed, 1 failed, 1 not run. Conversations: 4 passed, 2 failed, 1 expected failures.\n')
  t.match(text, "| a | b | rsa | `-k tests/k.pem 'one \\| two\\n'` | passed | 3 | 0 | 1 |\n")
  t.match(text, '| a | b | rsa |  | not run: without c |  |  |  |\n')
  t.match(text, '| a | b | rsa |  | TIMEOUT over 9 s | 1 | 2 |  |')
  t.equal(replaceBlock('1<!-- n -->2<!-- /n -->3', 'n', 'new'), '1<!-- n -->\n\nnew\n\n<!-- /n -->3')
  t.throws(() => replaceBlock('1<!-- n -->2', 'n', 'new'), { message: 'no lines <!-- n --> and <!-- /n --> in the document' })
})

/** A folder as tlsfuzzer's tests/ is, until the test ends. */
function keys (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-tls13-conformance-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, keyType] of Object.entries(keyTypes)) {
    const { pem, keyPem } = createSelfSigned({ name: 'localhost', keyType })
    writeFileSync(join(folder, `server${name}Cert.pem`), pem)
    writeFileSync(join(folder, `server${name}Key.pem`), keyPem)
  }
  return folder
}

/** Sends a request and reads to the end. */
async function talk (port: number, request: string): Promise<{ answer: string, key: string | undefined, stapled: number }> {
  const options = { host: '127.0.0.1', port, rejectUnauthorized: false, requestOCSP: true }
  const socket = connect(options)
  let stapled = 0
  let key: string | undefined
  socket.on('OCSPResponse', (response: Buffer | null) => { stapled = response?.length ?? 0 })
  socket.once('secureConnect', () => { key = socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType })
  socket.end(request)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return { answer, key, stapled }
}
