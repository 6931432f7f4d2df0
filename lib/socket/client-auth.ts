import type { ClientAuthResult } from '../core/connection.ts'
import { FST_TLS13_BODY_TOO_LARGE, FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT, FST_TLS13_CONNECTION_CLOSED } from '../errors.ts'
import type { ClientIdentity } from '../../types/credentials.ts'
import { IdentityTimeline } from './identity-timeline.ts'

/**
 * Client authentication after the handshake, from the side that waits for it (RFC 8446 §4.6.2): at most one answer is
 * awaited, and what the client said before it stays its former self's.
 */
export class ClientAuth {
  #identity: ClientIdentity | null
  #timeline: IdentityTimeline | null
  #awaited: Awaited | null

  constructor () {
    this.#identity = null
    this.#timeline = null
    this.#awaited = null
  }

  /** Does somebody wait for an answer? */
  get awaited (): boolean {
    return this.#awaited !== null
  }

  /** The client's identity when the handshake was complete. */
  begin (identity: ClientIdentity | null): void {
    this.#identity = identity
  }

  /**
   * @param timeout milliseconds until `onTimeout` is called and the promise rejects with CLIENT_CERTIFICATE_TIMEOUT
   * @returns the answer
   */
  await (timeout: number, onTimeout: () => void): Promise<ClientAuthResult> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#refuse(FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT(timeout))
        onTimeout()
      }, timeout)
      this.#awaited = { resolve, reject, timer: timer.unref() }
    })
  }

  /** @param arrived how many bytes of application data came before the answer */
  answered (result: ClientAuthResult, arrived: number): void {
    if (result.identity !== this.#identity) {
      this.#timeline ??= new IdentityTimeline()
      this.#timeline.ended(arrived, this.#identity)
      this.#identity = result.identity
    }
    this.#settle()?.resolve(result)
  }

  /** No answer can come any more. */
  connectionClosed (cause: Error | null): void {
    if (this.#awaited !== null) this.#refuse(connectionClosed(cause))
  }

  /** More than `limit` bytes came before the answer. */
  bodyTooLarge (limit: number): void {
    this.#refuse(FST_TLS13_BODY_TOO_LARGE(limit))
  }

  /** @returns the identity under which the last of `read` bytes arrived */
  identityAt (read: number): ClientIdentity | null {
    return this.#timeline === null ? this.#identity : this.#timeline.at(read, this.#identity)
  }

  #refuse (error: Error): void {
    this.#settle()?.reject(error)
  }

  #settle (): Awaited | null {
    const awaited = this.#awaited
    this.#awaited = null
    if (awaited !== null) clearTimeout(awaited.timer)
    return awaited
  }
}

/** @returns FST_TLS13_CONNECTION_CLOSED */
export function connectionClosed (cause: Error | null): Error {
  const error = FST_TLS13_CONNECTION_CLOSED()
  if (cause !== null) error.cause = cause
  return error
}

interface Awaited {
  readonly resolve: (result: ClientAuthResult) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}
