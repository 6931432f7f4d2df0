/** Keys that processes agree on through a store. */
import { inspect } from 'node:util'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { newGeneration, readGeneration } from '../../lib/session/key-generation.ts'
import { Clock, fleet, lifetime, MapStore, notice, processOn, rotation } from './map-store.ts'

const state = Buffer.from('a session state')
const policy = Buffer.alloc(32, 1)

t.test('each opens the tickets of the others, though each has keys of its own', async (t) => {
  const { processes: [one, other] } = await fleet(t, 2)
  const tickets = [one, other].map(({ ring }) => ring.seal(state, policy))
  t.same(tickets[0]!.subarray(0, 12), tickets[1]!.subarray(0, 12))
  t.not(nameOf(tickets[0]!), nameOf(tickets[1]!))
  for (const { ring } of [one, other]) {
    for (const ticket of tickets) {
      t.same(Buffer.from(ring.openNow(ticket, policy).state!), state)
      t.equal(ring.openNow(ticket, Buffer.alloc(32, 2)).refused, 'rejected')
    }
    t.strictSame(ring.sealingKey(), { source: 'map', issueFrom: rotation * 1_700_000 * 1000 })
  }
})

t.test('processes that start at one moment agree, too', async (t) => {
  const store = new MapStore(new Clock())
  const processes = Array.from({ length: 5 }, () => processOn(t, store))
  await Promise.all(processes.map((each) => each.start()))
  t.equal(store.slots.size, 2)
  const ticket = processes[0]!.ring.seal(state, policy)
  t.ok(processes.every(({ ring }) => ring.openNow(ticket, policy).refused === null))
})

t.test('the key of the next epoch is known before it seals: a rotation needs no look into the store', async (t) => {
  const { clock, store, processes: [one, other] } = await fleet(t, 2)
  const before = one.ring.seal(state, policy)
  store.down()
  clock.seconds = rotation - 1
  t.same(groupOf(one.ring.seal(state, policy)), groupOf(before))
  clock.seconds = rotation
  const after = one.ring.seal(state, policy)
  t.not(groupOf(after), groupOf(before))
  t.equal(other.ring.openNow(after, policy).refused, null)
  t.equal(other.ring.openNow(before, policy).refused, null)
})

t.test('keys live as long as their tickets: after a rotation, after two, and then they have expired', async (t) => {
  const { clock, processes: [one, other] } = await fleet(t, 2)
  const first = one.ring.seal(state, policy)
  clock.seconds = rotation
  for (const each of [one, other]) await each.look()
  const second = one.ring.seal(state, policy)
  t.equal(other.ring.openNow(first, policy).refused, null)

  clock.seconds = rotation + lifetime - 1
  t.equal(other.ring.openNow(first, policy).refused, null)
  clock.seconds = rotation + lifetime
  t.equal(other.ring.openNow(first, policy).refused, 'expired')
  t.equal(other.ring.openNow(second, policy).refused, null)

  clock.seconds = 2 * rotation
  for (const each of [one, other]) await each.look()
  t.equal(other.ring.openNow(second, policy).refused, null)
  t.equal(one.ring.openNow(first, policy).refused, 'expired')
  clock.seconds = 0
  t.equal(one.ring.openNow(first, policy).refused, 'expired', 'a clock that is set back revives no key')
})

t.test('a rotation on demand takes effect for all when each had time to see it', async (t) => {
  const { clock, processes: [one, other] } = await fleet(t, 2)
  const before = one.ring.seal(state, policy)
  clock.seconds = 7
  one.ring.rotate()
  await one.look()
  t.same(groupOf(one.ring.seal(state, policy)), groupOf(before), 'not yet')
  await other.look()
  clock.seconds = 7 + notice
  const after = one.ring.seal(state, policy)
  t.not(groupOf(after), groupOf(before))
  t.same(groupOf(other.ring.seal(state, policy)), groupOf(after))
  t.equal(other.ring.openNow(after, policy).refused, null)
  t.equal(other.ring.openNow(before, policy).refused, null)
  clock.seconds = rotation
  t.not(groupOf(one.ring.seal(state, policy)), groupOf(after))
  clock.seconds = rotation + lifetime
  t.equal(other.ring.openNow(after, policy).refused, 'expired')
})

t.test('who rotates at one moment rotates to one key, and again and again to a bounded number', async (t) => {
  const { clock, store, processes: [one, other] } = await fleet(t, 2)
  one.ring.rotate()
  other.ring.rotate()
  for (const each of [one, other]) await each.look()
  t.equal(store.slots.size, 3)
  for (let n = 0; n < 100; n++) {
    clock.seconds += 2
    one.ring.rotate()
    await one.ring.ready()
  }
  t.ok(store.slots.size <= 64)
})

t.test('no more than so many keys are in the store: a rotation waits', async (t) => {
  const { clock, store, processes: [one] } = await fleet(t, 1)
  store.pollInterval = 1
  for (let n = 0; n < 64; n++) {
    store.slots.set(`filler ${n}`, { value: newGeneration(settings(), clock.now() + n + 1, clock.now() + 1000), until: Infinity })
  }
  await one.look()
  one.ring.rotate()
  await one.look()
  t.equal(store.slots.size, 66)
})

t.test('shortly before the next epoch a rotation is that of the epoch', async (t) => {
  const { clock, store, processes: [one] } = await fleet(t, 1)
  clock.seconds = rotation - 1
  one.ring.rotate()
  await one.look()
  t.equal(store.slots.size, 2)
  clock.seconds = rotation
  await one.look()
  t.equal(store.slots.size, 3, 'it is not made up for')
})

