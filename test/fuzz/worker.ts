/** One process of the long run. What it measures is loaded after the measuring begins. */
import { setImmediate } from 'node:timers/promises'
import { Coverage } from './coverage.ts'
import type { Fuzzer, Input } from './fuzzer.ts'
import type { Message, Task } from './log.ts'
import { maxHeld, measureHeld } from './memory.ts'
import { Watchdog } from './watchdog.ts'

let coverage: Coverage | null = null
let fuzzer: Fuzzer | null = null

/** Runs a range of inputs, and before it those that were kept elsewhere. */
export async function perform (task: Task, tell: (message: Message) => void): Promise<void> {
  if (task.covered) coverage ??= new Coverage(new URL('../../lib/core/', import.meta.url).href)
  // Errors by the million: nobody looks at their stacks. A replay has them.
  Error.stackTraceLimit = 0
  const { Fuzzer, execute } = await import('./fuzzer.ts')
  const watchdog = new Watchdog(task.seed)
  const session = new Session((fuzzer ??= new Fuzzer(task.seed)), coverage, watchdog, tell)
  // Modules run once: what their loading reached is no input's.
  if (coverage !== null) for (const stage of fuzzer.stages) for (const steps of stage.seeds) execute({ stage, steps })
  coverage?.take()
  for (const lineage of task.kept) session.again(lineage)
  for (let from = task.from; from < task.to; from += batch) {
    session.batch(from, Math.min(from + batch, task.to))
    await setImmediate() // what was told goes out
  }
  coverage?.take()
  if (coverage !== null) tell({ kind: 'coverage', files: coverage.report() })
  tell({ kind: 'done', counts: new Map(fuzzer.counts) })
  fuzzer.counts.clear()
  await watchdog.stop()
}

class Session {
  readonly #fuzzer: Fuzzer
  readonly #coverage: Coverage | null
  readonly #watchdog: Watchdog
  readonly #tell: (message: Message) => void
  #findings = 0
  #done = 0
  #held = 0

  constructor (fuzzer: Fuzzer, coverage: Coverage | null, watchdog: Watchdog, tell: (message: Message) => void) {
    this.#fuzzer = fuzzer
    this.#coverage = coverage
    this.#watchdog = watchdog
    this.#tell = tell
  }

  /** An input that was kept by another process. */
  again (lineage: readonly number[]): void {
    const input = this.#fuzzer.replay(lineage)
    this.#guard(lineage, () => this.#fuzzer.execute(input))
    this.#fuzzer.keep(input)
  }

  batch (from: number, to: number): void {
    const start = process.cpuUsage()
    const inputs: Input[] = []
    const kept: Input[] = []
    for (let index = from; index < to; index++) {
      const before = this.#fuzzer.courses
      this.#guard([index], () => {
        const input = this.#fuzzer.run(index)
        if (this.#fuzzer.courses > before) kept.push(input)
        else inputs.push(input)
      })
    }
    if (this.#coverage !== null) kept.push(...this.#reachNew(this.#coverage, inputs, kept))
    this.#measure(to - from)
    const { user, system } = process.cpuUsage(start)
    this.#tell({ kind: 'progress', inputs: to - from, kept: kept.map(({ lineage }) => [...lineage]), courses: this.#fuzzer.courses, held: this.#held, seconds: (user + system) / 1e6 })
  }

  /** Those of the inputs that reached code which is new in this batch, and which no input that is kept anyway reaches. */
  #reachNew (coverage: Coverage, inputs: readonly Input[], kept: readonly Input[]): Input[] {
    if (coverage.take() === 0) return []
    const missing = coverage.forget()
    this.#executeAll(kept)
    coverage.take()
    return missing() === 0 ? [] : this.#find(coverage, inputs)
  }

  /** By halves. */
  #find (coverage: Coverage, inputs: readonly Input[]): Input[] {
    this.#executeAll(inputs)
    if (coverage.take() === 0) return []
    if (inputs.length === 1) {
      this.#fuzzer.keep(inputs[0]!)
      return [...inputs]
    }
    coverage.forget()
    const middle = inputs.length >> 1
    return [...this.#find(coverage, inputs.slice(0, middle)), ...this.#find(coverage, inputs.slice(middle))]
  }

  #executeAll (inputs: readonly Input[]): void {
    for (const input of inputs) this.#guard(input.lineage, () => this.#fuzzer.execute(input))
  }

  #measure (inputs: number): void {
    this.#done += inputs
    if (this.#done < betweenMeasures) return
    this.#done = 0
    this.#held = measureHeld(this.#fuzzer.open)
    if (this.#held > maxHeld) this.#found(`open connections hold ${this.#held} bytes each`)
  }

  #guard (lineage: readonly number[], action: () => unknown): void {
    this.#watchdog.begin(lineage)
    try {
      action()
    } catch (error) {
      this.#found((error as Error).message)
    }
  }

  #found (text: string): void {
    if (++this.#findings <= maxFindings) this.#tell({ kind: 'finding', text })
  }
}

const batch = 4096
const betweenMeasures = 100_000

/** Of one process: the same fault comes again and again. */
const maxFindings = 20
