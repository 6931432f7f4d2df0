/** Sees from a thread of its own that an input does not end, and says which. */
import { Worker } from 'node:worker_threads'

/** Seconds that one input may take. It is not a property, but the way to tell a loop without end. */
const patience = 60

export class Watchdog {
  /** How many inputs were begun, the seed, and the lineage of the last with its length. */
  readonly #shared = new Float64Array(new SharedArrayBuffer(8 * 32))
  readonly #worker: Worker

  constructor (seed: number) {
    this.#shared[1] = seed
    this.#worker = new Worker(program, { eval: true, execArgv: [], workerData: { shared: this.#shared, patience } })
    this.#worker.unref()
  }

  begin (lineage: readonly number[]): void {
    this.#shared[2] = lineage.length
    this.#shared.set(lineage, 3)
    this.#shared[0]!++
  }

  /** Nothing is running: waiting is no hanging. */
  async stop (): Promise<void> {
    await this.#worker.terminate()
  }
}

const program = `
const { workerData: { shared, patience } } = require('node:worker_threads')
const { writeSync } = require('node:fs')
let last = -1
let seconds = 0
setInterval(() => {
  seconds = shared[0] === last ? seconds + 1 : 0
  last = shared[0]
  if (seconds < patience || last === 0) return
  writeSync(2, 'an input has not ended for ' + patience + ' s\\n  npm run fuzz -- --seed ' + shared[1] + ' --replay ' + Array.from(shared.subarray(3, 3 + shared[2])).join('.') + '\\n')
  process.kill(process.pid, 'SIGKILL')
}, 1000)
`
