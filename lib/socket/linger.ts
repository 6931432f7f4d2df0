import type { Socket } from 'node:net'

/**
 * Ends a socket so that the last bytes written to it, an alert, reach the peer. Closing a TCP socket with unread input
 * sends RST, which makes the peer throw away what it has not read yet; so the input is read and dropped until the peer
 * closes, within bounds that a peer who goes on sending cannot stretch.
 * The caller has taken its own listeners for 'data' and 'end' away and still listens for 'error'.
 */
export function linger (raw: Socket): void {
  let dropped = 0
  const timer = setTimeout(() => raw.destroy(), lingerTime)
  raw.once('close', () => clearTimeout(timer))
  raw.once('end', () => raw.destroy())
  raw.on('data', (chunk: Uint8Array) => {
    dropped += chunk.length
    if (dropped > lingerBytes) raw.destroy()
  })
  raw.end()
  raw.resume()
}

/** Milliseconds, as nginx has it (lingering_timeout): a client that encrypts slowly is still in the middle of its message. */
const lingerTime = 5000

/** About what one receive window of a client that knows of nothing still holds. */
const lingerBytes = 2 ** 18
