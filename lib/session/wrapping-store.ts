/** A store whose values are encrypted: who reads it learns nothing, and who writes to it can make no key that is taken. */
import { bufferOf } from '../core/wire/memory.ts'
import type { Aead, CryptoProvider } from '../../types/crypto.ts'
import type { TicketKeyStore } from '../../types/session.ts'
import { expand, extract, nonceLength, ticketSuite } from './ticket-key.ts'

export class WrappingStore implements TicketKeyStore {
  readonly name: string
  readonly pollInterval: number
  readonly #store: TicketKeyStore
  readonly #crypto: CryptoProvider
  readonly #aead: Aead

  /** @param aead of `wrappingKeys` */
  constructor (store: TicketKeyStore, crypto: CryptoProvider, aead: Aead) {
    this.name = store.name
    this.pollInterval = store.pollInterval
    this.#store = store
    this.#crypto = crypto
    this.#aead = aead
  }

  /** Values that were not encrypted under this secret are passed over. */
  async read (): Promise<string[]> {
    const values = await this.#store.read()
    return values.flatMap((value) => this.#unwrap(value) ?? [])
  }

  async add (slot: string, value: string, lifetime: number): Promise<void> {
    await this.#store.add(slot, this.#wrap(value), lifetime)
  }

  #wrap (value: string): string {
    const text = Buffer.from(value)
    const wrapped = Buffer.alloc(nonceLength + text.length + tagLength)
    const nonce = this.#crypto.random(nonceLength)
    wrapped.set(nonce)
    wrapped.set(text, nonceLength)
    this.#aead.seal(nonce, associatedData, wrapped, nonceLength, nonceLength + text.length)
    text.fill(0)
    return wrapped.toString('base64url')
  }

  #unwrap (value: string): string | null {
    const wrapped = Buffer.from(value, 'base64url')
    if (wrapped.length < nonceLength + tagLength) return null
    const opened = this.#aead.open(wrapped.subarray(0, nonceLength), associatedData, wrapped, nonceLength, wrapped.length)
    return opened === null ? null : bufferOf(opened).toString()
  }
}

/**
 * @param secret 48 bytes
 * @returns the key that wraps, and a public name of the secret
 */
export function wrappingKeys (crypto: CryptoProvider, secret: Uint8Array): { id: string, aead: Aead } {
  const { aead, keyLength } = ticketSuite(crypto)
  const root = extract(crypto.sha384, secret)
  const none = new Uint8Array(0)
  const id = expand(crypto.sha384, root, 'wrapping id', none, 6)
  return { id: Buffer.from(id).toString('hex'), aead: aead(expand(crypto.sha384, root, 'wrapping key', none, keyLength)) }
}

const associatedData = Buffer.from('fastify-tls13 ticket key')
const tagLength = 16
