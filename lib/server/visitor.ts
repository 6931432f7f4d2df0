import type { TransportListener } from '../socket/contracts.ts'
import type { TlsSocket } from '../socket/tls-socket.ts'
import type { Listed, Roster } from './roster.ts'

/** Who is told how its visitors fare. */
export interface Host {
  onEarlyData (visitor: Visitor): void
  onSecure (visitor: Visitor): void
  onHandshakeFailed (visitor: Visitor, error: Error): void
  onClosed (visitor: Visitor): void
}

/** A connection at the gate: its socket, its place among the others, and what its handshake needs. */
export class Visitor implements TransportListener<TlsSocket>, Listed<Visitor> {
  readonly #host: Host
  socket!: TlsSocket
  roster: Roster<Visitor> | null
  newer: Visitor | null
  older: Visitor | null
  /** The handshake's time-out. */
  timer: NodeJS.Timeout | null
  /** Has HTTP got the connection already, for its early data? */
  accepted: boolean
  #address: string | null

  constructor (host: Host) {
    this.#host = host
    this.#address = null
    this.roster = this.newer = this.older = this.timer = null
    this.accepted = false
  }

  /** Kept from the first time on, because a socket forgets it when it closes; empty when it was closed before. */
  get address (): string {
    if (this.#address === null) this.#address = this.socket.remoteAddress ?? ''
    return this.#address
  }

  onEarlyData (): void { this.#host.onEarlyData(this) }
  onSecure (): void { this.#host.onSecure(this) }
  onHandshakeFailed (_: TlsSocket, error: Error): void { this.#host.onHandshakeFailed(this, error) }
  onClosed (): void { this.#host.onClosed(this) }
}
