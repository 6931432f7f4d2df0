/** Many observers behind one, and a wall between them and the connection. */
import { inspect } from 'node:util'
import type { Observer } from '../../types/observer.ts'

/**
 * One observer that calls each of several, in order. A callback that throws, or returns a promise that rejects, harms
 * neither the connection nor the other observers; the first time an observer does, process.emitWarning tells of it
 * (`FST_TLS13_OBSERVER_FAILED`).
 *
 * Which callbacks there are is read here, once: an event that nobody takes costs nothing.
 */
export function combineObservers (observers: readonly Observer[]): Observer {
  const guarded = observers.map((observer) => ({ observer, report: reportOnce() }))
  const combined: Partial<Record<keyof Observer, Callback>> = {}
  for (const event of observerEvents) {
    const callbacks = guarded.flatMap(({ observer, report }) => guard(observer, event, report))
    if (callbacks.length === 1) combined[event] = callbacks[0]!
    if (callbacks.length > 1) combined[event] = callEach(callbacks)
  }
  return combined
}

type Callback = (first?: unknown, second?: unknown, third?: unknown) => void
type Report = (event: keyof Observer, error: unknown) => void

function guard (observer: Observer, event: keyof Observer, report: Report): Callback[] {
  const callback = observer[event] as ((...args: unknown[]) => unknown) | undefined
  if (callback === undefined) return []
  return [(first, second, third) => {
    try {
      const result = callback.call(observer, first, second, third)
      if (result instanceof Promise) result.catch((error: unknown) => report(event, error))
    } catch (error) {
      report(event, error)
    }
  }]
}

function callEach (callbacks: readonly Callback[]): Callback {
  return (first, second, third) => {
    for (const callback of callbacks) callback(first, second, third)
  }
}

function reportOnce (): Report {
  let reported = false
  return (event, error) => {
    if (reported) return
    reported = true
    process.emitWarning(`An observer failed in ${event}. Its further failures are not reported.`, {
      type: 'FastifyTls13Warning',
      code: 'FST_TLS13_OBSERVER_FAILED',
      detail: inspect(error)
    })
  }
}

/** Every event, checked for completeness by its type. */
export const observerEvents = Object.keys({
  handshakeStarted: true,
  handshakeCompleted: true,
  handshakeFailed: true,
  helloRetryRequested: true,
  ticketIssued: true,
  ticketRedeemed: true,
  clientAuthCompleted: true,
  alert: true,
  keyUpdate: true,
  ticketKeyStoreUsed: true,
  storeOperationCompleted: true,
  limitReached: true,
  connectionOpened: true,
  connectionClosed: true
} satisfies Record<keyof Observer, true>) as Array<keyof Observer>
