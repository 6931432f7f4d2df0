import type { Server } from 'node:https'
import { TlsSocket } from '../socket/tls-socket.ts'

/**
 * What HTTP sees of a connection before the client's Finished (RFC 8470 §3). Nothing, unless somebody judges each request by
 * itself: then requests are his, and what is none (an upgrade, CONNECT, an expectation with a listener) still waits.
 */
export class EarlyRequests {
  #judged: boolean

  constructor () {
    this.#judged = false
  }

  get judged (): boolean {
    return this.#judged
  }

  /** From now on every 'request' is let through, to be held or refused by who calls this. */
  judge (): void {
    this.#judged = true
  }

  /** Holds a server's other events until the handshake of their connection is complete; they never come where it fails. */
  attach (server: Server): void {
    const emit = server.emit as (event: string | symbol, ...args: unknown[]) => boolean
    function emitLater (this: Server, event: string | symbol, ...args: unknown[]): boolean {
      const socket = events.has(event) ? (args[0] as { socket?: unknown }).socket : null
      if (!(socket instanceof TlsSocket) || socket.connection.connected) return emit.call(this, event, ...args)
      socket.handshakeComplete().then(() => emit.call(this, event, ...args), () => {})
      return true
    }
    server.emit = emitLater
  }
}

const events: ReadonlySet<string | symbol> = new Set(['upgrade', 'connect', 'checkContinue', 'checkExpectation'])
