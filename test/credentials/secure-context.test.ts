import t from 'tap'
import { X509Certificate } from 'node:crypto'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { createSecureContext } from '../../lib/credentials/secure-context.ts'
import type { SecureContext } from '../../types/credentials.ts'
import type { CryptoProvider } from '../../types/crypto.ts'
import type { SecureContextOptions } from '../../types/options.ts'
import { integer, sequence, toPem } from '../helpers/der.ts'
import { piecesOf, refuses } from '../helpers/invalid-option.ts'
import { createAuthority, createSelfSigned, extension, generateKeys } from '../helpers/pki.ts'
import type { KeyType } from '../helpers/pki.ts'

const root = createAuthority({ name: 'Root' })
const intermediate = root.issueAuthority({ name: 'Intermediate', keyType: 'ed25519' })
const lower = intermediate.issueAuthority({ name: 'Lower' })
const server = lower.issueServer()
const chain = [server, lower, intermediate, root].map(({ certificate }) => certificate)

const crypto = cryptoProvider('node')
const context = (options: SecureContextOptions, provider: CryptoProvider = crypto): SecureContext =>
  createSecureContext(options, { crypto: provider, now: Date.now, name: 'default' })

const subjects = (options: SecureContextOptions): string[][] => context(options).credentials.map(({ chain }) =>
  chain.map((der) => new X509Certificate(der).subject.replace('CN=', '')))

t.test('every provider takes every key type of TLS 1.3', (t) => {
  const types: KeyType[] = ['rsa', 'rsa-pss', 'P-256', 'P-384', 'P-521', 'ed25519', 'ed448']
  for (const provider of [crypto, cryptoProvider('noble')]) {
    for (const keyType of types) {
      const { keyPem, pem, certificate } = root.issueServer({ keyType })
      const [credential] = context({ key: keyPem, cert: pem }, provider).credentials
      t.ok(credential!.signer.signatureSchemes.length > 0, `${provider.name} ${keyType}`)
      t.strictSame(Buffer.from(credential!.chain[0]!), Buffer.from(certificate))
    }
  }
  t.end()
})

t.test('a chain is ordered whatever order it was given in, and kept as it is otherwise', (t) => {
  const [a, b, c, d] = [server, lower, intermediate, root].map(({ pem }) => pem) as [string, string, string, string]
  const key = server.keyPem
  const ordered = ['localhost', 'Lower', 'Intermediate', 'Root']
  for (const cert of [a + b + c + d, d + c + b + a, c + a + d + b, [b + d, a + c], [d, c, b, a], [a, b + c + d]]) {
    t.strictSame(subjects({ key, cert }), [ordered])
  }
  t.strictSame(subjects({ key, cert: c + b + a }), [ordered.slice(0, 3)], 'the root is not added')
  t.strictSame(subjects({ key, cert: a }), [['localhost']], 'nothing is added')
  t.strictSame(subjects({ key, cert: a + c }), [['localhost', 'Intermediate']], 'across a gap what was given is kept')
  t.strictSame(subjects({ key, cert: a + b + a + b }), [['localhost', 'Lower']], 'each certificate once')
  t.strictSame(subjects({ key, cert: key + b + a }), [['localhost', 'Lower']], 'a key in the same file is passed over')
  t.strictSame(subjects({ key: key + a + b, cert: key + a + b }), [['localhost', 'Lower']], 'one file for both')
  t.end()
})

t.test('certificates may be DER, and PEM under older labels', (t) => {
  const key = server.keyPem
  t.strictSame(subjects({ key, cert: Buffer.from(chain[0]!) }), [['localhost']])
  t.strictSame(subjects({ key, cert: [...chain].reverse() }), [['localhost', 'Lower', 'Intermediate', 'Root']])
  t.strictSame(subjects({ key, cert: new Uint8Array(Buffer.from(server.pem)) }), [['localhost']])
  t.strictSame(subjects({ key, cert: toPem('X509 CERTIFICATE', chain[0]!) }), [['localhost']])
  t.end()
})

t.test('of two issuers with one name and one key, both are sent', (t) => {
  const other = createAuthority({ name: 'Other root' })
  const twin = other.issueAuthority({ name: 'Lower', privateKey: lower.privateKey })
  const cert = server.pem + twin.pem + lower.pem
  const [credential] = context({ key: server.keyPem, cert }).credentials
  t.strictSame(credential!.chain.map((der) => Buffer.from(der)), [server, twin, lower].map(({ certificate }) => certificate))
  t.end()
})

