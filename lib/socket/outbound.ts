import type { Socket } from 'node:net'
import type { Connection } from './contracts.ts'

/**
 * The way out: what the connection has to send goes to the TCP socket, and a long write no faster than the peer takes it,
 * so that a response of any length is in memory sealed by no more than a portion. It is the one that writes to the TCP socket.
 */
export class Outbound {
  readonly #raw: Socket
  readonly #connection: Connection

  /** What of the stream's write was not sealed yet, and whom to tell when all of it was. */
  #rest: readonly Uint8Array[]
  #written: WriteCallback | null

  /** Is the rest's turn to come? */
  #goesOn: boolean

  constructor (raw: Socket, connection: Connection) {
    this.#raw = raw
    this.#connection = connection
    this.#rest = nothing
    this.#written = null
    this.#goesOn = false
  }

  /** Does the peer not take what was written? */
  get full (): boolean { return this.#raw.writableNeedDrain }

  /** Sends what a call of the connection left to be sent. */
  flush (): boolean {
    const output = this.#connection.takeOutput()
    if (output === null || this.#raw.destroyed) return false
    this.#raw.write(output)
    return true
  }

  /**
   * Seals what the stream writes, the first portion of it at once, so that nothing else comes before it.
   * @param written called when more may be written
   * @returns false when the connection refuses, which the stream was told
   */
  write (chunks: readonly Uint8Array[], written: WriteCallback): boolean {
    this.#written = written
    this.#rest = chunks
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
    if (this.#rest.length > 0) this.#goOn()
    else this.#tell(null)
  }

  /** Nothing more is sealed, and the stream's write has come to its end. */
  stop (error: Error): void {
    this.#rest = nothing
    this.#tell(error)
  }

  end (finished: WriteCallback): void {
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
    const [portion, rest] = split(this.#rest)
    this.#rest = rest
    try {
      this.#connection.send(portion)
      return true
    } catch (error) {
      this.stop(error as Error)
      return false
    }
  }

  #tell (error: Error | null): void {
    const written = this.#written
    this.#written = null
    written?.(error)
  }
}

/** @returns the next portion, and what is left; a rest that is not worth a turn of its own goes along */
function split (chunks: readonly Uint8Array[]): [readonly Uint8Array[], readonly Uint8Array[]] {
  let left = 0
  for (const chunk of chunks) left += chunk.length
  if (left <= portionLength + smallestRest) return [chunks, nothing]
  let length = portionLength
  let index = 0
  while (chunks[index].length <= length) length -= chunks[index++].length
  const at = chunks[index]
  return [[...chunks.slice(0, index), at.subarray(0, length)].filter(filled), [at.subarray(length), ...chunks.slice(index + 1)]]
}

function filled ({ length }: Uint8Array): boolean { return length > 0 }

function goOn (outbound: { sealNext (): void }): void { outbound.sealNext() }

export type WriteCallback = (error?: Error | null) => void

/** Bytes that are sealed at once. More would keep other connections waiting; less costs a write of the TCP socket more often. */
const portionLength = 2 ** 20
const smallestRest = 2 ** 16

const nothing: readonly Uint8Array[] = []
