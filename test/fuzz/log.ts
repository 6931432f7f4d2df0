/** What the processes of a run tell the one that started them, and what it prints of it. */
import type { FileCoverage } from './coverage.ts'

/** From a process of the run to the one that started it. */
export type Message =
  | { readonly kind: 'progress', readonly inputs: number, readonly kept: number[][], readonly courses: number, readonly held: number, readonly seconds: number }
  | { readonly kind: 'finding', readonly text: string }
  | { readonly kind: 'done', readonly counts: Map<string, number> }
  | { readonly kind: 'coverage', readonly files: FileCoverage[] }

/** What a process is told to do. */
export interface Task { readonly seed: number, readonly from: number, readonly to: number, readonly kept: number[][], readonly covered: boolean }

/** What is printed on the way and at the end. */
export class Log {
  readonly kept: number[][] = []
  findings = 0
  readonly #all: number
  readonly #counts = new Map<string, number>()
  #files: FileCoverage[] = []
  #inputs = 0
  #seconds = 0
  #courses = 0
  #held = 0
  #printed = 0

  constructor (all: number) {
    this.#all = all
  }

  begin (): void {
    this.#printed = Date.now()
  }

  take (message: Message): void {
    switch (message.kind) {
      case 'progress': return this.#progress(message)
      case 'finding':
        this.findings++
        return console.log(`FOUND: ${message.text}`)
      case 'coverage':
        this.#files = message.files
        return
      case 'done':
        for (const [stage, count] of message.counts) this.#counts.set(stage, (this.#counts.get(stage) ?? 0) + count)
    }
  }

  line (text: string): void {
    const rate = this.#seconds === 0 ? 0 : Math.round(this.#inputs / this.#seconds)
    console.log(`${String(this.#inputs).padStart(10)} of ${this.#all}  ${String(rate).padStart(6)}/s of processor time  kept ${this.kept.length}  courses ${this.#courses}  held ${Math.round(this.#held / 1024)} KiB  ${covered(this.#files)}  ${text}`)
  }

  report (): void {
    this.line('done')
    for (const [stage, count] of this.#counts) console.log(`${String(count).padStart(10)}  ${stage}`)
    for (const { file, lines, missed } of this.#files) console.log(`  ${(100 - 100 * missed.length / lines).toFixed(1).padStart(5)} %  ${file}${missed.length > 0 ? `: not ${missed.join(' ')}` : ''}`)
    console.log(`${covered(this.#files)} of lib/core reached by fuzzing alone; ${this.findings} findings`)
  }

  #progress ({ inputs, kept, courses, held, seconds }: Message & { kind: 'progress' }): void {
    this.#inputs += inputs
    this.#seconds += seconds
    this.#courses = Math.max(this.#courses, courses)
    this.#held = Math.max(this.#held, held)
    this.kept.push(...kept)
    if (Date.now() - this.#printed < 10_000) return
    this.#printed = Date.now()
    this.line('')
  }
}

function covered (files: readonly FileCoverage[]): string {
  const lines = files.reduce((sum, file) => sum + file.lines, 0)
  const missed = files.reduce((sum, file) => sum + file.missed.length, 0)
  return lines === 0 ? 'lines –' : `lines ${(100 * (lines - missed) / lines).toFixed(2)} % (${lines - missed} of ${lines})`
}
