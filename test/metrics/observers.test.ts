import t from 'tap'
import { combineObservers } from '../../lib/metrics/observers.ts'
import type { HandshakeInfo, Observer } from '../../types/observer.ts'
import { everyEvent } from './every-event.ts'

function nextWarning (): Promise<Error & { code: string, detail: string }> {
  return new Promise((resolve) => process.once('warning', (warning) => resolve(warning as Error & { code: string, detail: string })))
}

/** Warnings are emitted with process.nextTick: what was not by now is not. */
async function warningsDuring (action: () => void): Promise<string[]> {
  const messages: string[] = []
  const listener = (warning: Error) => { messages.push(warning.message) }
  process.on('warning', listener)
  action()
  await new Promise((resolve) => setImmediate(resolve))
  process.removeListener('warning', listener)
  return messages
}

t.test('each observer gets each event, in order, with its arguments', async (t) => {
  for (const count of [1, 2, 3]) {
    const calls: unknown[] = []
    const expected: unknown[] = []
    const observers = Array.from({ length: count }, (_, index) => Object.fromEntries(everyEvent.map(([event]) => {
      return [event, (...args: unknown[]) => { calls.push([index, event, args.filter((arg) => arg !== undefined)]) }]
    })) as Observer)
    const combined = combineObservers(observers) as Record<string, (...args: readonly unknown[]) => void>
    for (const [event, ...args] of everyEvent) {
      combined[event]!(...args)
      for (let index = 0; index < count; index++) expected.push([index, event, args])
    }
    t.same(calls, expected)
  }
})

t.test('an event that no observer takes has no callback', async (t) => {
  t.same(combineObservers([]), {})
  t.same(Object.keys(combineObservers([{}, { alert () {} }, { alert () {}, keyUpdate () {} }])), ['alert', 'keyUpdate'])
})

t.test('an observer may be of a class', async (t) => {
  class Counting implements Observer {
    count: number
    constructor () { this.count = 0 }
    handshakeStarted () { this.count++ }
  }
  const counting = new Counting()
  combineObservers([counting]).handshakeStarted!()
  t.equal(counting.count, 1)
})

t.test('an observer that throws is reported once, and the others are called', async (t) => {
  let called = 0
  const combined = combineObservers([
    { alert () { throw new Error('broken') }, keyUpdate () { throw new Error('again') } },
    { alert () { called++ } }
  ])
  const warning = nextWarning()
  combined.alert!('sent', 'close_notify')
  const { name, code, message, detail } = await warning
  t.equal(called, 1)
  t.equal(name, 'FastifyTls13Warning')
  t.equal(code, 'FST_TLS13_OBSERVER_FAILED')
  t.equal(message, 'An observer failed in alert. Its further failures are not reported.')
  t.match(detail, /Error: broken\n +at /)

  const more = await warningsDuring(() => {
    combined.alert!('sent', 'close_notify')
    combined.keyUpdate!('sent', true)
  })
  t.same(more, [])
  t.equal(called, 2)
})

t.test('each observer has its own report', async (t) => {
  const broken = (): Observer => ({ handshakeStarted () { throw new Error('broken') } })
  const messages = await warningsDuring(() => combineObservers([broken(), broken()]).handshakeStarted!())
  t.equal(messages.length, 2)
})

t.test('an observer whose promise rejects is reported and rejects nowhere else', async (t) => {
  const combined = combineObservers([{ async handshakeCompleted () { throw new Error('later') } }])
  const warning = nextWarning()
  combined.handshakeCompleted!({} as HandshakeInfo)
  t.match((await warning).detail, /Error: later/)
})

t.test('whatever is thrown can be reported', async (t) => {
  for (const thrown of [undefined, null, Symbol('x'), Object.create(null)]) {
    const warning = nextWarning()
    combineObservers([{ handshakeStarted () { throw thrown } }]).handshakeStarted!()
    t.equal((await warning).code, 'FST_TLS13_OBSERVER_FAILED')
  }
})
