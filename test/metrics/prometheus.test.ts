import * as client from 'prom-client'
import t from 'tap'
import { createCounters } from '../../lib/metrics/counters.ts'
import { isPrometheusClient, isPrometheusRegistry } from '../../lib/metrics/prometheus-client.ts'
import { prometheusObserver } from '../../lib/metrics/prometheus.ts'
import type { PrometheusOptions } from '../../lib/metrics/prometheus.ts'
import type { PrometheusObserver } from '../../lib/metrics/prometheus.ts'
import { everyEvent, handshakeInfo } from './every-event.ts'

function setUp (options: Partial<PrometheusOptions> = {}) {
  const register = new client.Registry()
  const counters = createCounters()
  const observer = prometheusObserver({ client, register, counters, certificates: () => [], ticketKey: () => ({ source: 'random', issueFrom: 0 }), ...options })
  return { register, counters, observer }
}

function emitAll (observer: PrometheusObserver): void {
  for (const [event, ...args] of everyEvent) (observer[event] as (...args: readonly unknown[]) => void)(...args)
}

/** The samples of a scrape that are not zero. */
async function samples (register: { metrics (): Promise<string> }): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0'))
}

t.test('names, types and labels are those of docs/metrics.md', async (t) => {
  const { register } = setUp()
  const metrics = await register.getMetricsAsJSON()
  t.same(metrics.map(({ name, type }) => `${name} ${type}`), [
    'tls_handshakes_total counter',
    'tls_handshake_failures_total counter',
    'tls_handshake_duration_seconds histogram',
    'tls_handshakes_in_progress gauge',
    'tls_hello_retry_requests_total counter',
    'tls_session_tickets_issued_total counter',
    'tls_session_ticket_redemptions_total counter',
    'tls_client_auth_requests_total counter',
    'tls_client_auth_duration_seconds histogram',
    'tls_alerts_total counter',
    'tls_open_connections gauge',
    'tls_connections_closed_total counter',
    'tls_received_bytes_total counter',
    'tls_sent_bytes_total counter',
    'tls_records_total counter',
    'tls_key_updates_total counter',
    'tls_session_ticket_key_issue_timestamp_seconds gauge',
    'tls_session_ticket_key_store_operations_total counter',
    'tls_session_ticket_key_store_operation_duration_seconds histogram',
    'tls_session_store_operations_total counter',
    'tls_session_store_operation_duration_seconds histogram',
    'tls_limits_reached_total counter',
    'tls_certificate_not_after_timestamp_seconds gauge'
  ])
})

t.test('every event in the text that Prometheus reads', async (t) => {
  const { register, counters, observer } = setUp({
    certificates: () => [{ name: 'default', notAfter: 1_900_000_000_500 }],
    ticketKey: () => ({ source: 'redis', issueFrom: 1_800_000_000_500 })
  })
  emitAll(observer)
  observer.handshakeStarted()
  observer.handshakeStarted()
  observer.handshakeStarted()
  observer.handshakeCompleted({ ...handshakeInfo, resumed: true, group: 'X25519MLKEM768', duration: 0.9 })
  observer.connectionOpened(null)
  observer.connectionOpened('h2')
  Object.assign(counters, {
    recordsReceived: 1, recordsSent: 2, plaintextReceived: 3, plaintextSent: 4, wireReceived: 5, wireSent: 6
  })
  t.same((await samples(register)).filter((line) => !line.includes('_bucket')), [
    'tls_handshakes_total{result="failure",resumed="false",group="none",cipher="none"} 1',
    'tls_handshakes_total{result="success",resumed="false",group="x25519",cipher="TLS_AES_128_GCM_SHA256"} 1',
    'tls_handshakes_total{result="success",resumed="true",group="X25519MLKEM768",cipher="TLS_AES_128_GCM_SHA256"} 1',
    'tls_handshake_failures_total{reason="bad_record_mac"} 1',
    'tls_handshake_duration_seconds_sum{resumed="false"} 0.0075',
    'tls_handshake_duration_seconds_count{resumed="false"} 1',
    'tls_handshake_duration_seconds_sum{resumed="true"} 0.0009',
    'tls_handshake_duration_seconds_count{resumed="true"} 1',
    // everyEvent starts one and ends two; then three start and one ends.
    'tls_handshakes_in_progress 1',
    'tls_hello_retry_requests_total{group="x25519"} 1',
    'tls_session_tickets_issued_total{reason="handshake"} 1',
    'tls_session_ticket_redemptions_total{result="accepted"} 1',
    'tls_client_auth_requests_total{phase="post_handshake",outcome="verified"} 1',
    'tls_client_auth_duration_seconds_sum{phase="post_handshake"} 0.0125',
    'tls_client_auth_duration_seconds_count{phase="post_handshake"} 1',
    'tls_alerts_total{direction="received",alert="close_notify"} 1',
    'tls_open_connections{alpn="none"} 1',
    'tls_open_connections{alpn="h2"} 1',
    'tls_connections_closed_total{clean="true"} 1',
    'tls_received_bytes_total{kind="plaintext"} 3',
    'tls_received_bytes_total{kind="wire"} 5',
    'tls_sent_bytes_total{kind="plaintext"} 4',
    'tls_sent_bytes_total{kind="wire"} 6',
    'tls_records_total{direction="received"} 1',
    'tls_records_total{direction="sent"} 2',
    'tls_key_updates_total{direction="sent",requested="true"} 1',
    'tls_session_ticket_key_issue_timestamp_seconds{source="redis"} 1800000000.5',
    'tls_session_ticket_key_store_operations_total{store="redis",operation="read",result="success"} 1',
    'tls_session_ticket_key_store_operation_duration_seconds_sum{store="redis",operation="read"} 0.0015',
    'tls_session_ticket_key_store_operation_duration_seconds_count{store="redis",operation="read"} 1',
    'tls_session_store_operations_total{store="redis",operation="take",result="success"} 1',
    'tls_session_store_operation_duration_seconds_sum{store="redis",operation="take"} 0.0005',
    'tls_session_store_operation_duration_seconds_count{store="redis",operation="take"} 1',
    'tls_limits_reached_total{limit="key_updates"} 1',
    'tls_certificate_not_after_timestamp_seconds{certificate="default"} 1900000000.5'
  ])
})

