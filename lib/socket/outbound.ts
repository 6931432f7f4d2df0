import type { Socket } from 'node:net'
import type { Connection, Sealer, Sealing } from './contracts.ts'

/**
 * The way out: what the connection has to send goes to the TCP socket, and a long write no faster than the peer takes it,
 * so that a response of any length is in memory sealed by no more than a portion. It is the one that writes to the TCP socket.
 */
export class Outbound {
  readonly #raw: Socket
  readonly #connection: Connection
  readonly #sealer: Sealer

  /** What is to be written, in the order of its records' numbers, where the first of it is not sealed yet. */
  #line: Array<Uint8Array | Sealing>

  /** What of the stream's write was not sealed yet, how long it is, and whom to tell when all of it was. */
  #rest: readonly Uint8Array[]
  #restLength: number
  #written: WriteCallback | null

  /** Is the rest's turn to come? */
  #goesOn: boolean

  constructor (raw: Socket, connection: Connection, sealer: Sealer) {
    this.#raw = raw
    this.#connection = connection
    this.#sealer = sealer
    this.#line = none
    this.#rest = nothing
    this.#restLength = 0
    this.#written = null
    this.#goesOn = false
  }

  /** Does the peer not take what was written? */
  get full (): boolean { return this.#raw.writableNeedDrain }

  /** Sends what a call of the connection left to be sent. */
  flush (): boolean {
    const output = this.#connection.takeOutput()
    if (output === null || this.#raw.destroyed) return false
    if (this.#line.length === 0) this.#raw.write(output)
    else this.#line.push(output)
    return true
  }

  /**
   * Seals what the stream writes, the first portion of it at once, so that nothing else comes before it.
   * @param length of all chunks
   * @param written called when more may be written
   * @returns false when the connection refuses, which the stream was told
   */
  write (chunks: readonly Uint8Array[], length: number, written: WriteCallback): boolean {
    this.#written = written
    this.#rest = chunks
    this.#restLength = length
    return this.#seal()
  }

  /** Sends, and tells the stream that more may be written as soon as that is true. */
  writeOut (): void {
    this.flush()
    this.drained()
  }

  /** Goes on, or lets the stream go on, if the TCP socket takes more. */
  drained (): void {
    if (this.full) return
    if (this.#rest.length > 0) {
      if (this.#line.length < maxAhead) this.#goOn()
    } else if (this.#line.length === 0) {
      this.#tell(null)
    }
  }

  /** Sends all that was written, without waiting for whoever seals it. */
  settle (): void {
    for (const item of this.#line) if (!isBytes(item)) item.sealNow()
    this.#advance()
  }

  /** Nothing more is sealed, and the stream's write has come to its end. @param error made only if there is one to tell */
  stop (error: () => Error): void {
    this.#rest = nothing
    for (const item of this.#line) if (!isBytes(item)) item.release()
    this.#line = none
    if (this.#written !== null) this.#tell(error())
  }

  end (finished: WriteCallback): void {
    this.settle()
    this.#raw.end(finished)
  }

  /** The next portion, after the other connections' turn. */
  #goOn (): void {
    if (this.#goesOn) return
    this.#goesOn = true
    setImmediate(goOn, this)
  }

  /** Seals the next portion and sends it. */
  sealNext (): void {
    this.#goesOn = false
    if (this.#rest.length === 0) return
    if (this.#seal()) this.writeOut()
  }

  #seal (): boolean {
    let portion = this.#rest
    let length = this.#restLength
    this.#rest = nothing
    // A rest that is not worth a turn of its own goes along.
    if (length > portionLength + smallestRest) {
      [portion, this.#rest] = split(portion, portionLength)
      length = portionLength
    }
    this.#restLength -= length
    try {
      if (length < longWrite || !this.#sealLong(portion, length)) this.#connection.send(portion)
      return true
    } catch (error) {
      this.stop(() => error as Error)
      return false
    }
  }

  /** Leaves a long portion to the sealer; what the connection had to send before goes before it. @returns false: it cannot */
  #sealLong (portion: readonly Uint8Array[], length: number): boolean {
    this.flush()
    const run = this.#connection.reserve(length)
    if (run === null) return false
    if (this.#line === none) this.#line = []
    this.#line.push(this.#sealer.seal(run, portion, () => {
      this.#advance()
      this.drained()
    }))
    this.#advance()
    return true
  }

  /** Writes what stands first in the line and is sealed. */
  #advance (): void {
    while (this.#line.length > 0) {
      const item = this.#line[0]
      const bytes = isBytes(item) ? item : item.sealed
      if (bytes === null) return
      this.#line.shift()
      this.#raw.write(bytes, isBytes(item) ? undefined : () => item.release())
    }
    this.#line = none
  }

  #tell (error: Error | null): void {
    const written = this.#written
    this.#written = null
    written?.(error)
  }
}

/** @returns the first `length` bytes, and what is left */
function split (chunks: readonly Uint8Array[], length: number): [readonly Uint8Array[], readonly Uint8Array[]] {
  let index = 0
  while (chunks[index].length <= length) length -= chunks[index++].length
  const at = chunks[index]
  return [[...chunks.slice(0, index), at.subarray(0, length)].filter(filled), [at.subarray(length), ...chunks.slice(index + 1)]]
}

function isBytes (item: Uint8Array | Sealing): item is Uint8Array { return item instanceof Uint8Array }

function filled ({ length }: Uint8Array): boolean { return length > 0 }

function goOn (outbound: { sealNext (): void }): void { outbound.sealNext() }

export type WriteCallback = (error?: Error | null) => void

/** Bytes that are sealed at once. More would keep other connections waiting; less costs a write of the TCP socket more often. */
const portionLength = 2 ** 20
const smallestRest = 2 ** 16

/** Bytes from which on a write is the sealer's, who has memory for it: for less, fresh memory costs less than its return. */
const longWrite = 2 ** 15

/** What may stand in the line while more is sealed: so that a thread has the next portion while this one is written. */
const maxAhead = 2

const nothing: readonly Uint8Array[] = []
const none: Array<Uint8Array | Sealing> = []
