/** What V8 says was run: new code, to keep the inputs that reached it, and lines, to report. */
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import type { Profiler } from 'node:inspector'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Lines of a file that were run, of those with code. */
export interface FileCoverage { readonly file: string, readonly lines: number, readonly missed: readonly number[] }

/** Start it before what it measures is loaded: functions that are compiled already are not counted by blocks. */
export class Coverage {
  readonly #session = new Session()
  readonly #folder: string
  /** For every script one byte a character: was it run? */
  readonly #covered = new Map<string, Uint8Array>()
  /** Places in it that the last `take` found. */
  #fresh: Array<{ covered: Uint8Array, at: number }> = []

  /** @param folder a file URL with a slash at the end; scripts elsewhere are passed over */
  constructor (folder: string) {
    this.#folder = folder
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** What was run since the last call. @returns how many characters of it were never run before */
  take (): number {
    this.#fresh = []
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const script of result) if (script.url.startsWith(this.#folder)) this.#add(script)
    })
    return this.#fresh.length
  }

  /** Forgets what the last `take` found, so that it can be found again. @returns how much of it was not found since */
  forget (): () => number {
    const fresh = this.#fresh
    for (const { covered, at } of fresh) covered[at] = 0
    return () => fresh.reduce((sum, { covered, at }) => sum + Number(covered[at] === 0), 0)
  }

  report (): FileCoverage[] {
    return [...this.#covered].map(([url, covered]) => linesOf(url, covered)).sort((a, b) => a.file < b.file ? -1 : 1)
  }

  #add ({ url, functions }: Profiler.ScriptCoverage): void {
    const length = Math.max(...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)))
    const covered = longer(this.#covered.get(url), length)
    this.#covered.set(url, covered)
    // Ranges inside of ranges say more, and come later.
    const painted = new Uint8Array(length)
    for (const { ranges } of functions) for (const { startOffset, endOffset, count } of ranges) painted.fill(Number(count > 0), startOffset, endOffset)
    for (let at = 0; at < length; at++) {
      if (painted[at] === 0 || covered[at] === 1) continue
      covered[at] = 1
      this.#fresh.push({ covered, at })
    }
  }
}

function longer (bytes: Uint8Array | undefined, length: number): Uint8Array {
  if (bytes !== undefined && bytes.length >= length) return bytes
  const larger = new Uint8Array(length)
  if (bytes !== undefined) larger.set(bytes)
  return larger
}

/** A line is run when any of it is; lines of comments and braces alone do not count. Stripping types moves nothing. */
function linesOf (url: string, covered: Uint8Array): FileCoverage {
  const path = fileURLToPath(url)
  const missed: number[] = []
  let lines = 0
  let at = 0
  let comment = false
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    const text = line.trim()
    comment ||= text.startsWith('/*')
    if (!comment && text !== '' && !text.startsWith('//') && !/^[{}()[\],]+$/.test(text)) {
      lines++
      const start = at + line.indexOf(text)
      if (!covered.subarray(start, start + text.length).includes(1)) missed.push(index + 1)
    }
    if (text.endsWith('*/')) comment = false
    at += line.length + 1
  }
  return { file: relative(process.cwd(), path), lines, missed }
}
