/** Our metrics in a registry: made once, and found again by the next server that uses the registry. */
import type {
  MetricConfiguration, PrometheusClient, PrometheusCounter, PrometheusGauge, PrometheusHistogram, PrometheusRegistry
} from './prometheus-client.ts'
import { definitions } from './prometheus-definitions.ts'
import type { MetricDefinition } from './prometheus-definitions.ts'
import { Servers } from './servers.ts'

export interface MetricsPlace {
  readonly client: PrometheusClient
  readonly register: PrometheusRegistry
  readonly prefix: string
  readonly buckets: readonly number[]
}

interface MetricTypes { Counter: PrometheusCounter, Gauge: PrometheusGauge, Histogram: PrometheusHistogram }
type Definitions = typeof definitions

export type Metrics = { readonly [Key in keyof Definitions]: MetricTypes[Definitions[Key]['type']] }

/**
 * The metrics of a registry under a prefix, and the servers they add up.
 * @throws {Error} of the client, when somebody else has a metric of one of these names
 */
export function metricsIn (place: MetricsPlace): { metrics: Metrics, servers: Servers } {
  const servers = findServers(place) ?? new Servers()
  const metrics = Object.fromEntries(Object.entries(definitions).map(([key, definition]) => {
    return [key, find(place, definition) ?? create(place, definition, servers)]
  }))
  return { metrics: metrics as unknown as Metrics, servers }
}

/** The metric, when the registry still has it: it may have been cleared. */
function find ({ register, prefix }: MetricsPlace, { name }: MetricDefinition): object | undefined {
  const metric = register.getSingleMetric(prefix + name)
  return metric !== undefined && ours.has(metric) ? metric : undefined
}

function findServers (place: MetricsPlace): Servers | undefined {
  for (const definition of Object.values(definitions)) {
    const metric = find(place, definition)
    if (metric !== undefined) return ours.get(metric)
  }
  return undefined
}

function create (place: MetricsPlace, definition: MetricDefinition, servers: Servers): object {
  const metric = construct(place, definition, servers)
  ours.set(metric, servers)
  return metric
}

function construct (place: MetricsPlace, definition: MetricDefinition, servers: Servers): object {
  const { client } = place
  const configuration = configurationOf(place, definition)
  switch (definition.type) {
    case 'Counter': {
      const { collect, zeros = [] } = definition
      const metric = new client.Counter({ ...configuration, ...collect && { collect: () => collect(metric, servers) } })
      for (const labels of zeros) metric.inc(labels, 0)
      return metric
    }
    case 'Gauge': {
      const { collect } = definition
      const metric = new client.Gauge({ ...configuration, ...collect && { collect: () => collect(metric, servers) } })
      return metric
    }
    case 'Histogram':
      return new client.Histogram({ ...configuration, buckets: [...place.buckets] })
  }
}

function configurationOf ({ register, prefix }: MetricsPlace, definition: MetricDefinition): MetricConfiguration {
  return {
    name: prefix + definition.name,
    help: definition.help,
    labelNames: [...definition.labelNames],
    aggregator: definition.aggregator ?? 'sum',
    registers: [register as never]
  }
}

/** Which servers a metric of ours adds up. A metric that is not here is somebody else's. */
const ours = new WeakMap<object, Servers>()
