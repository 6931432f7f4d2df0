import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { RecordRun } from '../core/record/record-run.ts'
import type { Sealing, SealingThread } from '../socket/contracts.ts'
import type { Buffers } from './buffers.ts'
import { Job } from './job.ts'
import { transferOf, type Instruction, type Report, type ThreadData } from './order.ts'

/** One thread that seals. It keeps no process alive. */
export class SealWorker implements SealingThread {
  /** Has it sealed anything? */
  useful = false
  readonly #thread: Worker
  readonly #buffers: Buffers
  readonly #jobs = new Map<number, Job>()
  #ready = false
  #nextId = 0

  /** @param onEnd called when the thread has ended: by `close`, then without an error, or by one that it could not handle */
  constructor (data: ThreadData, buffers: Buffers, onEnd: (worker: SealWorker, error: Error | null) => void) {
    this.#buffers = buffers
    let error: Error | null = null
    this.#thread = new Worker(threadFile, { workerData: data, resourceLimits: { maxYoungGenerationSizeMb } })
    this.#thread.on('message', (report: Report) => this.#onReport(report))
    this.#thread.on('error', (cause) => { error = cause })
    this.#thread.on('exit', () => {
      this.#ready = false
      onEnd(this, error)
      for (const job of this.#jobs.values()) job.abandoned()
      this.#jobs.clear()
    })
    this.#thread.unref()
  }

  /** Jobs that it has; Infinity while it takes none. */
  get load (): number {
    return this.#ready ? this.#jobs.size : Infinity
  }

  seal (run: RecordRun, chunks: readonly Uint8Array[], descriptor: number, done: (error: Error | null) => void): Sealing {
    const job = new Job(run, chunks, descriptor, this.#buffers, done)
    const order = job.order(this.#nextId++)
    this.#jobs.set(order.id, job)
    this.#tell(order, transferOf(order.memory))
    return job
  }

  /** Lets it end when it has done what it has: to end it in the middle of a write would break the connection. */
  close (): void {
    this.#ready = false
    this.#tell('stop')
  }

  #tell (instruction: Instruction, transfer: ArrayBuffer[] = []): void {
    this.#thread.postMessage(instruction, transfer)
  }

  #onReport (report: Report): void {
    if (report === 'ready') {
      this.#ready = true
      return
    }
    this.useful = true
    const job = this.#jobs.get(report.id)
    this.#jobs.delete(report.id)
    job?.finished(report.memory)
  }
}

/** Beside this file, and in the same language: the sources run without being compiled, too. */
const threadFile = new URL(`thread${extname(import.meta.url)}`, import.meta.url)

/** Of a thread's heap, where nothing lives long. */
const maxYoungGenerationSizeMb = 4
