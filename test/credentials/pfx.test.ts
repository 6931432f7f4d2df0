import { createRequire } from 'node:module'
import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { readArchives } from '../../lib/credentials/pfx.ts'
import type { Archive } from '../../lib/credentials/pfx.ts'
import { createSecureContext } from '../../lib/credentials/secure-context.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { explicit, integer, octetString, oid, sequence } from '../helpers/der.ts'
import { piecesOf, refuses } from '../helpers/invalid-option.ts'
import { createAuthority } from '../helpers/pki.ts'
import type { Credential, KeyType } from '../helpers/pki.ts'

const forge = createRequire(import.meta.url)('node-forge')
const root = createAuthority({ name: 'Root', keyType: 'rsa' })
const rsa = root.issueServer({ name: 'rsa', keyType: 'rsa' })
const passphrase = 'correct horse'

t.test('an RSA archive, sealed in each way that the library knows', (t) => {
  for (const algorithm of ['aes256', 'aes128', '3des']) {
    for (const value of ['', passphrase]) {
      const [archive, ...others] = readArchives(seal(rsa, [root], value, { algorithm }), value)
      t.equal(others.length, 0)
      holds(t, archive!, rsa, [rsa, root])
    }
  }
  t.end()
})

t.test('without a passphrase the empty one is tried, and none at all', (t) => {
  holds(t, readArchives(seal(rsa, [], ''), undefined)[0]!, rsa, [rsa])
  holds(t, readArchives(seal(rsa, [], null), undefined)[0]!, rsa, [rsa])
  t.end()
})

t.test('keys of every type but RSA-PSS', (t) => {
  for (const keyType of ['P-256', 'P-384', 'P-521', 'ed25519', 'ed448'] satisfies KeyType[]) {
    const credential = createAuthority({ name: 'EC' }).issueServer({ keyType })
    holds(t, readArchives(assemble(shroudedKey(credential), certificate(credential)), passphrase)[0]!, credential, [credential])
  }
  t.end()
})

t.test('an archive serves as key and cert do, beside others', (t) => {
  const ec = root.issueServer({ name: 'ec' })
  const ed = root.issueServer({ name: 'ed', keyType: 'ed25519' })
  const context = createSecureContext({
    key: ec.keyPem,
    cert: ec.pem,
    pfx: [{ buf: seal(rsa, [root], 'own'), passphrase: 'own' }, assemble(shroudedKey(ed), certificate(ed))],
    passphrase
  }, { crypto: cryptoProvider('node'), now: Date.now, name: 'x' })
  t.strictSame(context.credentials.map(({ name, chain }) => [name, chain.map((der) => new X509Certificate(der).subject)]), [
    ['x/secp256r1', ['CN=ec', 'CN=Root']],
    ['x/rsa', ['CN=rsa', 'CN=Root']],
    ['x/ed25519', ['CN=ed', 'CN=Root']]
  ])
  t.end()
})

t.test('a string is taken byte by byte, as node:tls does', (t) => {
  holds(t, readArchives(seal(rsa, [], passphrase).toString('latin1'), passphrase)[0]!, rsa, [rsa])
  t.end()
})

