import type { Socket } from 'node:net'

/**
 * Ends a socket so that the last bytes written to it reach the peer: an alert, or the answer (413) to a body that was
 * not read to its end. Closing a TCP socket with unread input sends RST, which makes the peer throw away what it has not
 * read yet; so the input is read and dropped until the peer closes, within bounds that a peer who goes on sending cannot
 * stretch.
 * The caller has taken its own listeners for 'data' and 'end' away and still listens for 'error'.
 */
export function linger (raw: Socket): void {
  const limits = { dropped: 0, timer: setTimeout(destroy, lingerTime, raw) };
  (raw as Lingering)[limitsOf] = limits
  raw.on('data', drop)
  raw.once('end', onEnd)
  raw.once('close', onClose)
  // Every connection that the server closes comes here; to end what has ended makes an error, stack and all.
  if (!raw.writableEnded) raw.end()
  raw.resume()
}

const limitsOf = Symbol('limits')

type Lingering = Socket & { [limitsOf]: { dropped: number, readonly timer: NodeJS.Timeout } }

function drop (this: Lingering, chunk: Uint8Array): void {
  const limits = this[limitsOf]
  limits.dropped += chunk.length
  if (limits.dropped > lingerBytes) this.destroy()
}

function onEnd (this: Lingering): void { this.destroy() }
function onClose (this: Lingering): void { clearTimeout(this[limitsOf].timer) }
function destroy (raw: Socket): void { raw.destroy() }

/** Milliseconds, as nginx has it (lingering_timeout): a client that encrypts slowly is still in the middle of its message. */
const lingerTime = 5000

/** The rest of a body whose sender reads the answer only when it has sent all; dropping it unopened costs milliseconds. */
const lingerBytes = 2 ** 24
