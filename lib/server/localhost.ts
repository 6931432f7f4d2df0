import { createServer } from 'node:net'
import type { ListenOptions, Server, Socket } from 'node:net'

/** What `listen` was given, where that names `localhost`. */
export interface Localhost {
  readonly options: ListenOptions
  readonly callback: (() => void) | undefined
}

/** @returns null for every other host, and for what only Node can judge */
export function readLocalhost (args: readonly unknown[]): Localhost | null {
  const [first, second] = args
  const last = args.at(-1)
  const options = typeof first === 'object' && first !== null ? first as ListenOptions : { port: Number(first), host: String(second) }
  if (options.host?.toLowerCase() !== 'localhost') return null
  return { options, callback: typeof last === 'function' ? last as () => void : undefined }
}

/**
 * The other addresses of `localhost`. A server of Node listens on the first one only, and a client that tries another
 * one first finds nobody there, or somebody else.
 */
export class OtherAddresses {
  readonly #servers: Server[]
  readonly #onConnection: (raw: Socket) => void

  constructor (onConnection: (raw: Socket) => void) {
    this.#servers = []
    this.#onConnection = onConnection
  }

  /**
   * Listens on all of them that the machine has.
   * @param options of `listen`; with port 0 the first finds a port and the others use it
   * @returns the port
   */
  async listen (addresses: readonly string[], options: ListenOptions): Promise<number> {
    let port = options.port ?? 0
    for (const host of addresses) port = await this.#listenOn({ ...options, host, port })
    return port
  }

  async close (): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
  }

  async connections (): Promise<number> {
    const counts = await Promise.all(this.#servers.map((server) => new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => error === null ? resolve(count) : reject(error))
    })))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  ref (): void { for (const server of this.#servers) server.ref() }
  unref (): void { for (const server of this.#servers) server.unref() }

  #listenOn (options: ListenOptions & { port: number }): Promise<number> {
    const server = createServer({ noDelay: true }, this.#onConnection)
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (absent.has(error.code ?? '')) resolve(options.port)
        else reject(error)
      })
      server.listen(options, () => {
        this.#servers.push(server)
        resolve((server.address() as { port: number }).port)
      })
    })
  }
}

/** The machine has no such address, or no such family. */
const absent = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])
