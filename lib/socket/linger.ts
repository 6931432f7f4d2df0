import type { Socket } from 'node:net'
import { handOver } from './tcp-events.ts'
import type { TcpOwner } from './tcp-events.ts'

/**
 * Ends a socket so that the last bytes written to it reach the peer: an alert, or the answer (413) to a body that was
 * not read to its end. Closing a TCP socket with unread input sends RST, which makes the peer throw away what it has not
 * read yet; so the input is read and dropped until the peer closes, within bounds that a peer who goes on sending cannot
 * stretch.
 * @param former owner of the socket, who is still told that it is closed
 */
export function linger (raw: Socket, former: TcpOwner): void {
  handOver(raw, new Lingering(raw, former))
  // Every connection that the server closes comes here; to end what has ended makes an error, stack and all.
  if (!raw.writableEnded) raw.end()
  raw.resume()
}

class Lingering implements TcpOwner {
  readonly #raw: Socket
  readonly #former: TcpOwner
  readonly #timer: NodeJS.Timeout
  #dropped: number

  constructor (raw: Socket, former: TcpOwner) {
    this.#raw = raw
    this.#former = former
    this.#timer = setTimeout(destroy, lingerTime, raw)
    this.#dropped = 0
  }

  received (chunk: Uint8Array): void {
    this.#dropped += chunk.length
    if (this.#dropped > lingerBytes) this.#raw.destroy()
  }

  receivedEnd (): void { this.#raw.destroy() }

  closed (): void {
    clearTimeout(this.#timer)
    this.#former.closed()
  }

  // Nothing is written any more, and an error closes it.
  receivedError (): void {}
  drained (): void {}
  timedOut (): void {}
}

function destroy (raw: Socket): void { raw.destroy() }

/** Milliseconds, as nginx has it (lingering_timeout): a client that encrypts slowly is still in the middle of its message. */
const lingerTime = 5000

/** The rest of a body whose sender reads the answer only when it has sent all; dropping it unopened costs milliseconds. */
const lingerBytes = 2 ** 24
