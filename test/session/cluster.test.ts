/** Workers that share ticket keys through their primary, in one process; test/interop/fleet.test.ts has a real cluster. */
import { EventEmitter } from 'node:events'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { Answer, Question } from '../../lib/session/cluster/messages.ts'
import { KeyKeeper } from '../../lib/session/cluster/primary.ts'
import type { WorkerChannel } from '../../lib/session/cluster/primary.ts'
import { clusterTicketKeys, PrimaryStore } from '../../lib/session/cluster/worker.ts'
import type { PrimaryChannel } from '../../lib/session/cluster/worker.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'

const state = Buffer.from('a session state')
const policy = Buffer.alloc(32, 1)

/** Both ends of the channel between a worker and its primary: messages arrive in order, later, and as JSON. */
class Channel extends EventEmitter implements PrimaryChannel {
  readonly worker: WorkerChannel & { readonly told: Answer[] }
  readonly #keeper: KeyKeeper | null
  connected = true

  constructor (keeper: KeyKeeper | null) {
    super()
    const told: Answer[] = []
    this.#keeper = keeper
    this.worker = {
      told,
      isConnected: () => this.connected,
      send: (answer, callback) => {
        told.push(answer)
        setImmediate(() => this.emit('message', JSON.parse(JSON.stringify(answer))))
        callback()
      }
    }
  }

  send (question: Question, callback: (error: Error | null) => void): void {
    setImmediate(() => {
      callback(this.connected ? null : new Error('channel closed'))
      if (this.connected) this.#keeper?.answer(this.worker, JSON.parse(JSON.stringify(question)))
    })
  }
}

function workerOf (keeper: KeyKeeper | null, answerTime?: number) {
  const channel = new Channel(keeper)
  const store = new PrimaryStore(channel, answerTime)
  const ring = new TicketKeyRing({ crypto: cryptoProvider('node'), now: Date.now, rotation: 1000, lifetime: 300, secret: null, store })
  return { channel, store, ring }
}

t.test('workers open each other\'s tickets; one that is forked after a rotation, too', async (t) => {
  const keeper = new KeyKeeper(Date.now)
  const one = workerOf(keeper)
  const other = workerOf(keeper)
  for (const { ring } of [one, other]) {
    ring.use(t)
    t.teardown(() => ring.release(t))
    await ring.ready()
    t.equal(ring.sealingKey().source, 'cluster')
  }
  const ticket = one.ring.seal(state, policy)
  t.equal(other.ring.openNow(ticket, policy).refused, null)

  const told = new Promise((resolve) => {
    other.channel.on('message', (message: Answer) => { if (message.id === null) resolve(message.values) })
  })
  one.ring.rotate()
  t.equal((await told as string[]).length, 3, 'the others are told of a rotation')
  const late = workerOf(keeper)
  await late.ring.ready()
  t.equal((await late.store.read()).length, 3)
  t.equal(late.ring.openNow(ticket, policy).refused, null)
})

t.test('a worker listens to its primary while it has a server', async (t) => {
  const { ring, channel } = workerOf(new KeyKeeper(Date.now))
  await ring.ready()
  t.equal(channel.listenerCount('message'), 0)
  ring.use(t)
  await ring.ready()
  t.equal(channel.listenerCount('message'), 1)
  ring.release(t)
  t.equal(channel.listenerCount('message'), 0)
})

t.test('the primary keeps what came first, until it ends, and tells nobody who has gone', async (t) => {
  let now = 0
  const keeper = new KeyKeeper(() => now)
  const [one, other, gone] = [workerOf(keeper), workerOf(keeper), workerOf(keeper)]
  t.same(await gone.store.read(), [])
  gone.channel.connected = false
  t.same(await other.store.read(), [])
  await one.store.add('1', 'first', 1000)
  await other.store.add('1', 'second', 1000)
  await other.store.add('2', 'longer', 2000)
  t.same(await one.store.read(), ['first', 'longer'])
  t.same(other.channel.worker.told.filter(({ id }) => id === null).map(({ values }) => values), [['first']])
  t.equal(gone.channel.worker.told.length, 1)
  now = 1000
  t.same(await one.store.read(), ['longer'])
})

t.test('messages of others pass by', async (t) => {
  const keeper = new KeyKeeper(Date.now)
  const { store, channel } = workerOf(keeper)
  for (const message of [undefined, null, 1, 'x', {}, { type: 'x' }]) keeper.answer(channel.worker, message)
  t.same(channel.worker.told, [])
  const stop = store.watch(() => t.fail('nothing changed'))
  const read = store.read()
  for (const message of [null, 'x', { type: 'x', id: null }]) channel.emit('message', message)
  t.same(await read, [])
  stop()
})

t.test('a primary that does not answer, and one that is gone', async (t) => {
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  const { store, channel } = workerOf(null, 1)
  await t.rejects(store.read(), /has not answered.*import 'fastify-tls13\/cluster' there, or ticketKeys: 'random'/)
  channel.connected = false
  await t.rejects(workerOf(null).store.read(), /has not answered/)
  await t.rejects(store.add('1', 'x', 1), { message: 'channel closed' })
  t.equal(channel.listenerCount('message'), 0)
})

t.test('a process that is no worker has no primary to ask', async (t) => {
  t.equal(clusterTicketKeys(), null)
})
