/**
 * Makes inputs and runs them. Input number i of a seed is a change of an input that was recorded or kept; which one and how
 * is a function of seed and i. An input is kept when the connection takes a course that none took before, or when it
 * reaches code that none reached. Its name is its number with those that it came from, `812.77.3`: with the seed, all that
 * is needed to make it again.
 */
import { mutateSteps } from './mutate.ts'
import { perform } from './perform.ts'
import { Random } from './random.ts'
import { createStages, open } from './stages.ts'
import type { Stage } from './stages.ts'
import { writeSteps } from './step.ts'
import type { Step } from './step.ts'
import { Violation } from './subject.ts'
import type { Subject } from './subject.ts'

export interface Input {
  readonly stage: Stage
  readonly steps: readonly Step[]
  /** Its own number first, then its parent's, and so on to the one that was made of a recorded input. */
  readonly lineage: readonly number[]
}

/** A property that did not hold, and how to see it again. */
export class Finding extends Error {
  override readonly name = 'Finding'

  constructor (input: Input, seed: number, cause: unknown) {
    super(`${(cause as Error).message}\n  npm run fuzz -- --seed ${seed} --replay ${input.lineage.join('.')}\n  ${writeInput(input)}`, { cause })
  }
}

/** As a file of test/fuzz/regressions holds it. */
export function writeInput ({ stage, steps }: Pick<Input, 'stage' | 'steps'>): string {
  return `${stage.name}|${writeSteps(steps)}`
}

export class Fuzzer {
  readonly seed: number
  readonly stages: readonly Stage[]
  /** Inputs run, and of them by stage. */
  readonly counts = new Map<string, number>()
  /** Connections that are still open, the last of each place: what they hold is measured. */
  readonly open: Subject[] = []
  readonly #total: number
  readonly #kept = new Map<Stage, Input[]>()
  readonly #courses = new Set<string>()

  constructor (seed: number, stages: readonly Stage[] = createStages()) {
    this.seed = seed
    this.stages = stages
    this.#total = stages.reduce((sum, { share }) => sum + share, 0)
    for (const stage of stages) this.#kept.set(stage, [])
  }

  get kept (): number {
    return [...this.#kept.values()].reduce((sum, inputs) => sum + inputs.length, 0)
  }

  get courses (): number {
    return this.#courses.size
  }

  /** Input number `index`. @throws {Finding} */
  run (index: number): Input {
    const input = this.#make(index, null)
    if (this.#isNew(input, this.execute(input))) this.keep(input)
    return input
  }

  /** The input of that name. */
  replay (lineage: readonly number[]): Input {
    let input: Input | null = null
    for (const index of [...lineage].reverse()) input = this.#make(index, input)
    return input!
  }

  /** @throws {Finding} */
  execute (input: Input): Subject {
    this.counts.set(input.stage.name, (this.counts.get(input.stage.name) ?? 0) + 1)
    try {
      const subject = execute(input)
      if (!subject.connection.failed) this.open[input.lineage[0]! % maxOpen] = subject
      return subject
    } catch (error) {
      throw new Finding(input, this.seed, error)
    }
  }

  keep (input: Input): void {
    if (input.lineage.length >= maxLineage) return
    const kept = this.#kept.get(input.stage)!
    if (kept.length < maxKept) kept.push(input)
    else kept[input.lineage[0]! % maxKept] = input
  }

  #make (index: number, given: Input | null): Input {
    const random = new Random(this.seed, index)
    const stage = this.#stageAt(random.below(this.#total))
    const kept = this.#kept.get(stage)!
    const recorded = random.once(4) || kept.length === 0
    const choice = random.next()
    const parent = given ?? (recorded ? null : kept[choice % kept.length]!)
    const steps = parent?.steps ?? stage.seeds[choice % stage.seeds.length]!
    return { stage, steps: mutateSteps(steps, stage.seeds, random), lineage: [index, ...parent?.lineage ?? []] }
  }

  #stageAt (point: number): Stage {
    for (const stage of this.stages) {
      if (point < stage.share) return stage
      point -= stage.share
    }
    throw new RangeError('a point beyond all shares')
  }

  #isNew ({ stage }: Input, { course, failure }: Subject): boolean {
    const name = `${stage.name}|${course}|${failure?.message.replace(/\d+/g, '') ?? ''}`
    if (this.#courses.has(name) || this.#courses.size >= maxCourses) return false
    this.#courses.add(name)
    return true
  }
}

/** Opens a connection of the stage and does the steps to it. @throws {Violation} */
export function execute ({ stage, steps }: Pick<Input, 'stage' | 'steps'>): Subject {
  const subject = open(stage)
  const before = subject.connected
  for (const step of steps) perform(subject, step, stage.hello)
  if (subject.connected && !before && !steps.some(({ kind }) => kind === 'answer') && !stage.completes(steps)) {
    throw new Violation('connected without the Finished of the client')
  }
  // After the end nothing is said, whatever comes.
  if (subject.connection.state === 'CLOSED') subject.receive(afterwards.slice())
  return subject
}

const afterwards = Uint8Array.of(22, 3, 3, 0, 4, 1, 0, 0, 0, 21, 3, 3, 0, 2, 2, 40)
const maxKept = 4096
const maxCourses = 50_000
const maxLineage = 12
const maxOpen = 256
