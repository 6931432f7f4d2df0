/** The attacked server from outside: started, asked what it holds, and asked for a page again and again. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { Tls13Options } from '../../index.ts'
import { createAuthority } from '../helpers/pki.ts'
import type { Held, Question } from './server.ts'

const root = createAuthority({ name: 'Kill Root' })
const credential = root.issueServer()

export interface VictimOptions {
  readonly tls?: Tls13Options
  /** Fastify's, in milliseconds: how long a connection may be still; 0: for ever. */
  readonly connectionTimeout?: number
}

export class Victim {
  readonly port: number
  readonly #process: ChildProcess

  private constructor (child: ChildProcess, port: number) {
    this.#process = child
    this.port = port
  }

  static async start ({ tls = {}, connectionTimeout = 0 }: VictimOptions): Promise<Victim> {
    const options = { tls: { key: credential.keyPem, cert: credential.pem, ca: root.pem, ...tls }, connectionTimeout }
    // Without what measures coverage in the tests, which would be measured too.
    const { NODE_V8_COVERAGE: _, ...env } = process.env
    const child = fork(new URL('./server.ts', import.meta.url), [JSON.stringify(options)], {
      env,
      execArgv: ['--expose-gc', '--no-warnings', '--import', new URL('../../scripts/strip-types.mjs', import.meta.url).href]
    })
    const [port] = await once(child, 'message')
    return new Victim(child, port as number)
  }

  async held (question: Question = 'hold'): Promise<Held> {
    this.#process.send(question)
    const [held] = await once(this.#process, 'message')
    return held as Held
  }

  async stop (): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.disconnect()
    await ended
  }
}

/** Other clients: a request every so often, each on a connection of its own, from an address that attacks nobody. */
export class Visitors {
  asked: number
  served: number
  slowest: number
  /** What went wrong. */
  readonly failures: string[]
  #going: boolean
  readonly #port: number
  readonly #visits: Promise<void>

  constructor (port: number, pause: number) {
    this.asked = this.served = this.slowest = 0
    this.failures = []
    this.#going = true
    this.#port = port
    this.#visits = this.#visit(pause)
  }

  async leave (): Promise<void> {
    this.#going = false
    await this.#visits
  }

  async #visit (pause: number): Promise<void> {
    while (this.#going) {
      const start = performance.now()
      this.asked++
      try {
        if (await this.#request() === 'served') this.served++
        else this.failures.push('another answer')
      } catch (error) {
        this.failures.push((error as Error).message)
      }
      this.slowest = Math.max(this.slowest, performance.now() - start)
      await delay(pause)
    }
  }

  async #request (): Promise<string> {
    const request = get({ host: '127.0.0.1', port: this.#port, localAddress: '127.0.0.2', servername: 'localhost', ca: root.pem, agent: false })
    const [response] = await once(request, 'response')
    let body = ''
    for await (const chunk of response) body += chunk
    return response.statusCode === 200 ? body : String(response.statusCode)
  }
}
