/** Certificates and keys as files, made anew for each run: a CA, a server with each type of key, a client. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority } from '../test/helpers/pki.ts'
import type { Credential } from '../test/helpers/pki.ts'

export type KeyType = 'P-256' | 'rsa'
export interface Files { key: string, cert: string }
export interface Credentials { ca: string, client: Files, servers: Record<KeyType, Files> }

/** @param folder where the files go */
export function writeCredentials (folder: string): Credentials {
  const authority = createAuthority({ name: 'Benchmark CA' })
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, authority.pem)
  return {
    ca,
    client: write(folder, 'client', authority.issueClient({ name: 'client' })),
    servers: {
      'P-256': write(folder, 'server-ec', authority.issueServer({ keyType: 'P-256' })),
      rsa: write(folder, 'server-rsa', authority.issueServer({ keyType: 'rsa' }))
    }
  }
}

function write (folder: string, name: string, { pem, keyPem }: Credential): Files {
  const files = { key: join(folder, `${name}.key`), cert: join(folder, `${name}.pem`) }
  writeFileSync(files.cert, pem)
  writeFileSync(files.key, keyPem, { mode: 0o600 })
  return files
}
