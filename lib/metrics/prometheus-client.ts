/** What we use of prom-client, by shape: the package is the application's, and need not be there. */

export type Labels = Record<string, string>

export interface PrometheusCounter {
  inc (labels: Labels, value?: number): void
  reset (): void
}

export interface PrometheusGauge {
  set (labels: Labels, value: number): void
  reset (): void
}

export interface PrometheusHistogram {
  observe (labels: Labels, value: number): void
}

export interface PrometheusRegistry {
  /** @returns undefined when the registry has none of that name */
  getSingleMetric (name: string): object | undefined
}

export interface MetricConfiguration {
  name: string
  help: string
  labelNames: string[]
  buckets?: number[]
  aggregator?: 'sum' | 'min'
  /** `PrometheusRegistry[]`; `never`, because a client takes no registries but its own. */
  registers: never[]
  collect?: () => void
}

/** The module `prom-client`, or another with these classes. */
export interface PrometheusClient {
  readonly register: PrometheusRegistry
  readonly Counter: new (configuration: MetricConfiguration) => PrometheusCounter
  readonly Gauge: new (configuration: MetricConfiguration) => PrometheusGauge
  readonly Histogram: new (configuration: MetricConfiguration) => PrometheusHistogram
}

export function isPrometheusClient (value: unknown): value is PrometheusClient {
  if (!isObject(value)) return false
  return ['Counter', 'Gauge', 'Histogram'].every((name) => typeof value[name] === 'function') && isPrometheusRegistry(value.register)
}

export function isPrometheusRegistry (value: unknown): value is PrometheusRegistry {
  return isObject(value) && typeof value.getSingleMetric === 'function'
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
