import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { ca } from './servers.ts'

/** An HTTP client that says exactly what it is told, over Node's own TLS. */
export class Client {
  readonly socket: TLSSocket
  /** All that came so far. */
  text: string
  /** How the connection went: 'end', an error's code, 'close'. */
  readonly events: string[]

  constructor (socket: TLSSocket) {
    this.socket = socket
    this.text = ''
    this.events = []
    socket.setEncoding('latin1')
    socket.on('data', (data: string) => { this.text += data })
    socket.on('end', () => this.events.push('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => this.events.push(String(error.code)))
    socket.on('close', () => this.events.push('close'))
  }

  static async connect (server: Server, options: ConnectionOptions & { allowHalfOpen?: boolean } = {}): Promise<Client> {
    const { port } = server.address() as AddressInfo
    const client = new Client(connect({ host: '127.0.0.1', port, ca, ...options }))
    await once(client.socket, 'secureConnect')
    return client
  }

  send (...lines: string[]): void {
    this.socket.write(lines.join('\r\n'))
  }

  /** Sends a request without a body. */
  request (method: string, path: string, ...headers: string[]): void {
    this.send(`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', '')
  }

  /** Waits until what came matches, and takes it up to there. */
  async take (pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.text)
      if (match !== null) {
        const end = match.index + match[0].length
        const taken = this.text.slice(0, end)
        this.text = this.text.slice(end)
        return taken
      }
      if (this.socket.destroyed || this.socket.readableEnded) throw new Error(`ended before ${pattern} in ${JSON.stringify(this.text)}`)
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')])
    }
  }

  /** Takes a response whose body ends with `end`, without what differs each time. */
  async response (end: string): Promise<string> {
    return plain(await this.take(new RegExp(end.replace(/[[{}$.*+?()|\\]/g, '\\$&'))))
  }

  /** Waits until the connection is closed. */
  async closed (): Promise<string[]> {
    if (!this.events.includes('close')) await once(this.socket, 'close').catch(() => {})
    return this.events
  }
}

/** A message without its date. */
export function plain (message: string): string {
  return message.replace(/^Date: .*\r\n/mi, '')
}
