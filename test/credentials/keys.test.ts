import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import t from 'tap'
import { readKeys } from '../../lib/credentials/keys.ts'
import { toPem } from '../helpers/der.ts'
import { piecesOf, refuses } from '../helpers/invalid-option.ts'
import { createAuthority, generateKeys } from '../helpers/pki.ts'
import type { KeyType } from '../helpers/pki.ts'

const passphrase = 'correct horse €'

t.test('every key type of TLS 1.3 is read', (t) => {
  const kinds: Array<[KeyType, string]> = [
    ['rsa', 'rsa'], ['rsa-pss', 'rsa-pss'], ['P-256', 'secp256r1'], ['P-384', 'secp384r1'], ['P-521', 'secp521r1'],
    ['ed25519', 'ed25519'], ['ed448', 'ed448']
  ]
  for (const [type, kind] of kinds) {
    const { privateKey } = generateKeys(type)
    const [read, ...others] = readKeys(privateKey.export({ format: 'pem', type: 'pkcs8' }), undefined)
    t.equal(others.length, 0)
    t.equal(read!.kind, kind)
    t.equal(read!.option, 'key')
    t.ok(read!.key.equals(privateKey), type)
  }
  t.end()
})

t.test('every form of a key is read', (t) => {
  const rsa = generateKeys('rsa').privateKey
  const ec = generateKeys('P-384').privateKey
  const cipher = 'aes-256-cbc'
  const forms: Array<[string, KeyObject, string | Uint8Array]> = [
    ['PKCS#8 PEM', ec, ec.export({ format: 'pem', type: 'pkcs8' })],
    ['PKCS#8 DER', ec, ec.export({ format: 'der', type: 'pkcs8' })],
    ['SEC 1 PEM', ec, ec.export({ format: 'pem', type: 'sec1' })],
    ['SEC 1 DER', ec, ec.export({ format: 'der', type: 'sec1' })],
    ['PKCS#1 PEM', rsa, rsa.export({ format: 'pem', type: 'pkcs1' })],
    ['PKCS#1 DER', rsa, rsa.export({ format: 'der', type: 'pkcs1' })],
    ['encrypted PKCS#8 PEM', rsa, rsa.export({ format: 'pem', type: 'pkcs8', cipher, passphrase })],
    ['encrypted PKCS#8 DER', rsa, rsa.export({ format: 'der', type: 'pkcs8', cipher, passphrase })],
    ['encrypted PKCS#1 PEM', rsa, rsa.export({ format: 'pem', type: 'pkcs1', cipher, passphrase })],
    ['encrypted SEC 1 PEM', ec, ec.export({ format: 'pem', type: 'sec1', cipher, passphrase })]
  ]
  for (const [form, key, input] of forms) {
    t.ok(readKeys(input, passphrase)[0]!.key.equals(key), form)
    if (typeof input !== 'string') continue
    t.ok(readKeys(Buffer.from(input), passphrase)[0]!.key.equals(key), `${form} as bytes`)
    t.ok(readKeys(input.replaceAll('\n', '\r\n'), passphrase)[0]!.key.equals(key), `${form} with CRLF`)
  }
  t.end()
})

t.test('a key among other things is found', (t) => {
  const { keyPem, pem, privateKey } = createAuthority({ name: 'All in one' })
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  t.ok(readKeys(`Bag Attributes\n  name: x\n${pem}\n${parameters}${keyPem}`, undefined)[0]!.key.equals(privateKey))
  t.end()
})

t.test('several keys, each with its passphrase', (t) => {
  const [first, second, third] = [generateKeys('rsa'), generateKeys('P-256'), generateKeys('ed25519')].map(({ privateKey }) => privateKey)
  const pem = (key: KeyObject, passphrase: string): string =>
    key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase }) as string
  const keys = readKeys([
    { pem: pem(first!, 'one'), passphrase: 'one' },
    pem(second!, 'two'),
    { pem: third!.export({ format: 'der', type: 'pkcs8' }) }
  ], 'two')
  t.strictSame(keys.map(({ option }) => option), ['key[0]', 'key[1]', 'key[2]'])
  t.ok(keys.every(({ key }, index) => key.equals([first!, second!, third!][index]!)))
  t.end()
})

t.test('keys that cannot serve are refused with the reason', (t) => {
  const { pem } = createAuthority({ name: 'No key' })
  const exported = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }) as string
  const x25519 = generateKeyPairSync('x25519').privateKey
  const cases: Array<[unknown, string, RegExp]> = [
    [exported(generateKeys('secp256k1').privateKey), 'key', /curve secp256k1.*P-256/],
    [exported(generateKeys('P-192').privateKey), 'key', /curve prime192v1/],
    [exported(x25519), 'key', /type x25519, with which TLS 1\.3 cannot sign/],
    [exported(generateKeys('dsa').privateKey), 'key', /type dsa/],
    [exported(generateKeys('rsa-1024').privateKey), 'key', /1024 bits/],
    [pem, 'key', /holds no private key but a certificate/],
    [[exported(generateKeys('P-256').privateKey), pem], 'key[1]', /a certificate/],
    [Buffer.from('303030'), 'key', /neither PEM nor DER/],
    [toPem('OPENSSH PRIVATE KEY', Buffer.alloc(40)), 'key', /OpenSSH/],
    [toPem('PRIVATE KEY', Buffer.alloc(40, 1)), 'key', /cannot be read \(ERR_/],
    [toPem('PUBLIC KEY', Buffer.alloc(40, 1)), 'key', /but a public key/],
    ['', 'key', /is empty/],
    ['server.key', 'key', /a file name\?/],
    [exported(x25519).replaceAll('\n', '\\n'), 'key', /lost its line breaks/],
    [exported(x25519).replace(/-----END.*/, ''), 'key', /without its -----END PRIVATE KEY-----/],
    ['-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----', 'key', /base64 is damaged/],
    [17, 'key', /must be a string/],
    [null, 'key', /must be a string/],
    [[{ passphrase: 'x' }], 'key[0]', /pem and passphrase/],
    [{ pem: 17 }, 'key', /must be PEM/]
  ]
  for (const [input, option, reason] of cases) {
    refuses(t, () => readKeys(input, undefined), option, reason)
  }
  t.end()
})

t.test('a passphrase that is missing, wrong or no string; and no message shows it or the key', (t) => {
  const { privateKey } = generateKeys('P-256')
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  const secrets = [passphrase, 'battery staple', ...piecesOf(der)]
  const forms = [
    privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase }),
    privateKey.export({ format: 'pem', type: 'sec1', cipher: 'aes-256-cbc', passphrase })
  ]
  for (const pem of forms) {
    refuses(t, () => readKeys(pem, undefined), 'key', /encrypted: its passphrase is missing/, secrets)
    refuses(t, () => readKeys(pem, 'battery staple'), 'passphrase', /does not decrypt key, or/, secrets)
    refuses(t, () => readKeys([{ pem, passphrase: 'battery staple' }], passphrase), 'key[0].passphrase', /does not decrypt key\[0\]/, secrets)
    refuses(t, () => readKeys({ pem, passphrase: 17 }, passphrase), 'key.passphrase', /must be a string/, secrets)
  }
  refuses(t, () => readKeys(der.subarray(0, -8), undefined), 'key', /neither PEM nor DER/, secrets)
  refuses(t, () => readKeys(toPem('PRIVATE KEY', der.subarray(0, -8)), undefined), 'key', /cannot be read/, secrets)
  refuses(t, () => readKeys(toPem('CERTIFICATE', der), undefined), 'key', /holds no private key/, secrets)
  t.end()
})
