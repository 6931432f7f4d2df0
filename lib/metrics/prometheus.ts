/**
 * The observer that counts in Prometheus. Events cost a prom-client call each, per handshake and never per record;
 * bytes, records and what is open now are plain fields, read when somebody scrapes.
 */
import type { Observer, TrafficCounters } from '../../types/observer.ts'
import { ServerGauges } from './counters.ts'
import type { PrometheusClient, PrometheusRegistry } from './prometheus-client.ts'
import { defaultBuckets, none } from './prometheus-definitions.ts'
import { metricsIn } from './prometheus-metrics.ts'
import type { Metrics } from './prometheus-metrics.ts'
import type { ServerNumbers, Servers } from './servers.ts'

export interface PrometheusOptions {
  /** The module `prom-client`. */
  readonly client: PrometheusClient
  /** Default: the client's default registry. */
  readonly register?: PrometheusRegistry
  /** Put before every name; default none. */
  readonly prefix?: string
  /** Upper bounds of the duration histograms in seconds, ascending; the first server of a registry decides. */
  readonly buckets?: readonly number[]
  /** The traffic of the server. */
  readonly counters: TrafficCounters
  /** The certificates in use: `notAfter` in Unix time, milliseconds. */
  readonly certificates: ServerNumbers['certificates']
  /** What seals its tickets: `issueFrom` in Unix time, milliseconds. */
  readonly ticketKey: ServerNumbers['ticketKey']
}

/** An observer for one server; the observers of one registry and prefix share their metrics, which add up. */
export interface PrometheusObserver extends Required<Observer> {
  /**
   * For a server that has closed: its totals stay, its certificates and open connections leave the metrics, and
   * nothing here refers to it any more.
   */
  release (): void
}

/**
 * @throws {TypeError} when the buckets are not ascending positive numbers
 * @throws {Error} of the client: a name that the prefix makes invalid, or that somebody else has registered
 */
export function prometheusObserver (options: PrometheusOptions): PrometheusObserver {
  const { client, register = client.register, prefix = '', buckets = defaultBuckets, counters, certificates, ticketKey } = options
  checkBuckets(buckets)
  const { metrics, servers } = metricsIn({ client, register, prefix, buckets })
  return observe(metrics, servers, { counters, certificates, ticketKey, gauges: new ServerGauges() })
}

function observe (metrics: Metrics, servers: Servers, server: ServerNumbers): PrometheusObserver {
  const { gauges } = server
  servers.join(server)
  return {
    handshakeStarted () {
      gauges.handshakeStarted()
    },
    handshakeCompleted ({ resumed, group: negotiated, cipher, duration }) {
      const group = negotiated ?? none
      gauges.handshakeCompleted()
      metrics.handshakes.inc({ result: 'success', resumed: String(resumed), group, cipher })
      metrics.handshakeDuration.observe({ resumed: String(resumed) }, duration / 1000)
    },
    handshakeFailed (result, reason) {
      gauges.handshakeFailed()
      metrics.handshakes.inc({ result, resumed: 'false', group: none, cipher: none })
      metrics.handshakeFailures.inc({ reason })
    },
    helloRetryRequested (group) {
      metrics.helloRetryRequests.inc({ group })
    },
    ticketIssued (cause) {
      metrics.ticketsIssued.inc({ reason: cause })
    },
    ticketRedeemed (result) {
      metrics.ticketRedemptions.inc({ result })
    },
    clientAuthCompleted (phase, outcome, duration) {
      metrics.clientAuthRequests.inc({ phase, outcome })
      if (answers.has(outcome)) metrics.clientAuthDuration.observe({ phase }, duration / 1000)
    },
    alert (direction, alert) {
      metrics.alerts.inc({ direction, alert })
    },
    keyUpdate (direction, requested) {
      metrics.keyUpdates.inc({ direction, requested: String(requested) })
    },
    ticketKeyStoreUsed ({ store, operation, result, duration }) {
      metrics.ticketKeyStoreOperations.inc({ store, operation, result })
      metrics.ticketKeyStoreDuration.observe({ store, operation }, duration / 1000)
    },
    storeOperationCompleted ({ store, operation, result, duration }) {
      metrics.storeOperations.inc({ store, operation, result })
      if (result !== 'refused') metrics.storeDuration.observe({ store, operation }, duration / 1000)
    },
    limitReached (limit) {
      metrics.limitsReached.inc({ limit })
    },
    connectionOpened (alpnProtocol) {
      gauges.connectionOpened(alpnProtocol)
    },
    connectionClosed (alpnProtocol, clean) {
      gauges.connectionClosed(alpnProtocol)
      metrics.connectionsClosed.inc({ clean: String(clean) })
    },
    release () {
      servers.leave(server)
    }
  }
}

function checkBuckets (buckets: readonly number[]): void {
  const ascending = buckets.every((bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? 0))
  if (buckets.length === 0 || !ascending) throw new TypeError('buckets must be ascending positive numbers of seconds')
}

/** Outcomes in which the client answered; the duration of the others says nothing about clients. */
const answers: ReadonlySet<string> = new Set(['verified', 'empty', 'rejected'])
