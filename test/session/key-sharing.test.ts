/** How processes look into the store of their keys: when, how often, and what comes of it when they cannot. */
import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import type { TicketKeyStoreInfo } from '../../types/observer.ts'
import { Clock, fleet, MapStore, processOn, rotation } from './map-store.ts'

const state = Buffer.from('a session state')
const policy = Buffer.alloc(32, 1)
const hang = new Promise<never>(() => {})

t.test('a store is looked into while a server listens', async (t) => {
  keepAlive(t)
  const store = new MapStore(new Clock())
  store.pollInterval = 1
  const { ring } = processOn(t, store)
  await ring.ready()
  const servers = [{}, {}]
  for (const server of [...servers, ...servers]) ring.use(server)
  for (let n = 0; n < 3; n++) await store.nextRead()

  ring.release(servers[0]!)
  ring.release(servers[0]!)
  for (let n = 0; n < 3; n++) await store.nextRead()

  ring.release(servers[1]!)
  await ring.ready()
  const { reads } = store
  await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(store.reads, reads, 'and then no more')

  ring.use(servers[0]!)
  await store.nextRead()
  ring.release(servers[0]!)
})

t.test('a store that tells of changes is listened to as long', async (t) => {
  const store = new MapStore(new Clock())
  let listening = 0
  let changed = (): void => {}
  const watched = Object.assign(store, {
    watch (callback: () => void) {
      listening++
      changed = callback
      return () => { listening-- }
    }
  })
  const one = processOn(t, watched)
  const other = processOn(t, watched)
  await one.start()
  t.equal(listening, 1)
  await other.start()
  other.ring.rotate()
  await once(store.operations, 'add')
  const seen = store.nextRead()
  changed()
  await seen
  one.stop()
  other.stop()
  t.equal(listening, 0)
})

t.test('keys of another process that came just now are looked up', async (t) => {
  const { store, processes: [one] } = await fleet(t, 1)
  const late = processOn(t, store)
  const ticket = one.ring.seal(state, policy)
  t.equal(await refusal(late.ring.open(ticket, policy)), 'unknown', 'not before a server listens')
  store.slots.clear()
  await late.start()
  await one.look()
  t.equal(await refusal(one.ring.open(late.ring.seal(state, policy), policy)), null)

  const { reads } = store
  const invented = Array.from({ length: 100 }, (_, n) => one.ring.open(Buffer.alloc(100, n), policy))
  t.same(new Set(await Promise.all(invented.map(refusal))), new Set(['unknown']))
  t.ok(store.reads <= reads + 1, 'names are the peer\'s to invent: they cost no more than one look')
  t.equal(await refusal(one.ring.open(Buffer.alloc(10), policy)), 'unknown')
})

t.test('a look that is under way is waited for', async (t) => {
  keepAlive(t)
  const { store, processes: [one] } = await fleet(t, 1)
  const ticket = one.ring.seal(state, policy)
  const late = processOn(t, store)
  const starting = late.start()
  const opened = late.ring.open(ticket, policy)
  t.ok(opened instanceof Promise)
  t.equal(await refusal(opened), null)
  await starting
})

t.test('a look that takes long is not waited for, and a store that fails is not asked', async (t) => {
  keepAlive(t)
  const warnings = listenToWarnings(t)
  const { store, processes: [one] } = await fleet(t, 1)
  const slow = processOn(t, store)
  store.failing = async () => hang
  slow.ring.use(store)
  t.teardown(() => slow.ring.release(store))
  t.equal(await refusal(slow.ring.open(one.ring.seal(state, policy), policy)), 'unknown')

  store.down()
  await one.ring.ready()
  const opened = one.ring.open(Buffer.alloc(100), policy)
  t.notOk(opened instanceof Promise)
  await warnings(1)
})

t.test('a start waits for a store that comes up, and for one that does not no longer than it may', async (t) => {
  keepAlive(t)
  const warnings = listenToWarnings(t)
  const store = new MapStore(new Clock())
  store.down()
  store.operations.once('read', () => store.up())
  const early = processOn(t, store)
  await early.ring.ready()
  t.equal(early.ring.sealingKey().source, 'map')

  store.down()
  const alone = processOn(t, store)
  await alone.ring.ready()
  t.equal(alone.ring.sealingKey().source, 'random')
  t.match((await warnings(1))[0], { name: 'FastifyTls13Warning', code: 'FST_TLS13_TICKET_KEYS_NOT_SHARED' })
  t.match((await warnings(1))[0]!.message, 'not shared (map): it is down. This process goes on with keys of its own')

  store.failing = async () => hang
  const waiting = processOn(t, store)
  await waiting.ring.ready()
  t.match((await warnings(2))[1]!.message, 'not shared (map): it has not answered yet.')
})

t.test('a slot with what cannot be read: the process does without', async (t) => {
  keepAlive(t)
  const warnings = listenToWarnings(t)
  const store = new MapStore(new Clock())
  store.slots.set(String(rotation * 1_700_000 * 1000), { value: 'of another version', until: Infinity })
  const { ring } = processOn(t, store)
  await ring.ready()
  t.equal(ring.sealingKey().source, 'random')
  t.match((await warnings(1))[0]!.message, 'it holds what this process cannot read')
})

t.test('every operation is told of', async (t) => {
  const seen: TicketKeyStoreInfo[] = []
  const store = new MapStore(new Clock())
  const { ring } = processOn(t, store, { ticketKeyStoreOperationCompleted: (info) => { seen.push(info) } })
  await ring.ready()
  t.same(seen.map(({ operation }) => operation), ['read', 'add', 'add', 'read'])
  for (const { store, result, duration } of seen) {
    t.strictSame({ store, result }, { store: 'map', result: 'success' })
    t.ok(duration >= 0)
  }
  store.operations.once('read', () => { store.failing = async () => { throw new Error('it is down') } })
  seen.length = 0
  ring.rotate()
  await store.nextRead()
  while (seen.length === 0) await new Promise(setImmediate)
  t.match(seen, [{ store: 'map', operation: 'read', result: 'error' }])
})

t.test('a rotation that the store could not be told of is made up for', async (t) => {
  const { store, processes: [one, other] } = await fleet(t, 2)
  store.down()
  one.ring.rotate()
  await store.nextRead()
  t.equal(store.slots.size, 2)
  store.up()
  await one.look()
  t.equal(store.slots.size, 3)
  await other.look()
})

async function refusal (opened: unknown): Promise<string | null> {
  return ((await opened) as { refused: string | null }).refused
}

/** The timers under test do not keep a process alive; the tests wait for them. */
function keepAlive (t: Test): void {
  const timer = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(timer))
}

/** @returns waits for so many warnings */
function listenToWarnings (t: Test): (count: number) => Promise<Array<Error & { code?: string }>> {
  const seen: Error[] = []
  const take = (warning: Error): void => { if (warning.name === 'FastifyTls13Warning') seen.push(warning) }
  process.on('warning', take)
  t.teardown(() => process.off('warning', take))
  return async (count) => {
    while (seen.length < count) await new Promise(setImmediate)
    return seen
  }
}
