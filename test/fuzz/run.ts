/**
 * The long run: `npm run fuzz -- --inputs 10000000 --workers 2 --seed 1`, or `--replay 812.77.3` of one input.
 *
 * First comes a part under V8's coverage, which keeps the inputs that reach new code; then the rest, at full speed, in as
 * many processes as are asked for; at last everything that was kept is run under coverage, for the report.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Log } from './log.ts'
import type { Message, Task } from './log.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    replay: { type: 'string' },
    child: { type: 'boolean', default: false }
  }
})

async function replay (seed: number, lineage: number[]): Promise<void> {
  const { Fuzzer, writeInput } = await import('./fuzzer.ts')
  const fuzzer = new Fuzzer(seed)
  const input = fuzzer.replay(lineage)
  console.log(writeInput(input))
  const { course, failure } = fuzzer.execute(input)
  console.log(`${course} ${failure?.message ?? ''}`)
}

async function run (seed: number, inputs: number, workers: number): Promise<void> {
  console.log(`seed ${seed}, ${inputs} inputs, ${workers} workers, Node ${process.version}`)
  const log = new Log(inputs)
  const scout = new Child(log)
  const scouted = Math.min(mostScouted, Math.ceil(inputs / 10))
  await scout.do({ seed, from: 0, to: scouted, kept: [], covered: true })
  log.line('full speed')
  const share = Math.ceil((inputs - scouted) / workers)
  const kept = log.kept.slice()
  await Promise.all(Array.from({ length: workers }, async (_, i) => {
    const child = new Child(log)
    const from = scouted + i * share
    await child.do({ seed, from, to: Math.min(from + share, inputs), kept, covered: false })
    child.end()
  }))
  log.line('coverage')
  await scout.do({ seed, from: 0, to: 0, kept: log.kept.slice(kept.length), covered: true })
  scout.end()
  log.report()
  process.exitCode = log.findings > 0 ? 1 : 0
}

/** A process that fuzzes. */
class Child {
  readonly #process: ChildProcess
  readonly #log: Log
  #resolve: () => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor (log: Log) {
    this.#log = log
    this.#process = fork(fileURLToPath(import.meta.url), ['--child'], { serialization: 'advanced', execArgv: [...process.execArgv, '--max-semi-space-size=32'] })
    this.#process.on('message', (message: Message) => {
      log.take(message)
      if (message.kind === 'done') this.#resolve()
    })
    this.#process.on('exit', (code, signal) => { this.#reject(new Error(`a process of the run ended with ${signal ?? code}`)) })
  }

  async do (task: Task): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#process.send(task)
    this.#log.begin()
    await done
  }

  end (): void {
    this.#reject = () => {}
    this.#process.disconnect()
  }
}

async function work (task: Task): Promise<void> {
  const { perform } = await import('./worker.ts')
  await perform(task, (message) => { process.send!(message) })
}

/** Under coverage an input costs several times as much. */
const mostScouted = 10_000

if (values.child) process.on('message', work)
else if (values.replay !== undefined) await replay(Number(values.seed), values.replay.split('.').map(Number))
else await run(Number(values.seed), Number(values.inputs), Number(values.workers))
