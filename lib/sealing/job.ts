import { wipe } from '../core/wire/memory.ts'
import { layOut, sealRecords, type RecordRun } from '../core/record/record-run.ts'
import type { Sealing } from '../socket/contracts.ts'
import type { Buffers } from './buffers.ts'
import { keysLength, writeKeys, type Order } from './order.ts'

/**
 * Records to be sealed. A thread that seals them has their memory meanwhile; what it takes to seal them here instead stays
 * until they are sealed, and gives the same bytes.
 */
export class Job implements Sealing {
  sealed: Uint8Array | null = null
  readonly #run: RecordRun
  readonly #buffers: Buffers
  #chunks: readonly Uint8Array[]
  #done: (() => void) | null
  #released = false

  /** What a thread has. */
  #lent: ArrayBufferLike | null = null

  constructor (run: RecordRun, chunks: readonly Uint8Array[], buffers: Buffers, done: () => void) {
    this.#run = run
    this.#chunks = chunks
    this.#buffers = buffers
    this.#done = done
  }

  /** What another thread needs, with the keys in the memory that it gets. */
  order (id: number): Order {
    const { suite, keys, sequenceNumber, length } = this.#run
    const memory = this.#lent = this.#buffers.takeForThread(keysLength + length)
    writeKeys(keys, memory)
    layOut(this.#run, this.#chunks, recordsIn(memory, length))
    return { id, suite: suite.id, sequenceNumber, length, memory }
  }

  /** Another thread has sealed what `order` gave it. */
  finished (memory: ArrayBufferLike): void {
    this.#lent = null
    if (this.#over()) return this.#buffers.give(memory)
    this.#keep(recordsIn(memory, this.#run.length))
    this.#done?.()
  }

  /** No other thread will. */
  abandoned (): void {
    this.#reclaim()
    if (this.#over()) return
    this.sealNow()
    this.#done?.()
  }

  sealNow (): Uint8Array {
    if (this.sealed !== null) return this.sealed
    const { suite, keys, sequenceNumber, length } = this.#run
    const records = recordsIn(this.#buffers.take(keysLength + length), length)
    layOut(this.#run, this.#chunks, records)
    sealRecords(suite, keys, sequenceNumber, records)
    return this.#keep(records)
  }

  release (): void {
    if (this.#released) return
    this.#released = true
    if (this.sealed !== null) this.#buffers.give(this.sealed.buffer)
    this.#forget()
    this.#done = null
  }

  /** Does nobody wait for another thread any more? */
  #over (): boolean {
    return this.sealed !== null || this.#released
  }

  /** What was shared with a thread that has ended. What was transferred to it is gone. */
  #reclaim (): void {
    if (this.#lent instanceof SharedArrayBuffer) {
      new Uint8Array(this.#lent).fill(0) // keys and plaintext
      this.#buffers.give(this.#lent)
    }
    this.#lent = null
  }

  #keep (records: Uint8Array): Uint8Array {
    this.sealed = records
    this.#forget()
    return records
  }

  #forget (): void {
    this.#chunks = []
    wipe(this.#run.keys.key)
    wipe(this.#run.keys.iv)
  }
}

function recordsIn (memory: ArrayBufferLike, length: number): Uint8Array {
  return Buffer.from(memory, keysLength, length)
}
