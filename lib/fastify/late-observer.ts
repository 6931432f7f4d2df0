import type {
  ClientAuthOutcome, ClientAuthPhase, Direction, HandshakeInfo, Limit, Observer, StoreOperationInfo, TicketCause, TicketKeyStoreInfo,
  TicketResult
} from '../../types/observer.ts'

/**
 * A place kept free for an observer. A server made by `serverFactory` exists before the plugin is registered, and the
 * application's Prometheus client is known only then.
 */
export class LateObserver implements Required<Observer> {
  #observer: Observer

  constructor () {
    this.#observer = {}
  }

  set (observer: Observer): void {
    this.#observer = observer
  }

  handshakeStarted (): void {
    this.#observer.handshakeStarted?.()
  }

  handshakeCompleted (info: HandshakeInfo): void {
    this.#observer.handshakeCompleted?.(info)
  }

  handshakeFailed (result: 'failure' | 'timeout' | 'abort', reason: string): void {
    this.#observer.handshakeFailed?.(result, reason)
  }

  helloRetryRequested (group: string): void {
    this.#observer.helloRetryRequested?.(group)
  }

  ticketIssued (cause: TicketCause, length: number, withIdentity: boolean): void {
    this.#observer.ticketIssued?.(cause, length, withIdentity)
  }

  ticketRedeemed (result: TicketResult): void {
    this.#observer.ticketRedeemed?.(result)
  }

  clientAuthCompleted (phase: ClientAuthPhase, outcome: ClientAuthOutcome, duration: number): void {
    this.#observer.clientAuthCompleted?.(phase, outcome, duration)
  }

  alert (direction: Direction, alert: string): void {
    this.#observer.alert?.(direction, alert)
  }

  keyUpdate (direction: Direction, requested: boolean): void {
    this.#observer.keyUpdate?.(direction, requested)
  }

  ticketKeyStoreUsed (info: TicketKeyStoreInfo): void {
    this.#observer.ticketKeyStoreUsed?.(info)
  }

  storeOperationCompleted (info: StoreOperationInfo): void {
    this.#observer.storeOperationCompleted?.(info)
  }

  limitReached (limit: Limit): void {
    this.#observer.limitReached?.(limit)
  }

  connectionOpened (alpnProtocol: string | null): void {
    this.#observer.connectionOpened?.(alpnProtocol)
  }

  connectionClosed (alpnProtocol: string | null, clean: boolean): void {
    this.#observer.connectionClosed?.(alpnProtocol, clean)
  }
}
