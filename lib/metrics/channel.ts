/** The observer that publishes on node:diagnostics_channel, for whoever subscribes: docs/metrics.md lists the channels. */
import { channel } from 'node:diagnostics_channel'
import type {
  ClientAuthOutcome, ClientAuthPhase, Direction, HandshakeInfo, Limit, Observer, StoreOperationInfo, TicketCause, TicketKeyStoreInfo,
  TicketResult
} from '../../types/observer.ts'

/** The message of each channel. */
export interface ChannelMessages {
  'tls13.server.handshake.start': Record<string, never>
  'tls13.server.handshake.end': HandshakeInfo
  'tls13.server.handshake.error': { result: 'failure' | 'timeout' | 'abort', reason: string }
  'tls13.server.hello_retry_request': { group: string }
  'tls13.server.ticket.issued': { cause: TicketCause, length: number, withIdentity: boolean }
  'tls13.server.ticket.redeemed': { result: TicketResult }
  'tls13.server.client_auth': { phase: ClientAuthPhase, outcome: ClientAuthOutcome, duration: number }
  'tls13.server.alert': { direction: Direction, alert: string }
  'tls13.server.key_update': { direction: Direction, requested: boolean }
  'tls13.server.ticket_key_store': TicketKeyStoreInfo
  'tls13.server.store': StoreOperationInfo
  'tls13.server.limit': { limit: Limit }
  'tls13.server.connection.opened': { alpnProtocol: string | null }
  'tls13.server.connection.closed': { alpnProtocol: string | null, clean: boolean }
}

/** Publishes every event; without a subscriber an event costs one look and makes no message. */
export const channelObserver: Required<Observer> = {
  handshakeStarted () {
    if (handshakeStart.hasSubscribers) handshakeStart.publish({})
  },
  handshakeCompleted (info) {
    if (handshakeEnd.hasSubscribers) handshakeEnd.publish(info)
  },
  handshakeFailed (result, reason) {
    if (handshakeError.hasSubscribers) handshakeError.publish({ result, reason })
  },
  helloRetryRequested (group) {
    if (helloRetryRequest.hasSubscribers) helloRetryRequest.publish({ group })
  },
  ticketIssued (cause, length, withIdentity) {
    if (ticketIssued.hasSubscribers) ticketIssued.publish({ cause, length, withIdentity })
  },
  ticketRedeemed (result) {
    if (ticketRedeemed.hasSubscribers) ticketRedeemed.publish({ result })
  },
  clientAuthCompleted (phase, outcome, duration) {
    if (clientAuth.hasSubscribers) clientAuth.publish({ phase, outcome, duration })
  },
  alert (direction, name) {
    if (alert.hasSubscribers) alert.publish({ direction, alert: name })
  },
  keyUpdate (direction, requested) {
    if (keyUpdate.hasSubscribers) keyUpdate.publish({ direction, requested })
  },
  ticketKeyStoreUsed (info) {
    if (ticketKeyStore.hasSubscribers) ticketKeyStore.publish(info)
  },
  storeOperationCompleted (info) {
    if (storeOperation.hasSubscribers) storeOperation.publish(info)
  },
  limitReached (limit) {
    if (limitReached.hasSubscribers) limitReached.publish({ limit })
  },
  connectionOpened (alpnProtocol) {
    if (connectionOpened.hasSubscribers) connectionOpened.publish({ alpnProtocol })
  },
  connectionClosed (alpnProtocol, clean) {
    if (connectionClosed.hasSubscribers) connectionClosed.publish({ alpnProtocol, clean })
  }
}

const handshakeStart = typed('tls13.server.handshake.start')
const handshakeEnd = typed('tls13.server.handshake.end')
const handshakeError = typed('tls13.server.handshake.error')
const helloRetryRequest = typed('tls13.server.hello_retry_request')
const ticketIssued = typed('tls13.server.ticket.issued')
const ticketRedeemed = typed('tls13.server.ticket.redeemed')
const clientAuth = typed('tls13.server.client_auth')
const alert = typed('tls13.server.alert')
const keyUpdate = typed('tls13.server.key_update')
const ticketKeyStore = typed('tls13.server.ticket_key_store')
const storeOperation = typed('tls13.server.store')
const limitReached = typed('tls13.server.limit')
const connectionOpened = typed('tls13.server.connection.opened')
const connectionClosed = typed('tls13.server.connection.closed')

function typed<Name extends keyof ChannelMessages> (name: Name): TypedChannel<ChannelMessages[Name]> {
  return channel(name)
}

interface TypedChannel<Message> {
  readonly hasSubscribers: boolean
  publish (message: Message): void
}
