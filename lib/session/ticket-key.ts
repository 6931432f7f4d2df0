/**
 * One key of the ring and the shape of a ticket, which is RFC 5077 §4's with an AEAD:
 *
 *     struct {
 *         opaque key_name[16];
 *         opaque nonce[12];
 *         opaque encrypted_state[...];   // with the tag, to the end
 *     } ticket;
 */
import { bufferOf, unwritten, wipe } from '../core/wire/memory.ts'
import type { Aead, CipherSuite, CryptoProvider, Hash } from '../../types/crypto.ts'
import { BoundedMap } from './bounded-map.ts'

/** What tickets of one policy are sealed and opened with. */
interface PolicyKey {
  readonly aead: Aead
  readonly additionalData: Uint8Array
  destroy (): void
}

/** A key that seals and opens tickets, under a key of its own for each policy. */
export class TicketKey {
  readonly name: Uint8Array
  readonly #crypto: CryptoProvider
  readonly #suite: CipherSuite
  readonly #policyKeys: BoundedMap<PolicyKey>
  /** The policy that was asked for last, as an object: most servers have one. */
  #lastPolicy: Uint8Array | null
  #lastPolicyKey: PolicyKey | null
  #secret: Uint8Array | null
  #numSealed: number

  /**
   * @param name 16 bytes that tickets carry in the clear
   * @param secret uniformly random; the key owns it from here on
   * @throws {TypeError} when the provider has no AES-256-GCM
   */
  constructor (crypto: CryptoProvider, name: Uint8Array, secret: Uint8Array) {
    this.name = name
    this.#crypto = crypto
    this.#suite = ticketSuite(crypto)
    this.#policyKeys = new BoundedMap(maxPolicyKeys)
    this.#lastPolicy = this.#lastPolicyKey = null
    this.#secret = secret
    this.#numSealed = 0
  }

  /** Tickets sealed so far: random nonces allow 2^32 under one key (NIST SP 800-38D §8.3). */
  get numSealed (): number {
    return this.#numSealed
  }

  /** @throws {Error} after `destroy` */
  seal (state: Uint8Array, policy: Uint8Array): Uint8Array {
    const { aead, additionalData } = this.#policyKey(policy)
    const nonce = this.#crypto.random(nonceLength)
    const ticket = unwritten(ticketOverhead + state.length)
    ticket.set(this.name)
    ticket.set(nonce, keyNameLength)
    ticket.set(state, headerLength)
    aead.seal(nonce, additionalData, ticket, headerLength, headerLength + state.length)
    this.#numSealed++
    return ticket
  }

  /**
   * @param ticket at least `ticketOverhead` bytes
   * @returns the state; null when the ticket is not one of this key under this policy
   * @throws {Error} after `destroy`
   */
  open (ticket: Uint8Array, policy: Uint8Array): Uint8Array | null {
    const { aead, additionalData } = this.#policyKey(policy)
    const nonce = ticket.subarray(keyNameLength, headerLength)
    return aead.open(nonce, additionalData, ticket, headerLength, ticket.length)
  }

  /** Forgets the key: RFC 9325 §3.4 asks that keys be destroyed when their tickets have ended. */
  destroy (): void {
    if (this.#secret !== null) wipe(this.#secret)
    this.#secret = null
    this.#policyKeys.clear()
    this.#lastPolicy = this.#lastPolicyKey = null
  }

  #policyKey (policy: Uint8Array): PolicyKey {
    if (policy === this.#lastPolicy && this.#lastPolicyKey !== null) return this.#lastPolicyKey
    this.#lastPolicyKey = this.#keyOf(policy)
    this.#lastPolicy = policy
    return this.#lastPolicyKey
  }

  #keyOf (policy: Uint8Array): PolicyKey {
    if (this.#secret === null) throw new Error('the ticket key was destroyed')
    const id = bufferOf(policy).toString('latin1')
    const known = this.#policyKeys.get(id)
    if (known !== undefined) return known

    const aead = this.#suite.aead(expand(this.#suite.hash, this.#secret, 'policy', policy, this.#suite.keyLength))
    const made = { aead, additionalData: this.#additionalData(policy), destroy () { aead.destroy() } }
    this.#policyKeys.add(id, made)
    return made
  }

  #additionalData (policy: Uint8Array): Uint8Array {
    const data = new Uint8Array(keyNameLength + 1 + policy.length)
    data.set(this.name)
    data[keyNameLength] = version
    data.set(policy, keyNameLength + 1)
    return data
  }
}

/** HKDF-Expand of one block (RFC 5869 §2.3), with a label of ours before what the key is for. */
export function expand (hash: Hash, secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  return hash.hmac(secret, Buffer.concat([Buffer.from(`fastify-tls13 ticket ${label}\0`), context, oneBlock])).subarray(0, length)
}

/** HKDF-Extract (RFC 5869 §2.2), with a label of ours as the salt. */
export function extract (hash: Hash, secret: Uint8Array): Uint8Array {
  return hash.hmac(Buffer.from('fastify-tls13 ticket secret'), secret)
}

/** The AEAD of tickets. @throws {TypeError} when the provider has none */
export function ticketSuite (crypto: CryptoProvider): CipherSuite {
  const suite = crypto.cipherSuites.find((candidate) => candidate.name === cipherSuite)
  if (suite === undefined) throw new TypeError(`the crypto provider ${crypto.name} has no ${cipherSuite}, which session tickets need`)
  return suite
}

/** HKDF-Expand's counter (RFC 5869 §2.3). */
const oneBlock = Uint8Array.of(1)

export const keyNameLength = 16

/** The AEAD of every ticket: at least as strong as any suite it stands in for (RFC 9325 §3.4). */
const cipherSuite = 'TLS_AES_256_GCM_SHA384'
const version = 1
export const nonceLength = 12
const headerLength = keyNameLength + nonceLength

const tagLength = 16

/** Bytes of a ticket beside its state. */
export const ticketOverhead = headerLength + tagLength

/** Policies whose key is kept ready; those beyond are derived again when needed. */
const maxPolicyKeys = 64
