import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import { channelObserver } from '../../lib/metrics/channel.ts'
import { everyEvent, handshakeInfo } from './every-event.ts'

const messages: Record<string, unknown> = {
  'tls13.server.handshake.start': {},
  'tls13.server.handshake.end': handshakeInfo,
  'tls13.server.handshake.error': { result: 'failure', reason: 'bad_record_mac' },
  'tls13.server.hello_retry_request': { group: 'x25519' },
  'tls13.server.ticket.issued': { cause: 'handshake', length: 250, withIdentity: false },
  'tls13.server.ticket.redeemed': { result: 'accepted' },
  'tls13.server.client_auth': { phase: 'post_handshake', outcome: 'verified', duration: 12.5 },
  'tls13.server.alert': { direction: 'received', alert: 'close_notify' },
  'tls13.server.key_update': { direction: 'sent', requested: true },
  'tls13.server.ticket_key_store': { store: 'redis', operation: 'read', result: 'success', duration: 1.5 },
  'tls13.server.connection.opened': { alpnProtocol: 'http/1.1' },
  'tls13.server.connection.closed': { alpnProtocol: 'http/1.1', clean: true }
}

function emitAll (): void {
  for (const [event, ...args] of everyEvent) (channelObserver[event] as (...args: readonly unknown[]) => void)(...args)
}

t.test('each event is published on its channel', async (t) => {
  const published: Array<[string | symbol, unknown]> = []
  const record = (message: unknown, name: string | symbol) => { published.push([name, message]) }
  for (const name of Object.keys(messages)) subscribe(name, record)
  t.teardown(() => { for (const name of Object.keys(messages)) unsubscribe(name, record) })
  emitAll()
  t.same(published, Object.entries(messages))
})

t.test('without a subscriber nothing is published', async (t) => {
  const name = 'tls13.server.alert'
  const { publish } = channel(name)
  let published = 0
  channel(name).publish = () => { published++ }
  t.teardown(() => { channel(name).publish = publish })
  emitAll()
  t.equal(published, 0)
  const nothing = (): void => {}
  subscribe(name, nothing)
  t.teardown(() => unsubscribe(name, nothing))
  emitAll()
  t.equal(published, 1)
})
