import { FST_TLS13_NOT_TLS, FST_TLS13_PHA_NOT_OFFERED } from '../errors.ts'
import type { ClientCertificateOptions, RequestTls } from '../../types/fastify.ts'
import { clientCertificateOptions, numTickets, ticketCount } from './checks.ts'

/**
 * `request.tls` of a request that came over no TLS connection of ours, as under `app.inject()`: a client that said
 * nothing of itself and cannot be asked. Wrong arguments are refused as on a real connection, so that tests find them.
 */
export class NoTls implements RequestTls {
  get numTickets (): number { return 0 }
  set numTickets (value: number) { numTickets('numTickets', value) }
  get ticketsSent (): number { return 0 }
  get resumed (): boolean { return false }
  get earlyData (): boolean { return false }
  get protocol (): null { return null }
  get cipher (): null { return null }
  get group (): null { return null }
  get servername (): null { return null }
  get alpnProtocol (): null { return null }
  get authorized (): boolean { return false }
  get authorizationError (): null { return null }
  get peerCertificate (): null { return null }
  get postHandshakeAuth (): boolean { return false }

  async requestClientCertificate (options: ClientCertificateOptions = {}): Promise<never> {
    clientCertificateOptions('options', options)
    throw FST_TLS13_PHA_NOT_OFFERED()
  }

  sendTickets (count: number = 1): void {
    ticketCount('count', count)
  }

  updateKeys (): void {}

  exportKeyingMaterial (): never {
    throw FST_TLS13_NOT_TLS()
  }
}
