import dns from 'node:dns'
import { errorMonitor } from 'node:events'
import type { EventEmitter } from 'node:events'
import type { RequestListener, ServerOptions } from 'node:http'
import { Server } from 'node:https'
import type { ListenOptions } from 'node:net'
import type { ServerSettings } from './configuration.ts'
import { attach } from './gate.ts'
import type { Gate } from './gate.ts'
import { OtherAddresses, readLocalhost } from './localhost.ts'
import type { Localhost } from './localhost.ts'

/**
 * An https.Server whose TLS is ours: requests, time-outs, upgrades and closing are Node's own.
 * On `localhost` it listens on all addresses of that name.
 */
export class Tls13Server extends Server {
  readonly gate: Gate
  readonly #others: OtherAddresses
  #closed: boolean

  /**
   * @param options of http.createServer. They are in force from the first connection: a `requestTimeout` that is set
   *   on a server later does not cut a body off.
   */
  constructor (settings: ServerSettings, options: ServerOptions = {}, handler?: RequestListener) {
    super(withHeadersTimeout(options), handler)
    this.#others = new OtherAddresses((raw) => this.emit('connection', raw))
    this.#closed = false
    this.gate = attach(this, settings)
  }

  override listen (...args: unknown[]): this {
    this.#closed = false
    const localhost = readLocalhost(args)
    if (localhost === null) return super.listen(...args as [ListenOptions])
    const emitter: EventEmitter = this
    emitter.once(errorMonitor, () => { this.#others.close() })
    this.#listenOnAll(localhost).catch((error) => this.emit('error', error))
    return this
  }

  override close (callback?: (error?: Error) => void): this {
    this.#closed = true
    const others = this.#others.close()
    return super.close((error) => others.then(() => callback?.(error)))
  }

  override getConnections (callback: (error: Error | null, count: number) => void): this {
    return super.getConnections((error, count) => {
      if (error !== null) return callback(error, count)
      this.#others.connections().then((others) => callback(null, count + others), (error) => callback(error, count))
    })
  }

  override ref (): this {
    this.#others.ref()
    return super.ref()
  }

  override unref (): this {
    this.#others.unref()
    return super.unref()
  }

  /** The one whose address the server has is the last to listen, so that 'listening' is true of all. */
  async #listenOnAll ({ options, callback }: Localhost): Promise<void> {
    const [first, ...others] = await addressesOf('localhost')
    const port = await this.#others.listen(others, options)
    if (this.#closed) return this.#others.close()
    super.listen({ ...options, host: first, port }, callback)
  }
}

function addressesOf (host: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses.map(({ address }) => address))
      else reject(error)
    })
  })
}

/** Without a limit for requests Node drops its limit for their headers, too. */
function withHeadersTimeout (options: ServerOptions): ServerOptions {
  return options.requestTimeout === 0 ? { headersTimeout: 60_000, ...options } : options
}
