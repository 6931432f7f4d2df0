/** What openssl s_client can vary: keys, suites, groups, versions, names, certificates, key updates. */
import type { Test } from 'tap'
import { createSecureContext } from '../../index.ts'
import { files, largeBody, listen, root, serverKey, upload } from './app.ts'
import type { App } from './app.ts'
import { Program } from './program.ts'
import type { Ended } from './program.ts'
import { alice, request, SClient } from './s-client.ts'
import { interop } from './tool.ts'

const test = interop('openssl')
const providers = ['node', 'noble'] as const

test('every type of server key signs', async (t) => {
  const keyTypes = ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] as const
  for (const crypto of providers) {
    for (const keyType of keyTypes) {
      const app = await listen(t, { ...serverKey(keyType), crypto })
      t.equal((await request(t, app)).status, 200, `${keyType} by ${crypto}`)
    }
  }
})

test('the key is chosen by what the client verifies', async (t) => {
  const keys = [serverKey('P-256'), serverKey('rsa'), serverKey('ed25519')]
  const app = await listen(t, { key: keys.map(({ key }) => key), cert: keys.map(({ cert }) => cert) })
  for (const [sigalgs, type] of [['ed25519', 'ed25519'], ['rsa_pss_rsae_sha256', 'RSA-PSS'], ['ecdsa_secp256r1_sha256', 'ECDSA']]) {
    const client = new SClient(t, app, ['-sigalgs', sigalgs!])
    t.equal((await client.get('/')).status, 200)
    t.match(await client.end(), new RegExp(`Peer signature type: ${type}$`, 'm'))
  }
  const { output } = await refused(t, app, ['-sigalgs', 'ed448'])
  t.match(output, /alert handshake failure/)
})

test('every cipher suite', async (t) => {
  const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
  for (const crypto of providers) {
    const app = await listen(t, { crypto })
    for (const suite of suites) {
      t.match(await request(t, app, ['-ciphersuites', suite]), { status: 200, answer: { cipher: suite } }, `${suite} by ${crypto}`)
    }
  }
  const app = await listen(t, { ciphers: suites[0]! })
  t.match((await refused(t, app, ['-ciphersuites', suites[1]!])).output, /alert handshake failure/)
})

test('every group', async (t) => {
  const groups = [['X25519', 'x25519'], ['P-256', 'secp256r1'], ['P-384', 'secp384r1'], ['P-521', 'secp521r1']]
  for (const crypto of providers) {
    const app = await listen(t, { crypto, ecdhCurve: groups.map(([, name]) => name).join(':') })
    for (const [asked, name] of groups) {
      const { answer, messages } = await request(t, app, ['-groups', asked!])
      t.equal(answer.group, name, `${name} by ${crypto}`)
      t.equal(messages.filter(message => message === '>ClientHello').length, 1)
    }
  }
})

test('a HelloRetryRequest for a group of which the client sent no share', async (t) => {
  for (const crypto of providers) {
    const app = await listen(t, { crypto, ecdhCurve: 'X25519' })
    const { answer, messages } = await request(t, app, ['-groups', 'P-521:X25519'])
    t.equal(answer.group, 'x25519')
    t.strictSame(messages.slice(0, 4), ['>ClientHello', '<ServerHello', '>ClientHello', '<ServerHello'])
    t.ok(app.journal.lines.includes('helloRetryRequested x25519'))
    t.match((await refused(t, app, ['-groups', 'P-521:P-384'])).output, /alert handshake failure/)
  }
})

test('a resumption after a HelloRetryRequest, and one with another suite of the same hash', async (t) => {
  const app = await listen(t, { ecdhCurve: 'X25519' })
  const first = new SClient(t, app, ['-ciphersuites', 'TLS_AES_128_GCM_SHA256'])
  await first.get('/')
  const resume = ['-sess_in', first.session()!]
  const retried = await request(t, app, [...resume, '-groups', 'P-384:X25519'])
  t.match(retried, { answer: { resumed: true }, tickets: 1 })
  const sameHash = await request(t, app, [...resume, '-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256'])
  t.match(sameHash, { answer: { resumed: true }, tickets: 1 })
  await first.end()
})

test('older clients get protocol_version', async (t) => {
  const app = await listen(t)
  const { output, code } = await refused(t, app, ['-tls1_2'])
  t.match(output, /alert protocol version/)
  t.equal(code, 1)
  t.ok(app.journal.lines.includes('alert sent protocol_version'))
})

test('ALPN: the server\'s preference, a refusal when there is none in common', async (t) => {
  const app = await listen(t)
  const client = new SClient(t, app, ['-alpn', 'spdy/3,http/1.1'])
  t.equal((await client.get('/')).answer.alpn, 'http/1.1')
  t.match(await client.end(), /^ALPN protocol: http\/1\.1/m)
  t.equal((await request(t, app)).answer.alpn, null, 'none asked for')
  t.match((await refused(t, app, ['-alpn', 'spdy/3'])).output, /alert no application protocol/)
})

test('server names: a certificate for each, the default for the others', async (t) => {
  const app = await listen(t)
  const named = root.issueServer({ name: 'shop', subjectAltName: ['DNS:shop.test'] })
  const wildcard = root.issueServer({ name: 'any', subjectAltName: ['DNS:*.any.test'] })
  app.app.tls.addContext('shop.test', { key: named.keyPem, cert: named.pem })
  app.app.tls.addContext('*.any.test', createSecureContext({ key: wildcard.keyPem, cert: wildcard.pem }))
  for (const [name, subject] of [['shop.test', 'shop'], ['a.any.test', 'any'], ['b.a.any.test', 'localhost'], ['localhost', 'localhost']]) {
    const client = new SClient(t, app, ['-servername', name!])
    await client.program.expect(/Verify return code: 0/)
    t.match(await client.end(), new RegExp(`^subject=CN = ${subject}$`, 'm'), name)
  }
})

