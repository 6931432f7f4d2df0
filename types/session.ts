/** What the core asks of session tickets, and what a server asks of the places where processes share keys and sessions. */
import type { Awaitable, CryptoProvider } from './crypto.ts'

/** Why a ticket was not accepted, as metrics say it. */
export type TicketRefusal = 'unknown' | 'expired' | 'replayed' | 'rejected'

/** What opening a ticket gave: the sealed state, or why there is none. */
export type OpenedTicket =
  | { readonly state: Uint8Array, readonly refused: null }
  | { readonly state: null, readonly refused: TicketRefusal }

/**
 * Turns session states into tickets and back (RFC 8446 §4.6.1). A self-encrypted ticket is one implementation, a
 * handle into a store another; the core knows neither.
 */
export interface TicketProtector {
  /**
   * Makes a ticket of a state, at once.
   * @param state is wiped afterwards
   * @param policy the policy it is issued under: a ticket of one cannot be opened under another
   * @param lifetime seconds for which the ticket will be offered
   */
  seal (state: Uint8Array, policy: Uint8Array, lifetime: number): Uint8Array
  /** @returns the state in memory of the caller's own, who wipes what is secret in it */
  open (ticket: Uint8Array, policy: Uint8Array): Awaitable<OpenedTicket>
}

/** What is known of a ClientHello with early data; `unavailable`: nothing can be known now. */
export type ReplayVerdict = 'first' | 'replayed' | 'unavailable'

/** On what terms early data is let in (RFC 8446 §8, Appendix E.5). */
export interface EarlyDataTerms {
  /** max_early_data_size of the tickets sent: bytes a client may send before its handshake is complete. */
  readonly maxEarlyData: number
  /** Since when ClientHellos are remembered, Unix time in milliseconds. */
  readonly since: number
  /**
   * Is it the first time that this binder comes? Never throws or rejects.
   * @param lifetime milliseconds for which it must be remembered
   */
  claim (binder: Uint8Array, lifetime: number): Awaitable<ReplayVerdict>
}

/**
 * Where processes find each other's ticket keys: a few values, each in a slot that the first to come fills. It may be slow or
 * gone: whoever uses it goes on with what it has. What lies in it opens tickets, so it is to be kept as a private key is.
 */
export interface TicketKeyStore {
  /** What metrics call it: `cluster`, `redis`. */
  readonly name: string
  /** Milliseconds between two looks into it. */
  readonly pollInterval: number
  /** The values that have not ended. */
  read (): Promise<readonly string[]>
  /**
   * Fills a slot, unless it is taken.
   * @param lifetime milliseconds after which the value ends, a positive integer
   */
  add (slot: string, value: string, lifetime: number): Promise<void>
  /** Where the store tells of changes: calls back after each. @returns ends that */
  watch? (changed: () => void): () => void
}

/** Makes the store of one server, of its cryptographic provider. */
export type TicketKeyStoreOpener = (crypto: CryptoProvider) => TicketKeyStore

/**
 * What processes share about sessions: bounded, expiring, each operation atomic. A store that cannot do its work throws or
 * rejects; the server then goes on without it. Nothing in it is of use to somebody who reads it.
 */
export interface SessionStore {
  /** What metrics call it: `memory`, `redis`. */
  readonly name: string
  /** Keeps a value for a time. @param lifetime milliseconds, a positive integer */
  put (key: string, value: string, lifetime: number): Awaitable<void>
  /** Gives a value once, to one caller; null when there is none, any more or yet. */
  take (key: string): Awaitable<string | null>
  /**
   * True for the first caller, false for every other until the claim has ended.
   * @param lifetime milliseconds, a positive integer
   */
  claim (key: string, lifetime: number): Awaitable<boolean>
}
