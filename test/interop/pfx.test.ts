/** PKCS#12 archives as the openssl command makes them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readArchives } from '../../lib/credentials/pfx.ts'
import { refuses } from '../helpers/invalid-option.ts'
import { createAuthority } from '../helpers/pki.ts'
import type { Credential, KeyType } from '../helpers/pki.ts'
import { interop } from './tool.ts'

const directory = mkdtempSync(join(tmpdir(), 'fastify-tls13-pfx-'))
t.teardown(() => rmSync(directory, { recursive: true }))

const test = interop('openssl')
const root = createAuthority({ name: 'Root', keyType: 'rsa' })

test('archives of each key type, sealed in each way', async (t) => {
  // -legacy came with OpenSSL 3; before, its algorithms were the default.
  const legacy = openssl(['version']).startsWith('OpenSSL 1') ? [] : ['-legacy']
  const ways: Array<[string, string[]]> = [
    ['default', []],
    ['legacy', legacy],
    ['3DES and SHA-1', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['AES-128', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha512']],
    ['certificates in the clear', ['-certpbe', 'NONE']],
    ['key in the clear', ['-keypbe', 'NONE']],
    ['no MAC', ['-nomac']],
    ['a name for it', ['-name', 'server']]
  ]
  for (const keyType of ['rsa', 'P-256', 'P-521', 'ed25519'] satisfies KeyType[]) {
    const credential = root.issueServer({ keyType })
    for (const [way, args] of ways) {
      const [archive] = readArchives(seal(credential, 'secret', args), 'secret')
      t.ok(archive!.keys[0]!.key.equals(credential.privateKey), `${keyType} ${way}: key`)
      t.strictSame(archive!.bundle.certificates.map(({ raw }) => raw), [credential, root].map(({ certificate }) => Buffer.from(certificate)),
        `${keyType} ${way}: certificates byte by byte`)
    }
  }
})

test('certificates signed with RSASSA-PSS keep every byte', async (t) => {
  const credential = root.issueServer({ keyType: 'rsa', pss: true, digest: 'sha384' })
  const [archive] = readArchives(seal(credential, 'secret', []), 'secret')
  t.strictSame(archive!.bundle.certificates[0]!.raw, Buffer.from(credential.certificate))
})

test('the empty passphrase, given or not', async (t) => {
  const credential = root.issueServer()
  for (const passphrase of ['', undefined]) {
    t.ok(readArchives(seal(credential, '', []), passphrase)[0]!.keys[0]!.key.equals(credential.privateKey))
  }
})

test('a wrong passphrase, and one outside ASCII, are refused', async (t) => {
  const credential = root.issueServer()
  refuses(t, () => readArchives(seal(credential, 'secret', []), 'other'), 'passphrase', /does not open pfx, or/, ['other', 'secret'])
  refuses(t, () => readArchives(seal(credential, 'gehëim', []), 'gehëim'), 'passphrase', /ASCII passphrases only/, ['gehëim'])
})

function seal (credential: Credential, passphrase: string, args: string[]): Buffer {
  const file = (name: string): string => join(directory, name)
  writeFileSync(file('key.pem'), credential.keyPem, { mode: 0o600 })
  writeFileSync(file('cert.pem'), credential.pem)
  writeFileSync(file('chain.pem'), root.pem)
  openssl(['pkcs12', '-export', '-inkey', file('key.pem'), '-in', file('cert.pem'), '-certfile', file('chain.pem'),
    '-out', file('archive.p12'), '-passout', `pass:${passphrase}`, ...args])
  return readFileSync(file('archive.p12'))
}

function openssl (args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
