/**
 * What the connections of this thread do at the end of the event loop's turn, when all that came in was read. First leaves
 * what they have written: a system call costs the less the more of them follow each other, because the peers are awake.
 * Then handshakes go on, and what they write leaves, too.
 *
 * While there are connections that stay, it is one handshake a turn, so that they are served between two steps of handshakes,
 * and not after all of them. Otherwise it is several, and each does the first half of its work before any does the second:
 * the same work follows itself, and finds its code and its tables in the processor's caches.
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
 * Between the two halves of a handshake's work.
 * @returns a promise that settles when the others had their turn; null when there are none
 */
export function othersTurn (): Promise<void> | null {
  if (staying > 0) return handshakes.length === 0 ? null : nextTurn()
  return several ? secondHalves() : null
}

/** Behind what is written in this turn, and before the handshakes that have not begun. */
function nextTurn (): Promise<void> {
  return new Promise((resolve) => {
    handshakes.unshift({
      goOn () {
        resolve()
        return true
      }
    })
  })
}

/** Behind the first halves of the others that go on in this turn. */
function secondHalves (): Promise<void> {
  return new Promise((resolve) => { halfDone.push(resolve) })
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
/** Those that do the second half of their work in this turn. */
const halfDone: (() => void)[] = []
let handshakeDue = false
let several = false
let staying = 0

/**
 * They take a millisecond or two, for which all else waits. With twice as many, clients come in step, and neither they nor
 * threads that sign have anything to do meanwhile.
 */
const mostTogether = 8

/** Two, because Node lets promises go on between one and the next: a request is answered in them. */
function planHandshake (): void {
  handshakeDue = true
  setImmediate(goOn)
  setImmediate(writeOut)
}

function goOn (): void {
  try {
    writeOut()
    takeSteps(staying > 0 ? 1 : mostTogether)
  } finally { // whatever a reader threw
    several = handshakeDue = false
    for (const resolve of halfDone.splice(0)) resolve()
    if (handshakes.length > 0) planHandshake()
  }
}

function takeSteps (most: number): void {
  several = most > 1 && handshakes.length > 1
  let steps = 0
  while (steps < most && handshakes.length > 0) {
    if (handshakes.shift()!.goOn()) steps++
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
