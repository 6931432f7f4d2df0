/** A server with a session store, from outside: tickets are used once, and a store that cannot be had is no error. */
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { memorySessionStore } from '../../lib/session/memory-store.ts'
import type { StoreOperationInfo } from '../../types/observer.ts'
import type { Tls13Options } from '../../types/options.ts'
import type { SessionStore } from '../../types/session.ts'
import { connect, resuming } from '../helpers/client/index.ts'
import type { ClientConnection, TestClient } from '../helpers/client/index.ts'
import { serve } from './support.ts'

interface Told { redeemed: string[], operations: string[] }

/** A server on that store, and what its observer is told. */
async function served (t: Test, sessionStore: SessionStore, options: Tls13Options = {}): Promise<{ port: number, told: Told }> {
  const told: Told = { redeemed: [], operations: [] }
  const { port } = await serve(t, {
    sessionStore,
    observer: {
      ticketRedeemed: (result) => { told.redeemed.push(result) },
      storeOperationCompleted: ({ operation, result }: StoreOperationInfo) => { told.operations.push(`${operation} ${result}`) }
    },
    ...options
  })
  return { port, told }
}

/** A connection with its tickets. */
async function handshake (port: number, client: Parameters<typeof connect>[1] = {}): Promise<ClientConnection> {
  const tls = await connect(port, client)
  await tls.handshake()
  await tls.expectTickets(1)
  return tls
}

async function holder (port: number): Promise<TestClient> {
  const tls = await handshake(port)
  tls.close()
  return tls.client
}

async function resumes (port: number, client: TestClient): Promise<boolean> {
  const tls = await handshake(port, client)
  tls.close()
  return client.facts.selectedIdentity !== null
}

t.test('a ticket resumes once; what the resumption brings resumes again', async (t) => {
  const { port, told } = await served(t, memorySessionStore())
  const first = await holder(port)
  t.equal(first.tickets[0]!.ticket.length, 48)
  const second = resuming(first)
  t.equal(await resumes(port, second), true)
  t.equal(await resumes(port, resuming(first)), false)
  t.equal(await resumes(port, resuming(second)), true)
  t.same(told.redeemed, ['accepted', 'unknown', 'accepted'])
})

t.test('node:tls resumes, once', async (t) => {
  const { port } = await served(t, memorySessionStore())
  const reused = async (session?: Buffer): Promise<{ reused: boolean, session: Buffer }> => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, session })
    const [ticket] = await once(socket, 'session') as [Buffer]
    const reused = socket.isSessionReused()
    socket.destroy()
    return { reused, session: ticket }
  }
  const { session } = await reused()
  const again = await reused(session)
  t.equal(again.reused, true)
  t.equal((await reused(session)).reused, false)
  t.equal((await reused(again.session)).reused, true)
})

t.test('of a hundred connections with one ticket exactly one resumes', async (t) => {
  const { port, told } = await served(t, memorySessionStore())
  const first = await holder(port)
  const session = first.tickets[0]!
  const results = await Promise.all(Array.from({ length: 100 }, () => resumes(port, resuming(first, { psks: [{ session }] }))))
  t.equal(results.filter((resumed) => resumed).length, 1)
  t.equal(told.redeemed.filter((result) => result === 'accepted').length, 1)
  t.equal(told.redeemed.filter((result) => result === 'unknown').length, 99)
})

t.test('a store that fails, hangs, lies or is full: tickets as always, full handshakes, nothing unhandled', async (t) => {
  const hang = new Promise<never>(() => {})
  const stores: Array<[string, Partial<SessionStore>, string]> = [
    ['throws', { put () { throw new Error('down') }, take () { throw new Error('down') } }, 'error'],
    ['rejects', { put: async () => { throw new Error('down') }, take: async () => { throw new Error('down') } }, 'error'],
    ['hangs', { put: () => hang, take: () => hang }, 'timeout'],
    ['is full', { put: async () => { throw new Error('OOM') }, take: async () => null }, 'error'],
    ['has nothing', {}, 'success'],
    ['gives other things', { take: async () => 'AAAA' }, 'success'],
    ['gives no text', { take: () => 7 as never }, 'success']
  ]
  const unhandled: unknown[] = []
  const listener = (reason: unknown): void => { unhandled.push(reason) }
  process.on('unhandledRejection', listener)
  t.teardown(() => process.removeListener('unhandledRejection', listener))
  for (const [name, parts, result] of stores) {
    const { port, told } = await served(t, { name: 'mine', put () {}, take: () => null, claim: () => false, ...parts }, { sessionStoreTimeout: 20 })
    const first = await holder(port)
    t.equal(first.tickets.length, 2, name)
    t.equal(await resumes(port, resuming(first)), false, name)
    t.equal(told.redeemed.length, 1)
    t.ok(told.operations.some((operation) => operation.endsWith(result)), name)
  }
  t.same(unhandled, [])
})

/** A store whose `take` waits until it is released, with what the store has then, or with nothing. */
function waitingStore (store: SessionStore): SessionStore & { asked: Promise<void>, release: () => void } {
  let release = (): void => {}
  let note = (): void => {}
  const asked = new Promise<void>((resolve) => { note = resolve })
  const released = new Promise<void>((resolve) => { release = resolve })
  return {
    name: 'slow',
    asked,
    release: () => release(),
    put: (key, value, lifetime) => store.put(key, value, lifetime),
    take: async (key) => {
      note()
      await released
      return store.take(key)
    },
    claim: () => false
  }
}

t.test('a store that is slow is waited for, and holds up nobody else', async (t) => {
  const store = waitingStore(memorySessionStore())
  const { port } = await served(t, store, { sessionStoreTimeout: 60_000 })
  const waiting = await connect(port, resuming(await holder(port)))
  const completed = waiting.handshake()
  await store.asked
  await holder(port)
  store.release()
  await completed
  t.not(waiting.client.facts.selectedIdentity, null)
  waiting.close()
})

t.test('a client that leaves while the store is asked leaves nothing behind', async (t) => {
  const store = waitingStore(memorySessionStore())
  const { port, told } = await served(t, store, { sessionStoreTimeout: 60_000 })
  const first = await holder(port)
  const leaving = await connect(port, resuming(first))
  leaving.write(leaving.client.clientHello())
  await store.asked
  leaving.destroy()
  await holder(port)
  store.release()
  t.equal(await resumes(port, resuming(first, { psks: [{ session: first.tickets[0]! }] })), true)
  t.same(told.redeemed, ['accepted'], 'nobody is told of the one who left')
})
