/** Ratios of slices that were measured side by side, and the table of them. */
import type { Metric, Sample, Scenario } from './scenarios.ts'

export interface Spread { median: number, min: number, max: number }

export interface MetricResult extends Metric {
  reference: Spread
  ours: Spread
  /** Above 1 ours is better. Of each pair of slices one. */
  ratio: Spread
}

export interface ScenarioResult {
  scenario: string
  title: string
  reference: string
  metrics: MetricResult[]
  /** Medians, and what the first slice negotiated. */
  load: { reference: Sample['load'], ours: Sample['load'] }
  samples: { reference: readonly Sample[], ours: readonly Sample[] }
}

/** @throws {Error} when the work was not the same */
export function compare ({ name, title, reference, metrics }: Scenario, samples: ScenarioResult['samples']): ScenarioResult {
  const load = { reference: typicalLoad(samples.reference), ours: typicalLoad(samples.ours) }
  if (load.reference?.certificates !== load.ours?.certificates) {
    throw new Error(`${name}: ${reference} sent ${load.reference?.certificates} certificates, and ours ${load.ours?.certificates}`)
  }
  return {
    scenario: name,
    title,
    reference,
    metrics: metrics.map((metric) => compareMetric(metric, samples)),
    load,
    samples
  }
}

export const heading = row(['scenario', 'metric', 'reference', 'ours', 'ratio', 'min', 'max'])

/** Lines of a table, and below them what a reader needs to judge them. */
export function lines ({ scenario, reference, metrics, load }: ScenarioResult): string[] {
  const rows = metrics.map(({ name, unit, reference, ours, ratio }, index) => row([
    index === 0 ? scenario : '', `${name} ${unit}`, number(reference.median), number(ours.median), ratio.median.toFixed(2), ratio.min.toFixed(2), ratio.max.toFixed(2)
  ]))
  if (load.reference === undefined || load.ours === undefined) return rows
  return [...rows, ...[[reference, load.reference] as const, ['ours', load.ours] as const].map(([name, load]) =>
    `  ${name}: ${load.suite} ${load.group}, ${load.certificates} certificates; server ${percent(load.server)}, generator ${percent(load.generator)} of a CPU`)]
}

function compareMetric (metric: Metric, samples: ScenarioResult['samples']): MetricResult {
  const [reference, ours] = [samples.reference, samples.ours].map((list) => list.map(({ values }) => values[metric.name]))
  const ratios = ours.map((value, slice) => metric.better === 'less' ? reference[slice] / value : value / reference[slice])
  return { ...metric, reference: spread(reference), ours: spread(ours), ratio: spread(ratios) }
}

function typicalLoad (samples: readonly Sample[]): Sample['load'] {
  const loads = samples.flatMap(({ load }) => load === undefined ? [] : [load])
  if (loads.length === 0) return undefined
  return { ...loads[0], server: spread(loads.map(({ server }) => server)).median, generator: spread(loads.map(({ generator }) => generator)).median }
}

function spread (values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return { median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2, min: sorted[0], max: sorted[sorted.length - 1] }
}

function row ([first, second, ...rest]: readonly string[]): string {
  return [first.padEnd(14), second.padEnd(15), ...rest.map((cell) => cell.padStart(10))].join(' ')
}

function number (value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function percent (share: number): string {
  return `${Math.round(100 * share)} %`
}