t.test('a store that is down when a process starts', async (t) => {
  const { store, processes: [one] } = await fleet(t, 1)
  const late = processOn(t, store)
  store.down()
  t.equal(late.ring.sealingKey().source, 'random')
  const own = late.ring.seal(state, policy)
  t.equal(late.ring.openNow(own, policy).refused, null)
  t.equal(one.ring.openNow(own, policy).refused, 'unknown')
  store.up()
  await late.start()
  t.equal(late.ring.sealingKey().source, 'map')
  t.equal(one.ring.openNow(late.ring.seal(state, policy), policy).refused, null)
  t.equal(late.ring.openNow(own, policy).refused, null, 'what it gave out alone is still good there')
})

t.test('a store that is down for longer than the keys reach: own keys, and none that has ended', async (t) => {
  const { clock, store, processes: [one, other] } = await fleet(t, 2)
  store.down()
  clock.seconds = 2 * rotation - 1
  const shared = one.ring.seal(state, policy)
  t.equal(other.ring.openNow(shared, policy).refused, null)
  clock.seconds = 2 * rotation
  const own = one.ring.seal(state, policy)
  t.equal(one.ring.sealingKey().source, 'random')
  t.equal(one.ring.openNow(own, policy).refused, null)
  t.equal(other.ring.openNow(own, policy).refused, 'unknown')
  t.equal(other.ring.openNow(shared, policy).refused, null, 'tickets of before are good until they end')
  store.up()
  for (const each of [one, other]) await each.look()
  t.equal(other.ring.openNow(one.ring.seal(state, policy), policy).refused, null)
})

t.test('a store that lost everything gets the same keys again', async (t) => {
  const { store, processes: [one, other] } = await fleet(t, 2)
  const ticket = one.ring.seal(state, policy)
  store.slots.clear()
  const late = processOn(t, store)
  await other.look()
  await late.start()
  t.equal(late.ring.openNow(ticket, policy).refused, null)
  t.equal(store.slots.size, 2)
})

t.test('keys that the store lost to others are opened, and seal no more', async (t) => {
  const { store, processes: [one] } = await fleet(t, 1)
  const ticket = one.ring.seal(state, policy)
  store.slots.clear()
  const late = processOn(t, store)
  await late.start()
  await one.look()
  t.equal(one.ring.openNow(ticket, policy).refused, null)
  t.equal(late.ring.openNow(ticket, policy).refused, 'unknown')
  t.equal(late.ring.openNow(one.ring.seal(state, policy), policy).refused, null)
})

t.test('a secret of the operator takes the store\'s place', async (t) => {
  const { store, processes: [one, other] } = await fleet(t, 2)
  const ticket = other.ring.seal(state, policy)
  one.ring.setSecret(Buffer.alloc(48, 7))
  t.equal(one.ring.sealingKey().source, 'secret')
  t.equal(one.ring.openNow(ticket, policy).refused, null)
  const { reads } = store
  one.ring.use({})
  one.ring.rotate()
  await one.ring.ready()
  t.equal(store.reads, reads, 'it is not looked at any more')
  for (let n = 1; n < 6; n++) one.ring.setSecret(Buffer.alloc(48, n))
  t.equal(one.ring.openNow(ticket, policy).refused, 'unknown')
})

t.test('the keys of many generations, of which the oldest go', async (t) => {
  const { clock, store, processes: [one] } = await fleet(t, 1)
  const first = one.ring.seal(state, policy)
  for (let epoch = 1; epoch < 140; epoch++) {
    clock.seconds = epoch * rotation
    await one.look()
  }
  t.equal(one.ring.openNow(first, policy).refused, 'unknown')
  t.equal(one.ring.openNow(one.ring.seal(state, policy), policy).refused, null)
  t.equal((await store.read()).length, 3, 'what has ended is not read: the last epoch, this one and the next are left')
})

t.test('nothing shows the keys', async (t) => {
  const { store, processes: [one] } = await fleet(t, 1)
  const secrets = [...store.slots.values()].map(({ value }) => value.split('.').at(-1)!)
  t.equal(secrets.length, 2)
  t.equal(inspect(one.ring, { showHidden: true, depth: 10 }), 'TicketKeyRing {}')
  const generation = readGeneration(settings(), newGeneration(settings(), 1, 2))!
  t.notMatch(inspect(generation, { showHidden: true, depth: 10 }), generation.text()!.split('.').at(-1)!)
})

t.test('the text of a generation, and what is none', async (t) => {
  const text = newGeneration(settings(), 1000, 2000)
  t.match(text, /^1\.1000\.2000\.2300\.[\w-]{64}$/)
  const generation = readGeneration(settings(), text)!
  t.equal(generation.text(), text)
  t.equal(readGeneration(settings(), text)!.id, generation.id)
  generation.endAt(2299)
  t.equal(generation.text(), text)
  generation.endAt(2300)
  t.equal(generation.text(), null)
  const secret = 'A'.repeat(63) + 'B'
  t.not(readGeneration(settings(), `1.1.2.3.${secret.replace('B', 'Q')}`), null)
  for (const wrong of [
    '', 'x', text + '=', text.slice(0, -1), text.replace('1.', '2.'), ` ${text}`, `1.1.2.3.${'A'.repeat(64)}`, `1.2.2.3.${secret}`, `1.1.3.2.${secret}`,
    `1.-1.2.3.${secret}`, `1.1e3.2000.3000.${secret}`, `1.1.2.${secret}`
  ]) t.equal(readGeneration(settings(), wrong), null, wrong)
})

function settings () {
  return { crypto: cryptoProvider('node'), rotation: 1000, lifetime: 300, sealsPerKey: 10 }
}

function groupOf (ticket: Uint8Array): string {
  return Buffer.from(ticket.subarray(0, 12)).toString('hex')
}

function nameOf (ticket: Uint8Array): string {
  return Buffer.from(ticket.subarray(0, 16)).toString('hex')
}