test('a client certificate in the handshake', async (t) => {
  const app = await listen(t, { requestCert: true })
  for (const [name, { cert, key }] of Object.entries({ alice: files.alice, rsa: files.rsa, ed25519: files.ed25519 })) {
    const { answer, certificateRequests } = await request(t, app, ['-cert', cert, '-key', key])
    t.match(answer, { peer: `CN=${name}`, authorized: true })
    t.equal(certificateRequests, 1)
  }
  const cases = [
    [[], /alert certificate required/, 'certificate_required'],
    [['-cert', files.stranger.cert, '-key', files.stranger.key], /alert unknown ca/, 'unknown_ca'],
    [['-cert', files.expired.cert, '-key', files.expired.key], /alert certificate expired/, 'certificate_expired']
  ] as const
  for (const [args, seen, alert] of cases) {
    const client = new SClient(t, app, args)
    t.match((await client.program.ended).output, seen)
    await app.journal.told(`handshakeFailed failure ${alert}`)
  }
  const lenient = await listen(t, { requestCert: true, rejectUnauthorized: false })
  t.match((await request(t, lenient)).answer, { peer: null, authorized: false })
  const { answer } = await request(t, lenient, ['-cert', files.stranger.cert, '-key', files.stranger.key])
  t.match(answer, { peer: 'CN=stranger', authorized: false })
})

test('a client certificate after the handshake', async (t) => {
  for (const crypto of providers) {
    const app = await listen(t, { crypto })
    const client = new SClient(t, app, ['-enable_pha', ...alice])
    await client.get('/')
    const asked = await client.get('/secret')
    t.match(asked, { status: 200, answer: { peer: 'CN=alice', authorized: true } })
    t.strictSame(asked.messages, [
      '<CertificateRequest', '>Certificate', '>CertificateVerify', '>Finished', '<NewSessionTicket', '<NewSessionTicket'
    ])
    t.match(await client.get('/secret'), { status: 200, certificateRequests: 0 }, 'asked once')
    await client.end()
  }
})

test('a client that has none, that is not trusted, that cannot be asked', async (t) => {
  const app = await listen(t)
  t.equal((await request(t, app, ['-enable_pha'], '/secret')).status, 403)
  t.match(await request(t, app, alice, '/secret'), { status: 403, certificateRequests: 0 })
  t.match(await request(t, app, alice, '/optional'), { status: 200, certificateRequests: 0 })

  const fatal = new SClient(t, app, ['-enable_pha'])
  fatal.program.write('GET /fatal HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.match((await fatal.program.ended).output, /alert certificate required/)

  const stranger = new SClient(t, app, ['-enable_pha', '-cert', files.stranger.cert, '-key', files.stranger.key])
  stranger.program.write('GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.match((await stranger.program.ended).output, /alert unknown ca/)
})

test('key updates from both sides', async (t) => {
  for (const crypto of providers) {
    const app = await listen(t, { crypto })
    const client = new SClient(t, app)
    await client.get('/')
    client.program.write('k\n')
    await client.program.expect(/>>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate/)
    t.equal((await client.get('/')).status, 200, 'the client\'s keys')
    client.program.write('K\n')
    await client.program.expect(/>>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate/)
    t.match(await client.get('/'), { status: 200, messages: ['<KeyUpdate'] }, 'the keys of both')
    const { messages } = await client.get('/update')
    t.strictSame(messages.filter(message => message === '<KeyUpdate').length, 1, 'the server\'s keys')
    t.equal((await client.get('/')).status, 200)
    await client.end()
  }
})

test('a client certificate while a body of 8 MiB is in flight', async (t) => {
  for (const [maxBufferedBody, status] of [[2 ** 24, 200], [2 ** 16, 413]]) {
    const app = await listen(t, { maxBufferedBody })
    const client = new SClient(t, app, ['-enable_pha', ...alice, '-ign_eof', '-quiet'])
    client.program.write(upload)
    const { output } = await client.program.ended
    const outcome = Number(/HTTP\/1\.1 (\d+)/.exec(output)?.[1])
    t.ok(outcome === status || outcome === 200, `${outcome} with room for ${maxBufferedBody} bytes`)
    if (outcome === 200) t.match(output, /"peer":"CN=alice"/)
  }
})

test('a key update while a certificate is asked for', async (t) => {
  const app = await listen(t)
  const client = new SClient(t, app, ['-enable_pha', ...alice])
  await client.get('/update')
  t.match(await client.get('/secret'), { status: 200, answer: { peer: 'CN=alice' } })
  await client.end()
})

test('both sides export the same keying material', async (t) => {
  const app = await listen(t)
  const client = new SClient(t, app, ['-keymatexport', 'EXPORTER-test', '-keymatexportlen', '32'])
  const { answer } = await client.get('/')
  const exported = /Keying material: ([0-9A-F]{64})/.exec(await client.end())
  t.equal(exported?.[1]?.toLowerCase(), answer.exported)
})

test('a large answer arrives whole', async (t) => {
  const app = await listen(t)
  const client = new Program(t, 'openssl', [
    's_client', '-connect', `127.0.0.1:${app.port}`, '-servername', 'localhost', '-CAfile', files.ca, '-quiet', '-verify_quiet'
  ])
  client.write('GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const { output: received } = await client.ended
  t.ok(Buffer.from(received.slice(received.indexOf('\r\n\r\n') + 4), 'latin1').equals(largeBody))
})

/** A connection that the server ends in its handshake. */
async function refused (t: Test, app: App, args: readonly string[]): Promise<Ended> {
  return new SClient(t, app, args).program.end()
}
