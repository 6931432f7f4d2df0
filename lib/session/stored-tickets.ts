/**
 * Tickets that are handles: the session lies in a store, and is taken out of it once (RFC 8446 §8.1). A ticket is all that
 * opens its session, and the store has nothing to do it with:
 *
 *     struct {
 *         opaque id[16];
 *         opaque key[32];    // of AES-256-GCM
 *     } ticket;
 *
 *     name in the store = SHA-256(label || policy || id)
 *     value             = the session state, sealed with the key; the policy is additional data
 *
 * A key seals once, so that its nonce is fixed. The policy is in the name: a ticket of one policy is not found under another,
 * and is not spent by the attempt.
 */
import type { Aead, Awaitable, CipherSuite, CryptoProvider } from '../../types/crypto.ts'
import type { OpenedTicket, TicketProtector } from '../../types/session.ts'
import { opened, refused } from './key-source.ts'
import type { StoreAccess } from './store-access.ts'
import { ticketSuite } from './ticket-key.ts'

export class StoredTickets implements TicketProtector {
  readonly #crypto: CryptoProvider
  readonly #suite: CipherSuite
  readonly #store: StoreAccess

  /** @throws {TypeError} when the provider has no AES-256-GCM */
  constructor (crypto: CryptoProvider, store: StoreAccess) {
    this.#crypto = crypto
    this.#suite = ticketSuite(crypto)
    this.#store = store
  }

  /**
   * The ticket is there at once, the session in the store a little later. Where the store cannot take it the ticket is
   * sent all the same and will not be found: the client does a full handshake, as it would without a ticket, and the
   * number of tickets is what it always is. A ticket that needs no store instead could be used again and again.
   */
  seal (state: Uint8Array, policy: Uint8Array, lifetime: number): Uint8Array {
    const ticket = this.#crypto.random(ticketLength)
    const sealed = Buffer.alloc(state.length + this.#suite.tagLength)
    sealed.set(state)
    this.#withKey(ticket, (aead) => aead.seal(nonce, policy, sealed, 0, state.length))
    this.#store.put(this.#nameOf(ticket, policy), sealed.toString('base64url'), lifetime * 1000)
    return ticket
  }

  /** @returns the state, or why there is none: `unknown`, used before, ended or never there; `rejected`, changed in the store */
  open (ticket: Uint8Array, policy: Uint8Array): Awaitable<OpenedTicket> {
    if (ticket.length !== ticketLength) return refused('unknown')
    const taken = this.#store.take(this.#nameOf(ticket, policy))
    if (!(taken instanceof Promise)) return this.#unseal(taken, ticket, policy)
    // A copy, because the ticket is part of a ClientHello that may be gone by then.
    const copy = new Uint8Array(ticket)
    return taken.then((value) => this.#unseal(value, copy, policy))
  }

  #unseal (value: string | null, ticket: Uint8Array, policy: Uint8Array): OpenedTicket {
    if (typeof value !== 'string') return refused('unknown')
    const sealed = Buffer.from(value, 'base64url')
    if (sealed.length < this.#suite.tagLength) return refused('rejected')
    return opened(this.#withKey(ticket, (aead) => aead.open(nonce, policy, sealed, 0, sealed.length)))
  }

  #withKey<T> (ticket: Uint8Array, use: (aead: Aead) => T): T {
    const aead = this.#suite.aead(new Uint8Array(ticket.subarray(idLength)))
    try {
      return use(aead)
    } finally {
      aead.destroy()
    }
  }

  #nameOf (ticket: Uint8Array, policy: Uint8Array): string {
    const digest = this.#crypto.sha256.digest(Buffer.concat([label, policy, ticket.subarray(0, idLength)]))
    return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString('base64url')
  }
}

const idLength = 16
const ticketLength = idLength + 32
const nonce = new Uint8Array(12)
const label = Buffer.from('fastify-tls13 session v1\0')
