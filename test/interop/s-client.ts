/** openssl s_client as an HTTP client that counts what arrives beside the answers. */
import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { answerEnd, files } from './app.ts'
import type { Answer, App } from './app.ts'
import { Program } from './program.ts'

export interface Exchange {
  status: number
  answer: Answer
  /** Tickets that came since the exchange before, those of the handshake before the first. */
  tickets: number
  certificateRequests: number
  /** Handshake messages in their order, `>` sent and `<` received: `<CertificateRequest >Certificate`. */
  messages: string[]
}

export class SClient {
  readonly program: Program
  #session = join(files.folder, `${randomUUID()}.session`)

  constructor (t: Test, app: App, args: readonly string[] = []) {
    this.program = new Program(t, 'openssl', [
      's_client', '-connect', `127.0.0.1:${app.port}`, '-servername', 'localhost', '-CAfile', files.ca, '-verify_return_error',
      '-msg', '-sess_out', this.#session, ...args
    ])
  }

  /** Makes a request and reads its answer. */
  async get (path: string, method = 'GET'): Promise<Exchange> {
    this.program.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    return this.answer()
  }

  /** Reads the answer to a request that was made. */
  async answer (end: RegExp = answerEnd): Promise<Exchange> {
    return exchangeIn(await this.program.expect(end))
  }

  /** The newest ticket, kept from being replaced by later ones; null when none came. */
  session (): string | null {
    if (!existsSync(this.#session)) return null
    const copy = join(files.folder, `${randomUUID()}.session`)
    copyFileSync(this.#session, copy)
    return copy
  }

  async end (): Promise<string> {
    return (await this.program.end()).output
  }
}

export const alice = ['-cert', files.alice.cert, '-key', files.alice.key]

/** One request on a connection of its own. */
export async function request (t: Test, app: App, args: readonly string[] = [], path = '/'): Promise<Exchange> {
  const client = new SClient(t, app, args)
  const exchange = await client.get(path)
  await client.end()
  return exchange
}

function exchangeIn (output: string): Exchange {
  const messages = [...output.matchAll(/^[<>]{2}([<>]) TLS 1\.3, Handshake \[length [0-9a-f]+\], (\w+)/gm)]
    .map(([, side, name]) => side! + name!)
  const body = output.slice(output.lastIndexOf('\r\n\r\n')).replace(/^[^{]*/, '')
  return {
    status: Number(/HTTP\/1\.1 (\d+)/.exec(output)?.[1]),
    answer: JSON.parse(body) as Answer,
    tickets: messages.filter(name => name === '<NewSessionTicket').length,
    certificateRequests: messages.filter(name => name === '<CertificateRequest').length,
    messages
  }
}
