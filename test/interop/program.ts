/** A program driven as a person at a terminal would: its words are waited for, then it is answered. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Test } from 'tap'

export interface ProgramOptions {
  /** Written at once; standard input stays open. */
  input?: string
  /** Milliseconds after which the program is killed and what waits for it fails, default 60000. */
  deadline?: number
  /** Default: that of this process. */
  env?: NodeJS.ProcessEnv
}

/** How a program ended, and everything it said on both outputs. */
export interface Ended { code: number | null, output: string }

export class Program {
  /** Standard output and standard error in the order in which they were written. */
  output = ''
  readonly ended: Promise<Ended>
  #child: ChildProcessWithoutNullStreams
  #command: string
  #over = false
  /** How far `expect` has read. */
  #position = 0
  #look: () => void = () => {}

  /** Starts a program that ends with the test at the latest. */
  constructor (t: Test, command: string, args: readonly string[], { input = '', deadline = 60_000, env = process.env }: ProgramOptions = {}) {
    this.#command = [command, ...args].join(' ')
    // One pipe for both outputs, or the order of what is said on the one and on the other is lost.
    this.#child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', command, ...args], { env })
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code) => {
        clearTimeout(timer)
        this.#over = true
        this.#look()
        resolve({ code, output: this.output })
      })
    })
    const timer = setTimeout(() => {
      this.output += `\n(killed after ${deadline} ms)`
      this.#child.kill('SIGKILL')
    }, deadline)
    t.teardown(() => { this.#child.kill('SIGKILL') })
    this.#listen()
    this.write(input)
  }

  /**
   * Waits for something that the program says after what was waited for last.
   * @returns all it said up to there
   * @throws {Error} with its output when it ends without saying it
   */
  async expect (pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const match = pattern.exec(this.output.slice(this.#position))
        if (match === null) {
          if (this.#over) reject(new Error(`${this.#command}\nended without ${String(pattern)}:\n${this.output}`))
          return
        }
        const start = this.#position
        this.#position += match.index + match[0].length
        this.#look = () => {}
        resolve(this.output.slice(start, this.#position))
      }
      this.#look()
    })
  }

  /**
   * Waits for something that the program says or has said, wherever `expect` has read to.
   * @throws {Error} with its output when it ends without saying it
   */
  async said (pattern: RegExp): Promise<void> {
    const read = this.#position
    this.#position = 0
    await this.expect(pattern)
    this.#position = Math.max(read, this.#position)
  }

  write (text: string): void {
    if (text !== '') this.#child.stdin.write(text)
  }

  /** Closes its standard input, and waits for its end. */
  async end (): Promise<Ended> {
    this.#child.stdin.end()
    return this.ended
  }

  /** Ends it without a chance to do anything about it. */
  async kill (): Promise<Ended> {
    this.#child.kill('SIGKILL')
    return this.ended
  }

  #listen (): void {
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.output += text
      this.#look()
    })
    // A program that has ended does not read what is still written to it: its end says so.
    this.#child.stdin.on('error', () => {})
  }
}

/** Runs a program to its end with nothing on its standard input. */
export async function run (t: Test, command: string, args: readonly string[], options?: ProgramOptions): Promise<Ended> {
  return new Program(t, command, args, options).end()
}
