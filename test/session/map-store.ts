/** A store of ticket keys that is a Map, and processes around it. */
import { once, EventEmitter } from 'node:events'
import type { Test } from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import type { Observer } from '../../types/observer.ts'
import type { TicketKeyStore } from '../../types/session.ts'

export const rotation = 1000
export const lifetime = 300
/** Seconds after which a rotation on demand is in force at the latest: two notices of three looks. */
export const notice = 30

/** Seconds since the begin of an epoch, for all processes of a test. */
export class Clock {
  seconds = 0
  readonly now = (): number => (rotation * 1_700_000 + this.seconds) * 1000
}

export class MapStore implements TicketKeyStore {
  readonly name = 'map'
  pollInterval = 5000
  readonly slots = new Map<string, { value: string, until: number }>()
  readonly clock: Clock
  readonly operations = new EventEmitter()
  reads = 0
  /** What every operation does instead of its work. */
  failing: (() => Promise<never>) | null = null

  constructor (clock: Clock) {
    this.clock = clock
  }

  async read (): Promise<string[]> {
    this.reads++
    this.operations.emit('read')
    if (this.failing !== null) return this.failing()
    return [...this.slots.values()].filter(({ until }) => until > this.clock.now()).map(({ value }) => value)
  }

  async add (slot: string, value: string, lifetime: number): Promise<void> {
    if (this.failing !== null) return this.failing()
    if (!this.slots.has(slot)) this.slots.set(slot, { value, until: this.clock.now() + lifetime })
    this.operations.emit('add')
  }

  down (): void {
    this.failing = async () => { throw new Error('it is down') }
  }

  up (): void {
    this.failing = null
  }

  async nextRead (): Promise<void> {
    await once(this.operations, 'read')
  }
}

/** The keys of one process, which has a server until the test ends. */
export function processOn (t: Test, store: MapStore, observer: Observer = {}) {
  const ring = new TicketKeyRing({ crypto: cryptoProvider('node'), now: store.clock.now, rotation, lifetime, secret: null, store, observer })
  const server = {}
  t.teardown(() => ring.release(server))
  return {
    ring,
    /** As a server that starts: its first look is over. */
    async start (): Promise<void> {
      ring.use(server)
      await ring.ready()
    },
    /** Has looked into the store once more. */
    async look (): Promise<void> {
      ring.release(server)
      ring.use(server)
      await ring.ready()
    },
    stop (): void {
      ring.release(server)
    }
  }
}

/** A store, a clock, and so many processes that have started. */
export async function fleet (t: Test, size: number) {
  const clock = new Clock()
  const store = new MapStore(clock)
  const processes = Array.from({ length: size }, () => processOn(t, store))
  for (const each of processes) await each.start()
  return { clock, store, processes: processes as [Member, Member, ...Member[]] }
}

export type Member = ReturnType<typeof processOn>
