/** curl: every sort of server key, certificates in the handshake and after it, bodies in flight. */
import { rmSync } from 'node:fs'
import type { Test } from 'tap'
import { files, largeBody, listen, save, serverKey, uploadLength } from './app.ts'
import type { Answer, App } from './app.ts'
import { run } from './program.ts'
import { interop } from './tool.ts'

const test = interop('curl')
const alice = ['--cert', files.alice.cert, '--key', files.alice.key]

test('plain requests, with every sort of server key', async (t) => {
  for (const keyType of ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] as const) {
    const app = await listen(t, serverKey(keyType))
    const { status, answer } = await curl(t, app, '/')
    t.equal(status, 200, keyType)
    t.match(answer, { resumed: false, peer: null, alpn: 'http/1.1', servername: 'localhost' })
  }
})

test('TLS 1.2 is refused', async (t) => {
  const { code, message } = await curl(t, await listen(t), '/', ['--tls-max', '1.2'])
  t.equal(code, 35)
  t.match(message, /alert protocol version/)
})

test('a large answer arrives whole', async (t) => {
  const app = await listen(t)
  const { message } = await curl(t, app, '/large')
  t.ok(Buffer.from(message.slice(message.indexOf('\r\n\r\n') + 4, -4), 'latin1').equals(largeBody))
})

test('a client certificate in the handshake', async (t) => {
  const app = await listen(t, { requestCert: true })
  t.match(await curl(t, app, '/', alice), { status: 200, answer: { peer: 'CN=alice', authorized: true } })
  const none = await curl(t, app, '/')
  t.match(none, { code: 56, message: /alert certificate required/ })
  const stranger = await curl(t, app, '/', ['--cert', files.stranger.cert, '--key', files.stranger.key])
  t.match(stranger, { code: 56, message: /alert unknown ca/ })
})

test('a client certificate after the handshake', async (t) => {
  for (const crypto of ['node', 'noble'] as const) {
    const app = await listen(t, { crypto })
    for (const name of ['alice', 'rsa', 'ed25519'] as const) {
      const result = await curl(t, app, '/secret', ['--cert', files[name].cert, '--key', files[name].key])
      t.match(result, { status: 200, answer: { peer: `CN=${name}`, authorized: true } }, `${name} by ${crypto}`)
    }
    t.equal((await curl(t, app, '/secret')).status, 403, 'without one')
    t.match(await curl(t, app, '/optional'), { status: 200, answer: { peer: null } })
    t.match(await curl(t, app, '/fatal'), { code: 56, message: /alert certificate required/ })
    const stranger = await curl(t, app, '/secret', ['--cert', files.stranger.cert, '--key', files.stranger.key])
    t.match(stranger, { code: 56, message: /alert unknown ca/ })
  }
})

test('a client certificate while a body of 8 MiB is in flight', async (t) => {
  const body = save('body.bin', 'x'.repeat(uploadLength))
  const upload = ['--data-binary', `@${body}`, '-H', 'Content-Type: application/octet-stream']
  const roomy = await listen(t, { maxBufferedBody: 16 * 2 ** 20 })
  const tight = await listen(t, { maxBufferedBody: 65_536 })
  // Without Expect curl sends the body at once, with it only after 100 Continue.
  for (const expect of [['-H', 'Expect:'], ['-H', 'Expect: 100-continue']]) {
    const held = await curl(t, roomy, '/upload', [...alice, ...upload, ...expect])
    t.match(held, { status: 200, answer: { peer: 'CN=alice', received: uploadLength } }, `held, ${expect[1]}`)
    const refused = await curl(t, tight, '/upload', [...alice, ...upload, ...expect])
    t.ok(refused.status === 413 || refused.answer?.received === uploadLength, `whole, or 413: ${refused.status}, ${expect[1]}`)
    t.equal((await curl(t, roomy, '/upload', [...upload, ...expect])).status, 403, `no certificate, ${expect[1]}`)
  }
  rmSync(body)
})

interface Result { code: number | null, status: number, answer: Answer | null, message: string }

async function curl (t: Test, app: App, path: string, args: readonly string[] = []): Promise<Result> {
  const { code, output } = await run(t, 'curl', [
    '-sS', '-i', '--http1.1', '--cacert', files.ca, '-w', '\n%{http_code}', ...args, app.url + path
  ])
  const answer = /^\{.*\}$/m.exec(output)
  return { code, status: Number(output.slice(-3)), answer: answer === null ? null : JSON.parse(answer[0]), message: output }
}
