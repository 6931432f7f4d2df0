import type { ClientIdentity, SecureContext } from '../../types/credentials.ts'
import type { HandshakeInfo } from '../../types/observer.ts'
import type { ServerConnection } from './connection.ts'
import { RefusedError } from './errors.ts'

/**
 * What a connection answers when it is over, however long somebody keeps it: the facts. What it worked with is gone, and
 * what would make it send or derive anything is refused.
 */
export class ClosedConnection implements Answers {
  readonly connected: boolean
  readonly failed: boolean
  readonly info: HandshakeInfo | null
  readonly context: SecureContext | null
  readonly identity: ClientIdentity | null
  readonly certificateRequested: boolean
  readonly ticketsSent: number
  readonly #numTickets: number

  constructor (connection: Answers) {
    this.connected = connection.connected
    this.failed = connection.failed
    this.info = connection.info
    this.context = connection.context
    this.identity = connection.identity
    this.certificateRequested = connection.certificateRequested
    this.ticketsSent = connection.ticketsSent
    this.#numTickets = connection.numTickets
  }

  get serverName (): string | null { return this.info?.serverName ?? null }
  get alpnProtocol (): string | null { return this.info?.alpnProtocol ?? null }
  get postHandshakeAuth (): boolean { return this.info?.postHandshakeAuth ?? false }

  get numTickets (): number { return this.#numTickets }
  set numTickets (_: number) { refuse() }
  sendTickets (): never { return refuse() }
  requestClientCertificate (): never { return refuse() }
  updateKeys (): never { return refuse() }
  exportKeyingMaterial (): never { return refuse() }
}

/** What a connection answers, open or over. */
export type Answers = Pick<ServerConnection, 'connected' | 'failed' | 'info' | 'context' | 'identity' | 'certificateRequested' | 'ticketsSent' |
  'numTickets' | 'serverName' | 'alpnProtocol' | 'postHandshakeAuth' | 'sendTickets' | 'requestClientCertificate' | 'updateKeys' | 'exportKeyingMaterial'>

function refuse (): never { throw new RefusedError('CLOSED', 'the connection is closed') }
