import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { RandomKeys } from '../../lib/session/random-keys.ts'
import { SharedKeys } from '../../lib/session/shared-keys.ts'
import { TicketKey } from '../../lib/session/ticket-key.ts'

const state = Buffer.from('a session state')
const policy = Buffer.alloc(32, 1)
const settings = { crypto: cryptoProvider('node'), rotation: 1000, lifetime: 300, sealsPerKey: 3 }

for (const [kind, make] of [
  ['random', () => new RandomKeys(settings, 0)],
  ['shared', () => new SharedKeys(settings, Buffer.alloc(48, 1), 0)]
] as const) {
  t.test(`a ${kind} key seals so many tickets, then another does`, async (t) => {
    const keys = make()
    const tickets = Array.from({ length: 7 }, () => keys.seal(state, policy, 0))
    const names = tickets.map((ticket) => Buffer.from(ticket.subarray(0, 16)).toString('hex'))
    t.equal(new Set(names).size, 3)
    t.same(names.map((name) => names.indexOf(name)), [0, 0, 0, 3, 3, 3, 6])
    t.ok(tickets.every((ticket) => keys.open(ticket, policy, 0).refused === null))
  })
}

t.test('a destroyed key neither seals nor opens, and its secret is gone', async (t) => {
  const secret = new Uint8Array(48).fill(9)
  const key = new TicketKey(cryptoProvider('node'), new Uint8Array(16), secret)
  const ticket = key.seal(state, policy)
  t.same(Buffer.from(key.open(ticket, policy)!), state)
  key.destroy()
  key.destroy()
  t.same(secret, new Uint8Array(48))
  t.throws(() => key.seal(state, policy), { message: 'the ticket key was destroyed' })
  t.throws(() => key.open(ticket, policy), { message: 'the ticket key was destroyed' })
})
