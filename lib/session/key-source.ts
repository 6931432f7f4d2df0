/** Where the keys of a ring come from: `RandomKeys` of this process, `SharedKeys` of a secret that several hold. */
import type { CryptoProvider } from '../../types/crypto.ts'
import type { OpenedTicket, TicketRefusal } from '../../types/session.ts'
import { keyNameLength } from './ticket-key.ts'

/** What the keys of a ring have in common; times in milliseconds. */
export interface KeySettings {
  readonly crypto: CryptoProvider
  /** For how long one key seals. */
  readonly rotation: number
  /** For how long its tickets are opened after that. */
  readonly lifetime: number
  /** Tickets one key may seal. */
  readonly sealsPerKey: number
}

/** The key that seals, as metrics show it. */
export interface SealingKey {
  /** What it is of: `random`, `secret`, or the name of the store that the processes share. */
  readonly source: string
  /** Since when it seals: Unix time in milliseconds. */
  readonly issueFrom: number
}

/** `now` is Unix time in milliseconds everywhere. */
export interface KeySource {
  /** The key that would seal now; one that has ended, where nothing was sealed since. */
  sealingKey (now: number): SealingKey
  seal (state: Uint8Array, policy: Uint8Array, now: number): Uint8Array
  open (ticket: Uint8Array, policy: Uint8Array, now: number): OpenedTicket
  /** Another key seals from now on; the present one goes on opening its tickets. */
  rotate (now: number): void
  /** Nothing is sealed any more; tickets sealed before are opened until they end. */
  retire (now: number): void
  /** Forgets every key. */
  destroy (): void
}

/** The name of the key that sealed a ticket, as the key of a Map. */
export function keyNameOf (ticket: Uint8Array): string {
  return Buffer.from(ticket.buffer, ticket.byteOffset, Math.min(ticket.length, keyNameLength)).toString('latin1')
}

export function refused (refusal: TicketRefusal): OpenedTicket {
  return { state: null, refused: refusal }
}

/** @param state what a known key made of a ticket: nothing, when the ticket was changed or is of another policy */
export function opened (state: Uint8Array | null): OpenedTicket {
  return state === null ? refused('rejected') : { state, refused: null }
}