t.test('issuers that sign each other in a circle end', (t) => {
  const first = createAuthority({ name: 'A' })
  const second = createAuthority({ name: 'B' })
  const firstBySecond = second.issueAuthority({ name: 'A', privateKey: first.privateKey })
  const secondByFirst = first.issueAuthority({ name: 'B', privateKey: second.privateKey })
  const leaf = first.issueServer()
  t.strictSame(subjects({ key: leaf.keyPem, cert: secondByFirst.pem + leaf.pem + firstBySecond.pem }), [['localhost', 'A', 'B']])
  t.end()
})

t.test('an issuer whose key is of no known kind ends the path, and is kept', (t) => {
  const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex')
  const unknown = Buffer.from(lower.certificate)
  unknown[unknown.indexOf(ecPublicKey) + ecPublicKey.length - 1] = 0x7f
  t.strictSame(subjects({ key: server.keyPem, cert: [Buffer.concat([Buffer.from(server.pem), Buffer.from(toPem('CERTIFICATE', unknown))])] }),
    [['localhost', 'Lower']])
  t.end()
})

t.test('BER, which OpenSSL reads, and extensions that cannot be read are refused', (t) => {
  const garbled = root.issueServer({ keyUsage: null, extensions: [extension('2.5.29.15', true, Buffer.from('0401ff', 'hex'))] })
  refuses(t, () => context({ key: garbled.keyPem, cert: garbled.pem }), 'cert', /extensions cannot be read/)
  const endless = Buffer.from(server.certificate)
  endless.write('44xx', endless.indexOf('440101000000Z'), 'latin1')
  refuses(t, () => context({ key: server.keyPem, cert: endless }), 'cert', /end cannot be read/)
  // The outer SEQUENCE in DER, the TBSCertificate in it of indefinite length (X.690 §8.1.3.6).
  const content = Buffer.from(root.certificate).subarray(4)
  const end = 4 + content.readUInt16BE(2)
  const ber = sequence(Buffer.from([0x30, 0x80]), content.subarray(4, end), Buffer.from([0, 0]), content.subarray(end))
  t.equal(new X509Certificate(ber).subject, 'CN=Root')
  refuses(t, () => context({ key: server.keyPem, cert: server.pem, ca: toPem('CERTIFICATE', ber) }), 'ca', /not DER/)
  t.end()
})

t.test('several keys find their certificates, wherever they stand', (t) => {
  const rsa = root.issueServer({ name: 'rsa', keyType: 'rsa' })
  const ec = lower.issueServer({ name: 'ec' })
  const ed = root.issueServer({ name: 'ed', keyType: 'ed25519' })
  const all = context({ key: [rsa.keyPem, ec.keyPem, ed.keyPem], cert: [ed.pem, lower.pem + ec.pem, rsa.pem] })
  t.strictSame(all.credentials.map(({ name, signer }) => [name, signer.keyType]),
    [['default/rsa', 'rsa'], ['default/secp256r1', 'ec'], ['default/ed25519', 'ed25519']])
  t.strictSame(subjects({ key: [rsa.keyPem, ec.keyPem], cert: rsa.pem + ec.pem + lower.pem }), [['rsa', 'Lower'], ['ec', 'Lower']],
    'one file of two chains: the other key\'s certificate is not sent')
  t.strictSame(subjects({ key: ec.keyPem + rsa.keyPem, cert: [ec.pem, rsa.pem] }), [['ec'], ['rsa']], 'two keys in one file')
  t.equal(context({ key: rsa.keyPem, cert: rsa.pem }).credentials[0]!.name, 'default')
  t.end()
})

