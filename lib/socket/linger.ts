import type { Socket } from 'node:net'

/**
 * Ends a socket so that the last bytes written to it reach the peer: an alert, or the answer (413) to a body that was
 * not read to its end. Closing a TCP socket with unread input sends RST, which makes the peer throw away what it has not
 * read yet; so the input is read and dropped until the peer closes, within bounds that a peer who goes on sending cannot
 * stretch.
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

/** The rest of a body whose sender reads the answer only when it has sent all; dropping it unopened costs milliseconds. */
const lingerBytes = 2 ** 24
