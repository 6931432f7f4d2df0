/** What a server is made of, before it is known which Fastify instance it serves. */
import { channelObserver } from '../metrics/channel.ts'
import { ServerGauges } from '../metrics/counters.ts'
import { configure } from '../server/configuration.ts'
import type { ServerSettings } from '../server/configuration.ts'
import type { Tls13Options } from '../../types/options.ts'
import { LateObserver } from './late-observer.ts'

export interface Preparation {
  readonly options: Tls13Options
  readonly settings: ServerSettings
  readonly gauges: ServerGauges
  /** Takes the Prometheus observer when the plugin is registered. */
  readonly prometheus: LateObserver
}

/** @throws {FST_TLS13_INVALID_OPTION} with the option's name and the reason */
export function prepare (options: Tls13Options): Preparation {
  const gauges = new ServerGauges()
  const prometheus = new LateObserver()
  const settings = configure(options, { observers: [channelObserver, gauges, prometheus] })
  return { options, settings, gauges, prometheus }
}