t.test('what does not belong together is refused', (t) => {
  const other = root.issueServer({ name: 'other', keyType: 'P-384' })
  const request = '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n'
  const delta = extension('2.5.29.27', true, integer(1))
  const huge = createAuthority({ name: 'Huge', subjectAltName: Array<string>(5000).fill('DNS:x') })
  const key = server.keyPem
  const secrets = piecesOf(server.key)
  const cases: Array<[SecureContextOptions, string, RegExp]> = [
    [{}, 'key', /is missing: give key and cert, or pfx/],
    [{ cert: server.pem }, 'key', /is missing/],
    [{ key }, 'cert', /is missing/],
    [{ key, cert: [] }, 'cert', /is missing/],
    [{ key, cert: other.pem }, 'key', /belongs to none of the certificates in cert:/],
    [{ key: [key, other.keyPem], cert: [server.pem] }, 'key[1]', /belongs to none/],
    [{ key, cert: [server.pem, other.pem] }, 'cert[1]', /no key belongs to it/],
    [{ key: [key, root.issueServer().keyPem], cert: server.pem }, 'key[1]', /a second secp256r1 key beside key\[0\]/],
    [{ key: key + key, cert: server.pem }, 'key', /beside the first in it/],
    [{ key, cert: key }, 'cert', /holds no certificate but a private key/],
    [{ key, cert: request }, 'cert', /a certificate request/],
    [{ key, cert: toPem('TRUSTED CERTIFICATE', chain[0]!) }, 'cert', /trust settings/],
    [{ key, cert: toPem('CERTIFICATE', chain[0]!.subarray(0, 99)) }, 'cert', /certificate that cannot be read/],
    [{ key, cert: [server.pem, 'nonsense'] }, 'cert[1]', /not PEM/],
    [{ key, cert: server.pem, ca: [root.pem, key] }, 'ca[1]', /holds no certificate but a private key/],
    [{ key, cert: server.pem, ca: root.issueCrl().pem }, 'ca', /a certificate revocation list/],
    [{ key, cert: server.pem, crl: root.pem }, 'crl', /no certificate revocation list but a certificate/],
    [{ key, cert: server.pem, crl: toPem('X509 CRL', Buffer.from('3000', 'hex')) }, 'crl', /cannot be read/],
    [{ key, cert: server.pem, crl: [root.issueCrl().pem, root.issueCrl({ extensions: [delta] }).pem] }, 'crl[1]', /delta CRLs are not supported/],
    [{ key, cert: server.pem, ca: [root.pem, huge.pem] }, 'ca[1]', /nothing can be verified/],
    [{ key, cert: server.pem, passphrase: 17 as never }, 'passphrase', /must be a string/],
    [{ key, cert: server.pem, kye: key } as never, 'kye', /did you mean key\?/],
    [null as never, 'secure context', /must be an object/]
  ]
  for (const [options, option, reason] of cases) refuses(t, () => context(options), option, reason, secrets)
  t.end()
})

t.test('DER of the wrong kind is named', (t) => {
  const key = server.keyPem
  const der = (form: 'pkcs8' | 'sec1'): Buffer => server.privateKey.export({ format: 'der', type: form })
  const rsa = generateKeys('rsa')
  const crl = root.issueCrl().der
  const kinds: Array<[Uint8Array, RegExp]> = [
    [der('pkcs8'), /a private key/],
    [der('sec1'), /a private key/],
    [rsa.privateKey.export({ format: 'der', type: 'pkcs1' }), /a private key/],
    [rsa.privateKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'x' }), /a private key/],
    [rsa.publicKey.export({ format: 'der', type: 'spki' }), /a public key/],
    [rsa.publicKey.export({ format: 'der', type: 'pkcs1' }), /a public key/],
    [crl, /a certificate revocation list/],
    [Buffer.from('3003020100', 'hex'), /DER of another kind/]
  ]
  for (const [input, reason] of kinds) refuses(t, () => context({ key, cert: input }), 'cert', reason, piecesOf(server.key))
  refuses(t, () => context({ key: chain[0]!, cert: chain[0]! }), 'key', /but a certificate$/)
  t.end()
})

t.test('an expired certificate serves, and says when it ended', (t) => {
  const notAfter = new Date('2024-06-01T12:00:00Z')
  const { keyPem, pem } = root.issueServer({ notAfter })
  t.equal(context({ key: keyPem, cert: pem }).credentials[0]!.notAfter, notAfter.getTime())
  t.end()
})

t.test('key usage must allow signatures, where there is one', (t) => {
  const encipher = root.issueServer({ keyType: 'rsa', keyUsage: ['keyEncipherment'] })
  refuses(t, () => context({ key: encipher.keyPem, cert: encipher.pem }), 'cert', /no digitalSignature.*RFC 8446 §4\.4\.2\.2/)
  for (const keyUsage of [null, ['digitalSignature', 'keyEncipherment']] as const) {
    const { keyPem, pem } = root.issueServer({ keyUsage })
    t.equal(context({ key: keyPem, cert: pem }).credentials.length, 1)
  }
  const old = createSelfSigned({ name: 'v1', version: 0 })
  t.equal(context({ key: old.keyPem, cert: old.pem }).credentials.length, 1)
  t.end()
})

