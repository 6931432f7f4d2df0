/**
 * Certificates and keys as files, made anew for each run: a CA, a server with each type of key, a client. A server's file
 * has the intermediate, too, as one from a public CA has. Given the leaf alone, OpenSSL looks in each handshake for what
 * belongs behind it, in `ca`, and verifies what it finds: that is work that nobody who has the whole chain pays for.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority } from '../test/helpers/pki.ts'
import type { Authority, Credential } from '../test/helpers/pki.ts'

export type KeyType = 'P-256' | 'rsa'
export interface Files { key: string, cert: string }
export interface Credentials { ca: string, client: Files, servers: Record<KeyType, Files> }

/** @param folder where the files go */
export function writeCredentials (folder: string): Credentials {
  const authority = createAuthority({ name: 'Benchmark CA' })
  const intermediate = authority.issueAuthority({ name: 'Benchmark Intermediate' })
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, authority.pem)
  return {
    ca,
    client: write(folder, 'client', [authority.issueClient({ name: 'client' })]),
    servers: {
      'P-256': write(folder, 'server-ec', [intermediate.issueServer({ keyType: 'P-256' }), intermediate]),
      rsa: write(folder, 'server-rsa', [intermediate.issueServer({ keyType: 'rsa' }), intermediate])
    }
  }
}

/** @param chain the key's certificate first */
function write (folder: string, name: string, chain: readonly [Credential, ...Authority[]]): Files {
  const files = { key: join(folder, `${name}.key`), cert: join(folder, `${name}.pem`) }
  writeFileSync(files.cert, chain.map(({ pem }) => pem).join(''))
  writeFileSync(files.key, chain[0].keyPem, { mode: 0o600 })
  return files
}
