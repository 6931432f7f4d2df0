import t from 'tap'
import { MemorySessionStore, memorySessionStore } from '../../lib/session/memory-store.ts'
import { refuses } from '../helpers/invalid-option.ts'

function storeWithClock (maxEntries = 3) {
  const clock = { now: 5000 }
  return { store: new MemorySessionStore(maxEntries, () => clock.now), clock }
}

t.test('a value is given once', async (t) => {
  const store = memorySessionStore()
  t.equal(store.name, 'memory')
  await store.put('a', 'first', 1000)
  await store.put('b', 'second', 1000)
  t.equal(await store.take('a'), 'first')
  t.equal(await store.take('a'), null)
  t.equal(await store.take('b'), 'second')
  t.equal(await store.take('never'), null)
})

t.test('a value ends with its lifetime', async (t) => {
  const { store, clock } = storeWithClock()
  store.put('a', 'value', 100)
  store.put('b', 'value', 100)
  clock.now += 99
  t.equal(store.take('a'), 'value')
  clock.now += 1
  t.equal(store.take('b'), null)
})

t.test('a full store forgets the oldest, and a value put anew is the newest', async (t) => {
  const { store } = storeWithClock(3)
  for (const key of ['a', 'b', 'c', 'a', 'd']) store.put(key, key.toUpperCase(), 1000)
  t.same(['a', 'b', 'c', 'd'].map((key) => store.take(key)), ['A', null, 'C', 'D'])
})

t.test('it stays within its bound, however much is put and claimed', async (t) => {
  const { store, clock } = storeWithClock(10)
  let claimed = 0
  for (let n = 0; n < 10_000; n++) {
    store.put(`key ${n}`, 'value', 1000)
    if (store.claim(`key ${n}`, 10)) claimed++
    clock.now += 1
  }
  t.equal(claimed, 10_000, 'those before have ended')
  let known = 0
  for (let n = 0; n < 10_000; n++) if (store.take(`key ${n}`) !== null) known++
  t.equal(known, 10)
})

t.test('a claim is for one, until it ends', async (t) => {
  const { store, clock } = storeWithClock()
  t.equal(store.claim('a', 100), true)
  t.equal(store.claim('a', 100), false)
  t.equal(store.claim('b', 300), true)
  clock.now += 99
  t.equal(store.claim('a', 100), false)
  clock.now += 1
  t.equal(store.claim('a', 100), true)
  t.equal(store.take('a'), null, 'a claim is no value')
})

t.test('a claim never makes room for another: with too many there is an error, until the first ends', async (t) => {
  const { store, clock } = storeWithClock(2)
  store.claim('a', 100)
  store.claim('b', 200)
  t.throws(() => store.claim('c', 100), { message: '2 claims are kept already' })
  t.equal(store.claim('a', 100), false)
  clock.now += 100
  t.equal(store.claim('c', 100), true)
  t.equal(store.claim('b', 100), false)
  clock.now += 100
  t.equal(store.claim('b', 100), true, 'one that has ended is claimed anew, where it stood')
})

t.test('maxEntries has to be a number of entries', async (t) => {
  for (const maxEntries of [0, -1, 1.5, NaN, Infinity, '10', null]) {
    refuses(t, () => memorySessionStore({ maxEntries: maxEntries as number }), 'maxEntries', /an integer of at least 1/)
  }
  t.equal(memorySessionStore({ maxEntries: 1 }).name, 'memory')
})
