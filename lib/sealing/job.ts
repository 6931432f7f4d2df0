import { Gatherer } from '../core/record/gatherer.ts'
import { takeBuffer } from '../core/record/output-memory.ts'
import { layOut, sealRecords, type RecordRun } from '../core/record/record-run.ts'
import { copyShared, wipe, wipeShared } from '../core/wire/memory.ts'
import type { Sealing } from '../socket/contracts.ts'
import type { Buffers } from './buffers.ts'
import { bodyIn, headLength, noteWritten, unknown, writeKeys, writtenIn, type Order } from './order.ts'

/**
 * Records for a thread to seal, which may write them, too, and has the job's memory meanwhile. What it takes to seal them here
 * instead, should it end, stays until they are sealed, and gives the same bytes.
 */
export class Job implements Sealing {
  unwritten: Uint8Array | null = null
  readonly #run: RecordRun
  readonly #buffers: Buffers
  readonly #done: (error: Error | null) => void
  #chunks: readonly Uint8Array[]
  #descriptor: number
  #memory: ArrayBufferLike | null = null
  #released = false

  /** @param done called when the thread is done, or has ended */
  constructor (run: RecordRun, chunks: readonly Uint8Array[], descriptor: number, buffers: Buffers, done: (error: Error | null) => void) {
    this.#run = run
    this.#chunks = chunks
    this.#descriptor = descriptor
    this.#buffers = buffers
    this.#done = done
  }

  get usesDescriptor (): boolean { return this.#descriptor >= 0 }

  /** What the thread needs, which has the memory from now on. */
  order (id: number): Order {
    const { suite, keys, sequenceNumber, sentBefore, longestContent, contentLength, length } = this.#run
    const content = new Gatherer(this.#chunks, copyShared)
    // Nothing else must be taken for this content, whatever lies in the memory.
    if (content.left !== contentLength) throw new RangeError('the content is not what its run was made for')
    const memory = this.#memory = this.#buffers.take(headLength + length)
    // Only of shared memory is it known what became of it when the thread ends.
    if (memory instanceof SharedArrayBuffer) noteWritten(memory, 0)
    else this.#descriptor = -1
    writeKeys(keys, memory)
    content.take(content.left, bodyIn(memory, length), 0)
    return { id, suite: suite.id, sequenceNumber, sentBefore, longestContent, contentLength, length, memory, descriptor: this.#descriptor }
  }

  /** The thread has done what `order` says. @param memory if it was transferred */
  finished (memory: ArrayBuffer | null): void {
    this.#memory = memory ?? this.#memory
    if (this.#released) this.#giveMemory()
    else this.#sealed(this.#written())
    this.#done(null)
  }

  /** The thread will not. */
  abandoned (): void {
    const written = this.#written()
    this.#reclaim()
    const error = this.#released || written !== unknown ? null : new Error('a thread of sealWorkers ended while it wrote to the connection')
    if (!this.#released && error === null) {
      this.#sealHere()
      this.#sealed(written)
    }
    this.#done(error)
  }

  release (): void {
    if (this.#released) return
    this.#released = true
    if (this.unwritten !== null) this.#giveMemory()
    this.#forget()
  }

  #sealHere (): void {
    const { suite, keys, sequenceNumber, length } = this.#run
    this.#memory = takeBuffer(headLength + length)
    this.#descriptor = -1
    const records = bodyIn(this.#memory, length)
    layOut(this.#run, this.#chunks, records)
    sealRecords(suite, keys, sequenceNumber, records)
  }

  /** By the thread. */
  #written (): number {
    return this.usesDescriptor ? writtenIn(this.#memory as ArrayBufferLike) : 0
  }

  #sealed (written: number): void {
    this.unwritten = bodyIn(this.#memory as ArrayBufferLike, this.#run.length).subarray(written)
    this.#forget()
  }

  #giveMemory (): void {
    this.#buffers.give(this.#memory as ArrayBufferLike)
    this.#memory = null
  }

  /** What was shared with a thread that has ended. What was transferred to it is gone. */
  #reclaim (): void {
    if (!(this.#memory instanceof SharedArrayBuffer)) return
    wipeShared(new Uint8Array(this.#memory)) // keys and plaintext
    this.#giveMemory()
  }

  #forget (): void {
    this.#chunks = []
    wipe(this.#run.keys.key)
    wipe(this.#run.keys.iv)
  }
}
