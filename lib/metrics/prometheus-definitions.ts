/**
 * Every metric, as docs/metrics.md describes it. Label values are bounded: they come from the registries of TLS, from
 * closed lists, or from the configuration, never from what a peer may choose.
 */
import type { Limit } from '../../types/observer.ts'
import type { Labels, PrometheusCounter, PrometheusGauge, PrometheusHistogram } from './prometheus-client.ts'
import type { Servers } from './servers.ts'

interface Definition<Type, Metric> {
  readonly type: Type
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** Series that exist from the start, so that a first event is an increase and not a new series. */
  readonly zeros?: readonly Labels[]
  /** Of a metric that is read when scraped; the others change with each event. */
  readonly collect?: (metric: Metric, servers: Servers) => void
  /** How the workers of a cluster are put together; default: sum. */
  readonly aggregator?: 'min'
}

export type MetricDefinition =
  | Definition<'Counter', PrometheusCounter>
  | Definition<'Gauge', PrometheusGauge>
  | Definition<'Histogram', PrometheusHistogram>

/** In seconds: a resumption takes about one millisecond, a client on another continent a quarter of a second a round. */
export const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** For labels of what was not negotiated. */
export const none = 'none'

const limits: readonly Limit[] = [
  'handshakes', 'handshakes_per_address', 'handshake_time', 'record_size', 'message_size', 'certificate_chain',
  'psk_identities', 'early_data', 'empty_records', 'warning_alerts', 'key_updates', 'tickets',
  'ticket_size', 'certificate_requests', 'buffered_body'
]