t.test('certificate_authorities are the subjects of ca, each once and byte by byte', (t) => {
  const odd = createAuthority({ name: [{ type: 'C', value: 'AT', encoding: 'printable' }, { type: 'O', value: 'Ünder', encoding: 'bmp' }] })
  const old = createSelfSigned({ name: 'Old', version: 0 })
  const { keyPem, pem } = server
  const made = context({ key: keyPem, cert: pem, ca: [root.pem + root.pem, odd.certificate, old.pem] })
  t.strictSame(made.certificateAuthorities.map((name) => Buffer.from(name)), [root, odd, old].map(({ subject }) => Buffer.from(subject)))
  t.strictSame(context({ key: keyPem, cert: pem }).certificateAuthorities, [])
  t.strictSame(context({ key: keyPem, cert: pem, ca: [] }).certificateAuthorities, [])
  t.end()
})

t.test('more names than a CertificateRequest takes are refused', (t) => {
  const ca = Array.from({ length: 3 }, (_, index) => createAuthority({ name: `${index}`.repeat(30_000) }).pem)
  t.equal(context({ key: server.keyPem, cert: server.pem, ca: ca.slice(1) }).certificateAuthorities.length, 2)
  refuses(t, () => context({ key: server.keyPem, cert: server.pem, ca }), 'ca', /90\d{3} bytes in all, and a CertificateRequest takes 65533/)
  t.end()
})

t.test('the policy changes with certificates, trust anchors and lists, and with nothing else', (t) => {
  const options = { key: server.keyPem, cert: server.pem + lower.pem }
  const policy = (more: SecureContextOptions = {}, provider = crypto): string => Buffer.from(context({ ...options, ...more }, provider).policy).toString('hex')
  const [one, two] = [root.pem, createAuthority({ name: 'Second' }).pem]
  const crl = root.issueCrl().pem
  const renewed = lower.issueServer({ privateKey: server.privateKey })

  t.match(policy(), /^[0-9a-f]{64}$/)
  t.equal(policy({ ca: [one, two] }), policy({ ca: two + one + two }), 'order and repetition of ca')
  t.equal(policy({ cert: lower.pem + server.pem }), policy(), 'order of cert')
  t.equal(policy({}, cryptoProvider('noble')), policy(), 'provider')
  const all = [
    policy(), policy({ ca: one }), policy({ ca: two }), policy({ ca: [one, two] }), policy({ crl }), policy({ ca: one, crl }),
    policy({ cert: server.pem }), policy({ cert: renewed.pem + lower.pem }), policy({ cert: server.pem, ca: lower.pem })
  ]
  t.equal(new Set(all).size, all.length, 'all differ')
  t.end()
})

t.test('a provider that cannot sign, or signs with another key, is refused', (t) => {
  const options = { key: server.keyPem, cert: server.pem }
  const failing = { ...crypto, name: 'mine', signer () { throw new Error(server.keyPem) } }
  refuses(t, () => context(options, failing), 'key', /provider mine cannot sign with a key of type secp256r1/, [...piecesOf(server.key), 'PRIVATE'])
  const strange = { ...crypto, name: 'mine', signer: () => crypto.signer(root.key) }
  refuses(t, () => context(options, strange), 'crypto', /mine made a signer of another public key than that of key/)
  t.end()
})

t.test('the verifier trusts ca and nothing else', async (t) => {
  const client = root.issueClient()
  const trusting = context({ key: server.keyPem, cert: server.pem, ca: root.pem })
  t.equal((await trusting.verifier.verify([client.certificate])).authorized, true)
  const lonely = context({ key: server.keyPem, cert: server.pem + root.pem })
  t.equal((await lonely.verifier.verify([client.certificate])).authorized, false)
  const revoking = context({ key: server.keyPem, cert: server.pem, ca: root.pem, crl: root.issueCrl({ revoked: [client] }).pem })
  t.equal((await revoking.verifier.verify([client.certificate])).authorizationError, 'CERT_REVOKED')
})
