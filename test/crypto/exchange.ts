/** What the tests of key exchange groups share: the client's side, and what has to hold of every answer. */
import type { Test } from 'tap'
import { namedGroupNamed } from '../../lib/crypto/index.ts'
import { hex } from './support.ts'
import type { CryptoProvider, NamedGroup } from '../../types/crypto.ts'

/** A client's side of a key exchange: its share, and the secret once it has ours. */
export interface Client { share: Uint8Array, secret (answer: Uint8Array): Uint8Array }

export function named (provider: CryptoProvider, name: string): NamedGroup {
  return namedGroupNamed(provider, name)!
}

export function agree (t: Test, group: NamedGroup, client: Client, shareLength: number, secretLength: number): void {
  const answer = group.encapsulate(client.share)!
  t.equal(answer.share.length, shareLength)
  t.equal(answer.secret.length, secretLength)
  t.equal(hex(answer.secret), hex(client.secret(answer.share)), 'both have the same secret')
}

export function fresh (t: Test, group: NamedGroup, share: Uint8Array): void {
  const first = group.encapsulate(share)!
  const second = group.encapsulate(share)!
  t.not(hex(first.share), hex(second.share), 'every answer has a key of its own')
  t.not(hex(first.secret), hex(second.secret))
}

export function withLength (data: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length)
  whole.set(data.subarray(0, length))
  return whole
}