export const definitions = {
  handshakes: {
    type: 'Counter',
    name: 'tls_handshakes_total',
    help: 'TLS handshakes that ended, by result',
    labelNames: ['result', 'resumed', 'group', 'cipher'],
    zeros: combinations({ result: ['failure', 'timeout', 'abort'], resumed: ['false'], group: [none], cipher: [none] })
  },
  handshakeFailures: {
    type: 'Counter',
    name: 'tls_handshake_failures_total',
    help: 'TLS handshakes that did not complete, by alert or other reason',
    labelNames: ['reason']
  },
  handshakeDuration: {
    type: 'Histogram',
    name: 'tls_handshake_duration_seconds',
    help: 'Time from the first byte of the ClientHello to the Finished of the client',
    labelNames: ['resumed']
  },
  handshakesInProgress: {
    type: 'Gauge',
    name: 'tls_handshakes_in_progress',
    help: 'TLS handshakes in progress',
    labelNames: [],
    collect: (metric, servers) => { metric.set({}, servers.handshakesInProgress()) }
  },
  helloRetryRequests: {
    type: 'Counter',
    name: 'tls_hello_retry_requests_total',
    help: 'HelloRetryRequests sent, by the group asked for',
    labelNames: ['group']
  },
  ticketsIssued: {
    type: 'Counter',
    name: 'tls_session_tickets_issued_total',
    help: 'Session tickets sent, by what they were sent after',
    labelNames: ['reason'],
    zeros: combinations({ reason: ['handshake', 'client_auth', 'on_demand'] })
  },
  ticketRedemptions: {
    type: 'Counter',
    name: 'tls_session_ticket_redemptions_total',
    help: 'Session tickets that clients presented, by what became of them',
    labelNames: ['result'],
    zeros: combinations({ result: ['accepted', 'expired', 'unknown', 'replayed', 'rejected', 'denied'] })
  },
  clientAuthRequests: {
    type: 'Counter',
    name: 'tls_client_auth_requests_total',
    help: 'Requests for a client certificate, by outcome',
    labelNames: ['phase', 'outcome'],
    zeros: combinations({
      phase: ['handshake', 'post_handshake'],
      outcome: ['verified', 'empty', 'rejected', 'timeout', 'unsupported', 'aborted']
    })
  },
  clientAuthDuration: {
    type: 'Histogram',
    name: 'tls_client_auth_duration_seconds',
    help: 'Time from the request for a client certificate to the answer of the client',
    labelNames: ['phase']
  },
  alerts: {
    type: 'Counter',
    name: 'tls_alerts_total',
    help: 'TLS alerts, close_notify among them',
    labelNames: ['direction', 'alert']
  },
  openConnections: {
    type: 'Gauge',
    name: 'tls_open_connections',
    help: 'TLS connections open after their handshake',
    labelNames: ['alpn'],
    collect: collectConnections
  },
  connectionsClosed: {
    type: 'Counter',
    name: 'tls_connections_closed_total',
    help: 'TLS connections closed; clean when both sides sent close_notify',
    labelNames: ['clean'],
    zeros: combinations({ clean: ['true', 'false'] })
  },
  receivedBytes: {
    type: 'Counter',
    name: 'tls_received_bytes_total',
    help: 'Bytes received: of application data, and on the wire',
    labelNames: ['kind'],
    collect: (metric, servers) => {
      const { plaintextReceived, wireReceived } = servers.traffic()
      replace(metric, [[{ kind: 'plaintext' }, plaintextReceived], [{ kind: 'wire' }, wireReceived]])
    }
  },
  sentBytes: {
    type: 'Counter',
    name: 'tls_sent_bytes_total',
    help: 'Bytes sent: of application data, and on the wire',
    labelNames: ['kind'],
    collect: (metric, servers) => {
      const { plaintextSent, wireSent } = servers.traffic()
      replace(metric, [[{ kind: 'plaintext' }, plaintextSent], [{ kind: 'wire' }, wireSent]])
    }
  },
  records: {
    type: 'Counter',
    name: 'tls_records_total',
    help: 'TLS records',
    labelNames: ['direction'],
    collect: (metric, servers) => {
      const { recordsReceived, recordsSent } = servers.traffic()
      replace(metric, [[{ direction: 'received' }, recordsReceived], [{ direction: 'sent' }, recordsSent]])
    }
  },
  keyUpdates: {
    type: 'Counter',
    name: 'tls_key_updates_total',
    help: 'KeyUpdate messages, by whether they ask for one in return',
    labelNames: ['direction', 'requested'],
    zeros: combinations({ direction: ['sent', 'received'], requested: ['true', 'false'] })
  },
  ticketKeyIssue: {
    type: 'Gauge',
    name: 'tls_session_ticket_key_issue_timestamp_seconds',
    help: 'Since when the key that seals session tickets does, in Unix time; the oldest of each source',
    labelNames: ['source'],
    aggregator: 'min',
    collect: collectTicketKeys
  },
  ticketKeyStoreOperations: {
    type: 'Counter',
    name: 'tls_session_ticket_key_store_operations_total',
    help: 'Operations on the store in which processes share session ticket keys, by result',
    labelNames: ['store', 'operation', 'result']
  },
  ticketKeyStoreDuration: {
    type: 'Histogram',
    name: 'tls_session_ticket_key_store_operation_duration_seconds',
    help: 'Time of an operation on the store in which processes share session ticket keys',
    labelNames: ['store', 'operation']
  },
  storeOperations: {
    type: 'Counter',
    name: 'tls_session_store_operations_total',
    help: 'Operations on the session store, by result',
    labelNames: ['store', 'operation', 'result']
  },
  storeDuration: {
    type: 'Histogram',
    name: 'tls_session_store_operation_duration_seconds',
    help: 'Time from an operation on the session store to its result, or until it was given up',
    labelNames: ['store', 'operation']
  },
  limitsReached: {
    type: 'Counter',
    name: 'tls_limits_reached_total',
    help: 'Limits that a peer or the application ran into',
    labelNames: ['limit'],
    zeros: combinations({ limit: limits })
  },
  certificateExpiry: {
    type: 'Gauge',
    name: 'tls_certificate_not_after_timestamp_seconds',
    help: 'When the server certificate expires, in Unix time; the earliest of those configured under one name',
    labelNames: ['certificate'],
    aggregator: 'min',
    collect: collectCertificates
  }
} as const satisfies Record<string, MetricDefinition>

function collectConnections (metric: PrometheusGauge, servers: Servers): void {
  metric.reset()
  for (const [protocol, connections] of servers.connectionsByProtocol()) metric.set({ alpn: protocol ?? none }, connections)
}

/** From nothing at each scrape: a source that is left leaves no series behind. */
function collectTicketKeys (metric: PrometheusGauge, servers: Servers): void {
  metric.reset()
  for (const [source, issueFrom] of servers.ticketKeys()) metric.set({ source }, issueFrom / 1000)
}

/** From nothing at each scrape: a certificate that was replaced leaves no series behind. */
function collectCertificates (metric: PrometheusGauge, servers: Servers): void {
  metric.reset()
  for (const [certificate, notAfter] of servers.certificates()) metric.set({ certificate }, notAfter / 1000)
}

/** A counter that is counted elsewhere. */
function replace (metric: PrometheusCounter, values: Array<[Labels, number]>): void {
  metric.reset()
  for (const [labels, value] of values) metric.inc(labels, value)
}

/** Every combination of the values of some labels. */
function combinations (values: Record<string, readonly string[]>): Labels[] {
  let combined: Labels[] = [{}]
  for (const [label, choices] of Object.entries(values)) {
    combined = combined.flatMap((labels) => choices.map((choice) => ({ ...labels, [label]: choice })))
  }
  return combined
}
