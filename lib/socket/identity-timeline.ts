import type { ClientIdentity } from '../../types/credentials.ts'

/**
 * Which identity a client had proved when a byte of its stream arrived.
 *
 * A client that authenticates after the handshake has already sent bytes, and some of them may still wait to be read.
 * They were sent by someone who had not proved the new identity, so a request that begins in them must not have it.
 */
export class IdentityTimeline {
  readonly #past: Array<{ readonly end: number, readonly identity: ClientIdentity | null }>

  constructor () {
    this.#past = []
  }

  /** @param end how many bytes had arrived when `identity` stopped being the client's */
  ended (end: number, identity: ClientIdentity | null): void {
    this.#past.push({ end, identity })
  }

  /**
   * @param read how many bytes were handed to the reader, which never reads back
   * @param present the client's identity now
   * @returns the identity under which the last of them arrived
   */
  at (read: number, present: ClientIdentity | null): ClientIdentity | null {
    while (this.#past.length > 0 && this.#past[0]!.end < read) this.#past.shift()
    return this.#past.length > 0 ? this.#past[0]!.identity : present
  }
}