t.test('the values of closed lists are there from the start', async (t) => {
  const { register } = setUp()
  const lines = (await register.metrics()).split('\n').filter((line) => line.endsWith(' 0'))
  const count = (name: string) => lines.filter((line) => line.startsWith(name)).length
  t.equal(count('tls_handshakes_total'), 3)
  t.equal(count('tls_session_tickets_issued_total'), 3)
  t.equal(count('tls_session_ticket_redemptions_total'), 6)
  t.equal(count('tls_client_auth_requests_total'), 12)
  t.equal(count('tls_connections_closed_total'), 2)
  t.equal(count('tls_key_updates_total'), 4)
  t.equal(count('tls_received_bytes_total'), 2)
  t.equal(count('tls_handshakes_in_progress'), 1)
})

t.test('only an answer has a duration', async (t) => {
  const { register, observer } = setUp()
  for (const outcome of ['verified', 'empty', 'rejected', 'timeout', 'unsupported', 'aborted'] as const) {
    observer.clientAuthCompleted('handshake', outcome, 1000)
  }
  const lines = await samples(register)
  t.ok(lines.includes('tls_client_auth_duration_seconds_count{phase="handshake"} 3'))
  t.equal(lines.filter((line) => line.startsWith('tls_client_auth_requests_total')).length, 6)
})

t.test('a store that was not asked has no duration', async (t) => {
  const { register, observer } = setUp()
  for (const result of ['success', 'error', 'timeout', 'refused'] as const) {
    observer.storeOperationCompleted({ store: 'memory', operation: 'put', result, duration: 1 })
  }
  const lines = await samples(register)
  t.equal(lines.filter((line) => line.startsWith('tls_session_store_operations_total{store="memory"')).length, 4)
  t.ok(lines.includes('tls_session_store_operation_duration_seconds_count{store="memory",operation="put"} 3'))
})

