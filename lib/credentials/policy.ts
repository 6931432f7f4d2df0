/** What decides who may resume a session, as 32 bytes: tickets are sealed under it (types/credentials.ts). */
import type { CryptoProvider } from '../../types/crypto.ts'
import type { Material } from './material.ts'

/** The order in which certificates and lists were given makes no difference: processes that share keys need not agree on it. */
export function policyOf (material: Material, crypto: CryptoProvider): Uint8Array {
  const hash = crypto.sha256.start()
  const add = (bytes: Uint8Array): void => {
    hash.update(uint32(bytes.length))
    hash.update(bytes)
  }
  const section = (label: string, list: readonly Uint8Array[]): void => {
    add(Buffer.from(label))
    hash.update(uint32(list.length))
    for (const der of [...list].sort(Buffer.compare)) add(der)
  }
  section('fastify-tls13 policy v1 certificates', material.credentials.flatMap(({ chain }) => chain))
  section('trust anchors', material.trustAnchors)
  section('revocation lists', material.revocationLists)
  return hash.digest()
}

function uint32 (value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
