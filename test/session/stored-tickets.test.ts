import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { StoreAccess } from '../../lib/session/store-access.ts'
import { StoredTickets } from '../../lib/session/stored-tickets.ts'
import type { SessionStore } from '../../types/session.ts'

const state = Buffer.from('a session state, with secrets in it')
const policy = Buffer.alloc(32, 1)
const other = Buffer.alloc(32, 2)

/** Tickets over a store that shows what lies in it. */
function tickets (provider: 'node' | 'noble', { later = false } = {}) {
  const kept = new Map<string, { value: string, lifetime: number }>()
  const answer = <T>(value: T): T | Promise<T> => later ? Promise.resolve(value) : value
  const store: SessionStore = {
    name: 'test',
    put (key, value, lifetime) {
      kept.set(key, { value, lifetime })
      return answer(undefined)
    },
    take (key) {
      const found = kept.get(key)
      kept.delete(key)
      return answer(found?.value ?? null)
    },
    claim: () => false
  }
  return { tickets: new StoredTickets(cryptoProvider(provider), new StoreAccess(store, { timeout: 10_000, observer: {} })), kept }
}

for (const provider of ['node', 'noble'] as const) {
  for (const later of [false, true]) {
    t.test(`${provider}, ${later ? 'a store that answers later' : 'a store that answers at once'}`, async (t) => {
      t.test('a ticket opens once', async (t) => {
        const { tickets: protector, kept } = tickets(provider, { later })
        const [first, second] = [protector.seal(state, policy, 300), protector.seal(state, policy, 300)]
        t.equal(first.length, 48)
        t.not(Buffer.compare(first, second), 0)
        t.equal(kept.size, 2)
        t.same([...kept.values()].map(({ lifetime }) => lifetime), [300_000, 300_000], 'milliseconds')
        for (const ticket of [first, second]) {
          const opened = await protector.open(ticket, policy)
          t.equal(opened.refused, null)
          t.same(Buffer.from(opened.state!), state)
          t.same(await protector.open(ticket, policy), { state: null, refused: 'unknown' })
        }
      })

      t.test('under another policy it is not found, and not spent', async (t) => {
        const { tickets: protector } = tickets(provider, { later })
        const ticket = protector.seal(state, policy, 300)
        t.same(await protector.open(ticket, other), { state: null, refused: 'unknown' })
        t.equal((await protector.open(ticket, policy)).refused, null)
      })

      t.test('the ticket may be gone by the time the store answers', async (t) => {
        const { tickets: protector } = tickets(provider, { later })
        const ticket = protector.seal(state, policy, 300)
        const opening = protector.open(ticket, policy)
        ticket.fill(0)
        t.same(Buffer.from((await opening).state!), state)
      })
    })
  }

  t.test(`${provider}: what was changed in the store is rejected`, async (t) => {
    const { tickets: protector, kept } = tickets(provider)
    const changes: Array<(value: string) => string> = [
      () => '', () => 'AAAA', (value) => value.slice(4), (value) => value.slice(0, -4), (value) => value + 'AAAA', () => '%&/',
      (value) => (value[0] === 'A' ? 'B' : 'A') + value.slice(1)
    ]
    for (const change of changes) {
      const ticket = protector.seal(state, policy, 300)
      for (const entry of kept.values()) entry.value = change(entry.value)
      t.same(await protector.open(ticket, policy), { state: null, refused: 'rejected' })
    }
  })

  t.test(`${provider}: sessions that were put under each other's names are rejected`, async (t) => {
    const { tickets: protector, kept } = tickets(provider)
    const ticket = protector.seal(state, policy, 300)
    const another = protector.seal(state, other, 300)
    const [first, second] = [...kept.values()]
    const value = first!.value
    first!.value = second!.value
    second!.value = value
    t.equal((await protector.open(ticket, policy)).refused, 'rejected')
    t.equal((await protector.open(another, other)).refused, 'rejected')
  })
}

t.test('what lies in the store tells nothing: neither the ticket, nor the state, nor the policy', async (t) => {
  const { tickets: protector, kept } = tickets('node')
  const ticket = protector.seal(state, policy, 300)
  const [[name, { value }]] = kept
  const bytes = Buffer.concat([Buffer.from(name, 'base64url'), Buffer.from(value, 'base64url')])
  t.equal(Buffer.from(name, 'base64url').length, 32)
  t.equal(Buffer.from(value, 'base64url').length, state.length + 16)
  for (const secret of [ticket.subarray(0, 16), ticket.subarray(16), state, policy, createHash('sha256').update(ticket.subarray(0, 16)).digest()]) {
    t.notOk(bytes.includes(Buffer.from(secret)))
  }
  t.notOk(inspect(protector, { depth: 9, showHidden: true }).includes('a session state'))
})

t.test('what is no ticket is not looked for', async (t) => {
  let asked = 0
  const store = { name: 'test', put () {}, take () { asked++; return null }, claim: () => false }
  const protector = new StoredTickets(cryptoProvider('node'), new StoreAccess(store, { timeout: 1, observer: {} }))
  for (const length of [0, 1, 47, 49, 200, 60_000]) t.same(protector.open(new Uint8Array(length), policy), { state: null, refused: 'unknown' })
  t.equal(asked, 0)
  t.same(protector.open(new Uint8Array(48), policy), { state: null, refused: 'unknown' })
  t.equal(asked, 1)
})

t.test('a store that gives something else than text has nothing', async (t) => {
  for (const value of [undefined, 1, Buffer.alloc(100), {}]) {
    const store = { name: 'test', put () {}, take: () => value as never, claim: () => false }
    const protector = new StoredTickets(cryptoProvider('node'), new StoreAccess(store, { timeout: 1, observer: {} }))
    t.same(protector.open(protector.seal(state, policy, 300), policy), { state: null, refused: 'unknown' })
  }
})
