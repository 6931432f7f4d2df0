/** Every event of an observer, with arguments that it may have. */
import type { HandshakeInfo, Observer } from '../../types/observer.ts'

export const handshakeInfo: HandshakeInfo = {
  cipher: 'TLS_AES_128_GCM_SHA256',
  group: 'x25519',
  resumed: false,
  externalPsk: false,
  helloRetryRequest: false,
  serverName: 'www.example.com',
  alpnProtocol: 'http/1.1',
  signatureScheme: 0x0403,
  postHandshakeAuth: true,
  duration: 7.5
}

type Event = { [Name in keyof Observer]-?: readonly [Name, ...Parameters<NonNullable<Observer[Name]>>] }[keyof Observer]

export const everyEvent: readonly Event[] = [
  ['handshakeStarted'],
  ['handshakeCompleted', handshakeInfo],
  ['handshakeFailed', 'failure', 'bad_record_mac'],
  ['helloRetryRequested', 'x25519'],
  ['ticketIssued', 'handshake', 250, false],
  ['ticketRedeemed', 'accepted'],
  ['clientAuthCompleted', 'post_handshake', 'verified', 12.5],
  ['alert', 'received', 'close_notify'],
  ['keyUpdate', 'sent', true],
  ['ticketKeyStoreUsed', { store: 'redis', operation: 'read', result: 'success', duration: 1.5 }],
  ['storeOperationCompleted', { store: 'redis', operation: 'take', result: 'success', duration: 0.5 }],
  ['limitReached', 'key_updates'],
  ['connectionOpened', 'http/1.1'],
  ['connectionClosed', 'http/1.1', true]
]
