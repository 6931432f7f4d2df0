/**
 * What the connections of this thread do at the end of the event loop's turn, when all that came in was read. First leaves
 * what they have written: a system call costs the less the more of them follow each other, because the peers are awake.
 * Then one connection goes on with its handshake, and what that writes leaves, too. When many clients come at once,
 * established connections are so served between two steps of handshakes, and not after all of them.
 */
export function writeAtEnd (writer: Writer): void {
  writers.push(writer)
  if (writers.length === 1 && !handshakeDue) setImmediate(writeOut)
}

/** In the order in which they came. */
export function handshakeAtEnd (handshake: Handshake): void {
  handshakes.push(handshake)
  if (!handshakeDue) planHandshake()
}

/**
 * It is for connections that stay that a handshake is cut in two: without any it would only take longer.
 * @returns a promise that settles in the next turn, behind what was written in this one; null when nobody is served by it
 */
export function othersTurn (): Promise<void> | null {
  if (handshakes.length === 0 || staying === 0) return null
  return new Promise((resolve) => {
    // What has begun goes first.
    handshakes.unshift({
      goOn () {
        resolve()
        return true
      }
    })
  })
}

/** A connection has asked again after an answer. */
export function connectionStays (): void { staying++ }

/** Such a connection is closed. */
export function connectionLeft (): void { staying-- }

export interface Writer {
  writeOut (): void
}

export interface Handshake {
  /** @returns false when there was nothing to do any more */
  goOn (): boolean
}

let writers: Writer[] = []
const handshakes: Handshake[] = []
let handshakeDue = false
let staying = 0

/** Two, because Node lets promises go on between one and the next: a request is answered in them. */
function planHandshake (): void {
  handshakeDue = true
  setImmediate(goOn)
  setImmediate(writeOut)
}

function goOn (): void {
  try {
    writeOut()
    while (handshakes.shift()?.goOn() === false);
  } finally { // whatever a reader threw
    handshakeDue = false
    if (handshakes.length > 0) planHandshake()
  }
}

/** Whoever writes because it could write now has the next turn, so that none keeps the others waiting. */
function writeOut (): void {
  const due = writers
  writers = []
  let written = 0
  try {
    for (; written < due.length; written++) due[written].writeOut()
  } finally { // whatever a callback threw
    if (written < due.length) for (const writer of due.slice(written + 1)) writeAtEnd(writer)
  }
}
