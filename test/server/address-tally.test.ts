import t from 'tap'
import { AddressTally } from '../../lib/server/address-tally.ts'
import { Roster } from '../../lib/server/roster.ts'
import { Visitor } from '../../lib/server/visitor.ts'
import type { Host } from '../../lib/server/visitor.ts'
import type { TlsSocket } from '../../lib/socket/tls-socket.ts'

/** A roster with its tally, and how often somebody was asked for an address. */
function gate (limit: number) {
  const roster = new Roster<Visitor>()
  const tally = new AddressTally(roster, limit)
  const asked = { times: 0 }
  const ask = (address: string | undefined): string | undefined => {
    asked.times++
    return address
  }
  return {
    asked,
    isFull: (address: string): boolean => tally.isFull(() => ask(address)!),
    come (address: string | undefined): Visitor {
      const visitor = new Visitor({} as Host)
      visitor.socket = { get remoteAddress () { return ask(address) } } as TlsSocket
      roster.add(visitor)
      tally.came(visitor)
      return visitor
    },
    leave (visitor: Visitor): void {
      roster.delete(visitor)
      tally.left(visitor)
    }
  }
}

t.test('nobody is asked for an address while all together are fewer than one may have', async (t) => {
  const { asked, isFull, come, leave } = gate(3)
  for (let times = 0; times < 3; times++) {
    const [a, b] = [come('a'), come('a')]
    t.notOk(isFull('a'))
    leave(a)
    leave(b)
  }
  t.equal(asked.times, 0)
})

t.test('from then on each is counted, until nobody is there', async (t) => {
  const { asked, isFull, come, leave } = gate(2)
  const [first, second, other] = [come('a'), come('a'), come('b')]
  t.ok(isFull('a'))
  t.notOk(isFull('b'))
  t.notOk(isFull('c'))
  leave(first)
  t.notOk(isFull('a'))
  const third = come('a')
  t.ok(isFull('a'))
  for (const visitor of [second, third, other]) leave(visitor)
  asked.times = 0
  t.notOk(isFull('a'))
  leave(come('a'))
  t.equal(asked.times, 0)
})

t.test('who has no address any more leaves no trace', async (t) => {
  const { isFull, come, leave } = gate(1)
  const closed = come(undefined)
  t.ok(isFull(''))
  const open = come('a')
  t.ok(isFull('a'))
  leave(closed)
  t.notOk(isFull(''))
  t.ok(isFull('a'))
  leave(open)
  t.notOk(isFull('a'))
})
