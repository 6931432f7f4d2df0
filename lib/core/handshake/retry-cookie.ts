/**
 * The cookie of a HelloRetryRequest (RFC 8446 §4.2.2): what was decided about the first ClientHello, its hash, and proof that
 * we decided it. Nothing but the key has to be kept to recognise one.
 */
import type { Hash } from '../../../types/crypto.ts'
import { Writer } from '../wire/writer.ts'

export function retryCookie (hash: Hash, key: Uint8Array, firstClientHello: Uint8Array, cipherSuite: number, group: number): Uint8Array {
  const decided = new Writer(64).u16(cipherSuite).u16(group).opaque8(hash.digest(firstClientHello)).toBytes()
  return new Writer(128).raw(decided).raw(hash.hmac(key, decided)).toBytes()
}
