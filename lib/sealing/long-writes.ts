import type { Sealer, SealingThread } from '../socket/contracts.ts'
import { Buffers } from './buffers.ts'
import type { ThreadData } from './order.ts'
import { SealWorker } from './seal-worker.ts'

/**
 * The threads that seal the long writes of a server, where there are some and they have not too much to do. They are started by
 * the first long write.
 */
export class LongWrites implements Sealer {
  readonly #data: ThreadData
  readonly #buffers: Buffers
  readonly #workers = new Set<SealWorker>()
  #threads: number

  /** @param threads how many; 0: all is sealed on the event loop */
  constructor (threads: number, data: ThreadData) {
    this.#threads = threads
    this.#data = data
    this.#buffers = new Buffers(threads * maxJobs)
  }

  threadFor (length: number): SealingThread | null {
    return length < worthAThread ? null : this.#idlest()
  }

  /** Ends the threads, when they have done what they have. Another long write starts them again. */
  close (): void {
    for (const worker of this.#workers) worker.close()
    this.#workers.clear()
  }

  #idlest (): SealWorker | null {
    while (this.#workers.size < this.#threads) this.#workers.add(new SealWorker(this.#data, this.#buffers, this.#onEnd))
    let idlest: SealWorker | null = null
    for (const worker of this.#workers) if (worker.load < (idlest?.load ?? maxJobs)) idlest = worker
    return idlest
  }

  /** One that ended before it sealed anything would do so again, and is not replaced. */
  readonly #onEnd = (worker: SealWorker, error: Error | null): void => {
    if (!this.#workers.delete(worker)) return
    if (!worker.useful) this.#threads--
    process.emitWarning(`A thread of sealWorkers has ended. What it had is sealed by the event loop${worker.useful ? '' : ', and no other takes its place'}. ${error ?? ''}`, {
      type: 'FastifyTls13Warning',
      code: 'FST_TLS13_SEAL_WORKER'
    })
  }
}

/** Waiting for a thread; bounds how long a response waits behind others while the event loop could seal it. */
const maxJobs = 8

/** Bytes: for less, the way to another thread and back takes longer than the work. */
const worthAThread = 2 ** 17