t.test('buckets: fine at the low end, or the caller\'s', async (t) => {
  const boundsOf = async (options: Partial<PrometheusOptions>) => {
    const { register, observer } = setUp(options)
    observer.handshakeCompleted(handshakeInfo)
    return (await samples(register)).flatMap((line) => /handshake_duration.*le="([^"]+)"/.exec(line)?.[1] ?? [])
  }
  t.same(await boundsOf({}), ['0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '10', '+Inf'])
  t.same(await boundsOf({ buckets: [0.005, 0.01, 60] }), ['0.01', '60', '+Inf'])
  for (const buckets of [[], [1, 1], [2, 1], [0, 1], [NaN], [1, Infinity]]) {
    t.throws(() => setUp({ buckets }), { message: 'buckets must be ascending positive numbers of seconds' })
  }
})

t.test('a prefix goes before every name; a bad one is refused', async (t) => {
  const { register, observer } = setUp({ prefix: 'edge_' })
  emitAll(observer)
  t.ok((await samples(register)).every((line) => line.startsWith('edge_tls_')))
  t.throws(() => setUp({ prefix: 'edge ' }), { message: 'Invalid metric name' })
})

t.test('two servers in one registry add up', async (t) => {
  const register = new client.Registry()
  const day = 86_400_000
  const one = setUp({ register, certificates: () => [{ name: 'default', notAfter: 3 * day }, { name: 'a', notAfter: day }] })
  const other = setUp({ register, certificates: () => [{ name: 'default', notAfter: 2 * day }] })
  for (const { observer, counters } of [one, other]) {
    emitAll(observer)
    observer.connectionOpened('h2')
    observer.handshakeStarted()
    observer.handshakeStarted()
    counters.wireReceived = 10
  }
  const lines = await samples(register)
  for (const expected of [
    'tls_handshakes_total{result="success",resumed="false",group="x25519",cipher="TLS_AES_128_GCM_SHA256"} 2',
    'tls_handshakes_in_progress 2',
    'tls_open_connections{alpn="h2"} 2',
    'tls_received_bytes_total{kind="wire"} 20',
    'tls_certificate_not_after_timestamp_seconds{certificate="default"} 172800',
    'tls_certificate_not_after_timestamp_seconds{certificate="a"} 86400'
  ]) t.ok(lines.includes(expected), expected)
  t.same(await samples(register), lines, 'and the next scrape says the same')
})

t.test('another prefix or another registry is another set', async (t) => {
  const register = new client.Registry()
  const one = setUp({ register })
  const other = setUp({ register, prefix: 'other_' })
  one.counters.recordsSent = 1
  other.counters.recordsSent = 2
  t.same(await samples(register), ['tls_records_total{direction="sent"} 1', 'other_tls_records_total{direction="sent"} 2'])
})

t.test('a server that is released leaves its totals and nothing else', async (t) => {
  const register = new client.Registry()
  const { observer, counters } = setUp({ register, certificates: () => [{ name: 'default', notAfter: 1000 }] })
  observer.connectionOpened('h2')
  observer.ticketIssued('handshake', 200, false)
  counters.recordsSent = 5
  observer.release()
  observer.release()
  const next = setUp({ register })
  next.counters.recordsSent = 2
  t.same(await samples(register), [
    'tls_session_tickets_issued_total{reason="handshake"} 1',
    'tls_records_total{direction="sent"} 7'
  ])
})

t.test('a certificate that was replaced leaves no series', async (t) => {
  let name = 'old'
  const { register } = setUp({ certificates: () => [{ name, notAfter: 1000 }] })
  await register.metrics()
  name = 'new'
  t.same(await samples(register), ['tls_certificate_not_after_timestamp_seconds{certificate="new"} 1'])
})

t.test('the key that seals: the oldest of each source, and none of a source that was left', async (t) => {
  const register = new client.Registry()
  let source = 'random'
  setUp({ register, ticketKey: () => ({ source, issueFrom: 3000 }) })
  setUp({ register, ticketKey: () => ({ source: 'redis', issueFrom: 2000 }) })
  setUp({ register, ticketKey: () => ({ source: 'redis', issueFrom: 1000 }) })
  const keys = async (): Promise<string[]> => (await samples(register)).filter((line) => line.startsWith('tls_session_ticket_key_issue'))
  t.same(await keys(), [
    'tls_session_ticket_key_issue_timestamp_seconds{source="random"} 3',
    'tls_session_ticket_key_issue_timestamp_seconds{source="redis"} 1'
  ])
  source = 'redis'
  t.same(await keys(), ['tls_session_ticket_key_issue_timestamp_seconds{source="redis"} 1'])
})

t.test('a registry that was cleared begins anew; one that lost a metric gets it again', async (t) => {
  const register = new client.Registry()
  const old = setUp({ register })
  old.counters.recordsSent = 5
  register.removeSingleMetric('tls_records_total')
  const second = setUp({ register })
  second.counters.recordsSent = 1
  t.same(await samples(register), ['tls_records_total{direction="sent"} 6'])

  register.clear()
  const third = setUp({ register })
  third.counters.recordsSent = 2
  t.same(await samples(register), ['tls_records_total{direction="sent"} 2'])
})

t.test('resetting the registry leaves what is read at scrape', async (t) => {
  const { register, counters, observer } = setUp()
  observer.connectionOpened('h2')
  counters.recordsSent = 5
  observer.ticketRedeemed('expired')
  register.resetMetrics()
  observer.ticketRedeemed('expired')
  t.same(await samples(register), [
    'tls_session_ticket_redemptions_total{result="expired"} 1',
    'tls_open_connections{alpn="h2"} 1',
    'tls_records_total{direction="sent"} 5'
  ])
})

t.test('a name that somebody else has is refused', async (t) => {
  const register = new client.Registry()
  new client.Gauge({ name: 'tls_alerts_total', help: 'another', registers: [register] }).set(1)
  t.throws(() => setUp({ register }), { message: 'A metric with the name tls_alerts_total has already been registered.' })
})

t.test('the default registry of the client', async (t) => {
  t.teardown(() => client.register.clear())
  prometheusObserver({ client, counters: createCounters(), certificates: () => [], ticketKey: () => ({ source: 'random', issueFrom: 0 }) }).ticketRedeemed('replayed')
  t.same(await samples(client.register), ['tls_session_ticket_redemptions_total{result="replayed"} 1'])
})

t.test('OpenMetrics', async (t) => {
  const register = new client.Registry<client.RegistryContentType>()
  register.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE)
  setUp({ register }).observer.ticketRedeemed('unknown')
  await register.metrics()
  setUp({ register }).observer.ticketRedeemed('unknown')
  t.match(await register.metrics(), '\ntls_session_ticket_redemptions_total{result="unknown"} 2\n')
})

t.test('what a client and a registry are', async (t) => {
  t.ok(isPrometheusClient(client))
  t.ok(isPrometheusRegistry(client.register))
  for (const value of [undefined, null, 1, 'prom-client', {}, client.register, { ...client, Gauge: undefined }, { ...client, register: {} }]) {
    t.notOk(isPrometheusClient(value))
  }
  for (const value of [undefined, null, {}, client]) t.notOk(isPrometheusRegistry(value))
})
