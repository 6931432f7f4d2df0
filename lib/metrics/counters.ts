/** Numbers of a server as plain fields: cheap enough to change per record, read when somebody looks. */
import type { Observer, TrafficCounters } from '../../types/observer.ts'

export function createCounters (): TrafficCounters {
  return {
    recordsReceived: 0,
    recordsSent: 0,
    plaintextReceived: 0,
    plaintextSent: 0,
    wireReceived: 0,
    wireSent: 0
  }
}

/** @param into gets each of `counters` added */
export function addCounters (into: TrafficCounters, counters: TrafficCounters): void {
  into.recordsReceived += counters.recordsReceived
  into.recordsSent += counters.recordsSent
  into.plaintextReceived += counters.plaintextReceived
  into.plaintextSent += counters.plaintextSent
  into.wireReceived += counters.wireReceived
  into.wireSent += counters.wireSent
}

/** What goes on in a server now. */
export class ServerGauges implements Observer {
  handshakesInProgress: number
  connections: number
  /** Open connections by ALPN protocol; null: none was negotiated. */
  readonly connectionsByProtocol: Map<string | null, number>

  constructor () {
    this.handshakesInProgress = 0
    this.connections = 0
    this.connectionsByProtocol = new Map()
  }

  handshakeStarted (): void {
    this.handshakesInProgress++
  }

  handshakeCompleted (): void {
    this.handshakesInProgress--
  }

  handshakeFailed (): void {
    this.handshakesInProgress--
  }

  connectionOpened (alpnProtocol: string | null): void {
    this.#count(alpnProtocol, 1)
  }

  connectionClosed (alpnProtocol: string | null): void {
    this.#count(alpnProtocol, -1)
  }

  #count (alpnProtocol: string | null, change: number): void {
    this.connections += change
    this.connectionsByProtocol.set(alpnProtocol, (this.connectionsByProtocol.get(alpnProtocol) ?? 0) + change)
  }
}
