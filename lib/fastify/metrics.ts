/** Finds the application's prom-client, if it has one, and counts the server there. */
import type { FastifyInstance } from 'fastify'
import { invalidOption } from '../errors.ts'
import { prometheusObserver } from '../metrics/prometheus.ts'
import { isPrometheusClient } from '../metrics/prometheus-client.ts'
import type { PrometheusRegistry } from '../metrics/prometheus-client.ts'
import type { MetricsOptions } from '../../types/options.ts'
import type { Preparation } from './preparation.ts'

/**
 * Counts the server in Prometheus until the application closes.
 * @throws {FST_TLS13_INVALID_OPTION} when metrics were configured and there is no client to keep them
 */
export function addPrometheus (app: FastifyInstance, { options: { metrics }, settings, prometheus }: Preparation): void {
  if (metrics === false) return
  const { client = fastifyMetricsClient(app), register, prefix, buckets }: MetricsOptions = typeof metrics === 'object' ? metrics : {}
  if (!isPrometheusClient(client)) {
    if (typeof metrics !== 'object') return
    throw invalidOption('metrics.client', 'must be the module prom-client, or fastify-metrics must be registered before this plugin')
  }
  const observer = prometheusObserver({
    client,
    register: register as PrometheusRegistry | undefined,
    prefix,
    buckets,
    counters: settings.configuration.counters,
    certificates: () => settings.contexts.credentials,
    ticketKey: () => settings.ticketKeys.sealingKey()
  })
  prometheus.set(observer)
  app.addHook('onClose', async () => observer.release())
}

/** fastify-metrics decorates the instance with `metrics`, whose `client` is the prom-client it uses. */
function fastifyMetricsClient (app: FastifyInstance): unknown {
  return (app as { metrics?: { client?: unknown } }).metrics?.client
}