t.test('archives that cannot serve are refused with the reason', (t) => {
  const sealed = seal(rsa, [], passphrase)
  const damaged = Buffer.from(sealed)
  damaged[60]! ^= 1
  const weak = root.issueServer({ keyType: 'rsa-1024' })
  const secrets = [passphrase, 'battery staple', ...piecesOf(rsa.key)]
  const cases: Array<[unknown, string | undefined, string, RegExp]> = [
    [sealed, undefined, 'pfx', /does not open without a passphrase/],
    [sealed, 'battery staple', 'passphrase', /does not open pfx, or/],
    [[sealed, { buf: sealed, passphrase: 'battery staple' }], passphrase, 'pfx[1].passphrase', /does not open pfx\[1\]/],
    [damaged, passphrase, 'passphrase', /does not open pfx, or/],
    [sealed, 'pässword', 'passphrase', /ASCII passphrases only/],
    [sealed.subarray(0, 200), passphrase, 'pfx', /not a PKCS#12 archive/],
    [Buffer.from(rsa.keyPem), passphrase, 'pfx', /not a PKCS#12 archive/],
    ['', passphrase, 'pfx', /not a PKCS#12 archive/],
    [{ buf: 17 }, passphrase, 'pfx', /Buffer/],
    [17, passphrase, 'pfx', /buf and passphrase/],
    [assemble(certificate(rsa)), passphrase, 'pfx', /holds no private key/],
    [assemble(shroudedKey(rsa)), passphrase, 'pfx', /holds no certificate/],
    [seal(weak, [], passphrase), passphrase, 'pfx', /1024 bits/]
  ]
  for (const [pfx, given, option, reason] of cases) refuses(t, () => readArchives(pfx, given), option, reason, secrets)
  t.end()
})

t.test('what an archive holds must belong together', (t) => {
  const options = { pfx: assemble(shroudedKey(rsa), certificate(root)), passphrase }
  refuses(t, () => createSecureContext(options, { crypto: cryptoProvider('node'), now: Date.now, name: 'x' }),
    'pfx', /belongs to none of the certificates in pfx/)
  t.end()
})

t.test('without node-forge the message says what to install', async (t) => {
  const absent = (code: string) => ({
    'node:module': {
      createRequire: () => () => {
        throw Object.assign(new Error('absent'), { code })
      }
    }
  })
  const load = (code: string): Promise<{ readArchives: typeof readArchives }> => t.mockImport('../../lib/credentials/pfx.ts', absent(code))
  const missing = await load('MODULE_NOT_FOUND')
  refuses(t, () => missing.readArchives(seal(rsa, [], ''), undefined), 'pfx', /npm install node-forge/)
  t.strictSame(missing.readArchives(undefined, undefined), [], 'which nobody needs who gives no archive')
  const broken = await load('ERR_OTHER')
  t.throws(() => broken.readArchives(seal(rsa, [], ''), undefined), { message: 'absent' })
})

function holds (t: Test, { keys, bundle }: Archive, { privateKey }: Credential, certificates: Credential[]): void {
  t.equal(keys.length, 1)
  t.ok(keys[0]!.key.equals(privateKey))
  t.strictSame(bundle.certificates.map(({ raw }) => raw), certificates.map(({ certificate }) => Buffer.from(certificate)))
}

/** An archive as the library makes it, of an RSA key. */
function seal (credential: Credential, issuers: Credential[], password: string | null, options: object = {}): Buffer {
  const key = forge.pki.privateKeyFromPem(credential.keyPem)
  const certificates = [credential, ...issuers].map(({ pem }) => forge.pki.certificateFromPem(pem))
  return bytesOf(forge.pkcs12.toPkcs12Asn1(key, certificates, password, { algorithm: 'aes256', ...options }))
}

/** An archive of any bags, without a MAC (RFC 7292 §4). */
function assemble (...bags: Uint8Array[]): Buffer {
  const contentInfo = (content: Uint8Array): Uint8Array => sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octetString(content)))
  return Buffer.from(sequence(integer(3), contentInfo(sequence(contentInfo(sequence(...bags))))))
}

function shroudedKey ({ key }: Credential): Uint8Array {
  const info = forge.asn1.fromDer(Buffer.from(key).toString('latin1'))
  const encrypted = forge.pki.encryptPrivateKeyInfo(info, passphrase, { algorithm: 'aes256', prfAlgorithm: 'sha256' })
  return sequence(oid('1.2.840.113549.1.12.10.1.2'), explicit(0, bytesOf(encrypted)))
}

function certificate ({ certificate }: Credential): Uint8Array {
  return sequence(oid('1.2.840.113549.1.12.10.1.3'),
    explicit(0, sequence(oid('1.2.840.113549.1.9.22.1'), explicit(0, octetString(certificate)))))
}

function bytesOf (asn1: object): Buffer {
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1')
}

type Test = import('tap').Test
