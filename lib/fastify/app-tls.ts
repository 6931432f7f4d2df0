import type { ServerSettings } from '../server/configuration.ts'
import type { ServerGauges } from '../metrics/counters.ts'
import type { AppTls } from '../../types/fastify.ts'
import type { SecureContextOptions, Tls13SecureContext } from '../../types/options.ts'

/** `app.tls`: what may be changed while the server runs, for connections to come. */
export class ServerTls implements AppTls {
  readonly #settings: ServerSettings
  readonly #gauges: ServerGauges

  constructor (settings: ServerSettings, gauges: ServerGauges) {
    this.#settings = settings
    this.#gauges = gauges
  }

  get numTickets (): number {
    return this.#settings.configuration.numTickets
  }

  set numTickets (value: number) {
    this.#settings.configuration.numTickets = value
  }

  setSecureContext (options: SecureContextOptions): void {
    this.#settings.contexts.setDefault(options)
  }

  addContext (serverName: string, context: SecureContextOptions | Tls13SecureContext): void {
    this.#settings.contexts.add(serverName, context)
  }

  rotateTicketKeys (): void {
    this.#settings.ticketKeys.rotate()
  }

  get counters (): { readonly handshakesInProgress: number, readonly connections: number } {
    const { handshakesInProgress, connections } = this.#gauges
    return { handshakesInProgress, connections }
  }
}
