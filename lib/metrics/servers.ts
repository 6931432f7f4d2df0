/** The servers that share a set of metrics, added up when the metrics are scraped. */
import type { TrafficCounters } from '../../types/observer.ts'
import { addCounters, createCounters } from './counters.ts'
import type { ServerGauges } from './counters.ts'

/** A server, as the metrics that are read at scrape see it. */
export interface ServerNumbers {
  readonly counters: TrafficCounters
  readonly gauges: ServerGauges
  readonly certificates: () => Iterable<{ readonly name: string, readonly notAfter: number }>
  readonly ticketKey: () => { readonly source: string, readonly issueFrom: number }
}

export class Servers {
  readonly #serving: Set<ServerNumbers>
  readonly #departed: TrafficCounters

  constructor () {
    this.#serving = new Set()
    this.#departed = createCounters()
  }

  join (server: ServerNumbers): void {
    this.#serving.add(server)
  }

  /** What the server counted stays in the totals: a counter never goes down. */
  leave (server: ServerNumbers): void {
    if (this.#serving.delete(server)) addCounters(this.#departed, server.counters)
  }

  traffic (): TrafficCounters {
    const total = { ...this.#departed }
    for (const { counters } of this.#serving) addCounters(total, counters)
    return total
  }

  handshakesInProgress (): number {
    let total = 0
    for (const { gauges } of this.#serving) total += gauges.handshakesInProgress
    return total
  }

  connectionsByProtocol (): Map<string | null, number> {
    const total = new Map<string | null, number>()
    for (const { gauges } of this.#serving) {
      for (const [protocol, connections] of gauges.connectionsByProtocol) {
        total.set(protocol, (total.get(protocol) ?? 0) + connections)
      }
    }
    return total
  }

  /** @returns by name the earliest expiry, Unix time in milliseconds */
  certificates (): Map<string, number> {
    const earliest = new Map<string, number>()
    for (const { certificates } of this.#serving) {
      for (const { name, notAfter } of certificates()) {
        earliest.set(name, Math.min(notAfter, earliest.get(name) ?? Infinity))
      }
    }
    return earliest
  }

  /** @returns by source since when the oldest key that seals does, Unix time in milliseconds */
  ticketKeys (): Map<string, number> {
    const oldest = new Map<string, number>()
    for (const { ticketKey } of this.#serving) {
      const { source, issueFrom } = ticketKey()
      oldest.set(source, Math.min(issueFrom, oldest.get(source) ?? Infinity))
    }
    return oldest
  }
}
