import { Socket } from 'node:net'
import { giveOutputMemory } from '../core/record/output-memory.ts'
import type { Connection, Sealer, Sealing, SealingThread, WriteCallback } from './contracts.ts'
import { descriptorOf, lendDescriptor } from './descriptor.ts'

/**
 * The way out: what the connection has to send goes to the TCP socket, and a long write no faster than the peer takes it,
 * so that a response of any length is in memory sealed by no more than a portion. It is the one that writes to the TCP socket,
 * and lends its descriptor to a thread that writes what it has sealed.
 */
export class Outbound {
  readonly #raw: Socket
  readonly #connection: Connection
  readonly #sealer: Sealer

  /** Has the socket no use for what it says it has written? Another stream may keep it. */
  readonly #returns: boolean

  /** What is to be written, in the order of its records' numbers, where the first of it is with a thread; and what is to be done then. */
  #line: Step[]

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
    this.#returns = raw instanceof Socket
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
    if (this.#line.length === 0) this.#write(output)
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
      if (this.#takesMore()) this.#goOn()
    } else if (this.#line.length === 0) {
      this.#tell(null)
    }
  }

  /** Nothing more is sealed, and the stream's write has come to its end. @param error made only if there is one to tell */
  stop (error: () => Error): void {
    this.#rest = nothing
    if (this.#written !== null) this.#tell(error())
  }

  /** Lets go what stands in the line. */
  discard (): void {
    for (const step of this.#line) if (isSealing(step)) step.release()
    this.#line = none
  }

  end (finished: WriteCallback): void {
    this.afterwards(() => this.#raw.end(finished))
  }

  /**
   * Where the kernel has all that was written, closing the socket sends what `end` would, at the price of one system call
   * instead of two; a socket with a layer of its own below has more to say at its end.
   * @param finished closes it
   */
  leaveEnd (finished: WriteCallback): void {
    this.afterwards(() => {
      if (isPlain(this.#raw) && this.#raw.writableLength === 0) finished()
      else this.#raw.end(finished)
    })
  }

  /** Does something when all that stands in the line was written. */
  afterwards (act: () => void): void {
    if (this.#line.length === 0) act()
    else this.#line.push(act)
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
      const thread = this.#returns ? this.#sealer.threadFor(length) : null
      if (thread === null || !this.#handTo(thread, portion, length)) this.#connection.send(portion)
      return true
    } catch (error) {
      this.stop(() => error as Error)
      return false
    }
  }

  /** Leaves a portion to a thread; what the connection had to send before goes before it. @returns false: it cannot */
  #handTo (thread: SealingThread, portion: readonly Uint8Array[], length: number): boolean {
    this.flush()
    const run = this.#connection.reserve(length)
    if (run === null) return false
    if (this.#line === none) this.#line = []
    let endLoan: (() => void) | null = null
    const sealing = thread.seal(run, portion, this.#freeDescriptor(), (error) => {
      endLoan?.()
      this.#threadDone(error)
    })
    if (sealing.usesDescriptor) endLoan = lendDescriptor(this.#raw)
    this.#line.push(sealing)
    this.#advance()
    return true
  }

  /** @returns that of the socket, if nothing stands before what is written now */
  #freeDescriptor (): number {
    return this.#line.length === 0 && this.#raw.writableLength === 0 ? descriptorOf(this.#raw) : -1
  }

  /** A thread that writes, too, writes one portion after the other. */
  #takesMore (): boolean {
    const first = this.#line[0]
    return this.#line.length < maxAhead && (first === undefined || !isSealing(first) || !first.usesDescriptor)
  }

  #threadDone (error: Error | null): void {
    if (error !== null) this.#raw.destroy(error)
    if (this.#raw.destroyed) return this.discard()
    // What a thread writes the socket does not know of, and would think itself idle.
    if (this.#raw.timeout !== undefined && this.#raw.timeout > 0) this.#raw.setTimeout(this.#raw.timeout)
    this.#advance()
    this.drained()
  }

  /** Writes what stands first in the line and is sealed. */
  #advance (): void {
    while (this.#line.length > 0) {
      const step = this.#line[0]
      if (isSealing(step) && step.unwritten === null) return
      this.#line.shift()
      this.#take(step)
    }
    this.#line = none
  }

  #take (step: Step): void {
    if (typeof step === 'function') step()
    else if (!isSealing(step)) this.#write(step)
    else if (step.unwritten === null || step.unwritten.length === 0) step.release()
    else this.#raw.write(step.unwritten, () => step.release())
  }

  /** What is short the kernel takes at once; otherwise it is left to the garbage collector, which is cheaper than to be told. */
  #write (output: Uint8Array): void {
    if (this.#returns && output.length >= longOutput) {
      this.#raw.write(output, () => giveOutputMemory(output))
    } else {
      this.#raw.write(output)
      if (this.#returns && this.#raw.writableLength === 0) giveOutputMemory(output)
    }
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

/** What stands in the line. */
type Step = Uint8Array | Sealing | (() => void)

function isSealing (step: Step): step is Sealing { return !(step instanceof Uint8Array) && typeof step !== 'function' }

/** As `net` makes them, and not a subclass such as tls.TLSSocket. */
function isPlain (raw: Socket): boolean { return Object.getPrototypeOf(raw) === Socket.prototype }

function filled ({ length }: Uint8Array): boolean { return length > 0 }

function goOn (outbound: { sealNext (): void }): void { outbound.sealNext() }

/** Bytes of what the kernel may take later. */
const longOutput = 2 ** 12

/** Bytes that are sealed at once. More would keep other connections waiting; less costs a write of the TCP socket more often. */
const portionLength = 2 ** 20
const smallestRest = 2 ** 16

/** What may stand in the line while more is sealed: so that a thread has the next portion while this one is written. */
const maxAhead = 2

const nothing: readonly Uint8Array[] = []
const none: Step[] = []
