/** Randomness from a seed, all through a server: its provider, its ephemeral keys, its tickets. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { CryptoProvider, NamedGroup } from '../../types/crypto.ts'
import type { OpenedTicket, TicketProtector } from '../../types/session.ts'
import { concat, keyPair } from './client/index.ts'
import type { Random } from './client/index.ts'

/** SHA-256 in counter mode over a seed. */
export function seeded (seed: string): Random {
  let counter = 0
  let pool = new Uint8Array(0)
  return (length) => {
    while (pool.length < length) {
      pool = Uint8Array.from(concat(pool, createHash('sha256').update(`${seed} ${counter++}`).digest()))
    }
    const out = pool.slice(0, length)
    pool = pool.slice(length)
    return out
  }
}

/** The provider with that randomness, ephemeral keys included; null: as it is. */
export function scripted (crypto: CryptoProvider, random: Random | null): CryptoProvider {
  if (random === null) return crypto
  const namedGroups = crypto.namedGroups.filter((group) => group.id !== 0x11ec).map((group) => scriptedGroup(group, random))
  return { ...crypto, random, namedGroups }
}

/** A group that answers with a key made of `random`, by the test client's own key exchange. */
export function scriptedGroup (group: NamedGroup, random: Random): NamedGroup {
  return {
    id: group.id,
    name: group.name,
    byDefault: group.byDefault,
    encapsulate (clientShare) {
      const own = keyPair(group.id, random)
      try {
        return { share: own.share, secret: own.secret(clientShare) }
      } catch {
        return null
      }
    }
  }
}

/** AES-256-GCM with the policy as additional data; the core judges lifetimes itself. */
export class PlainProtector implements TicketProtector {
  readonly #random: Random
  readonly #key: Uint8Array

  constructor (random: Random = (length) => new Uint8Array(randomBytes(length))) {
    this.#random = random
    this.#key = random(32)
  }

  seal (state: Uint8Array, policy: Uint8Array): Uint8Array {
    const nonce = this.#random(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(policy)
    return concat(nonce, cipher.update(state), cipher.final(), cipher.getAuthTag())
  }

  open (ticket: Uint8Array, policy: Uint8Array): OpenedTicket {
    if (ticket.length < 28) return { state: null, refused: 'unknown' }
    const cipher = createDecipheriv('aes-256-gcm', this.#key, ticket.slice(0, 12)).setAAD(policy).setAuthTag(ticket.slice(-16))
    try {
      return { state: concat(cipher.update(ticket.slice(12, -16)), cipher.final()), refused: null }
    } catch {
      return { state: null, refused: 'unknown' }
    }
  }
}
