/**
 * The attacks of `npm run kill`, with few connections: every one ends by the server's own doing, what they took comes
 * back, and others are served all along.
 */
import t from 'tap'
import { attacks } from './attacks.ts'
import { capped } from './caps.ts'
import { kill } from './kill.ts'
import type { Held } from './server.ts'

const count = 200
t.setTimeout(280_000)

for (const attack of attacks(1000, 1000)) {
  t.test(attack.name, async (t) => {
    const { before, after, visitors } = await kill(attack, count, 20, false)
    t.ok(visitors.served > 0, `others: ${visitors.served}`)
    t.same(visitors.failures, [])
    t.ok(after.accepted - before.accepted > visitors.asked, 'the attack was seen')
    t.same([after.handshakes, after.connections], [0, 0])
    // What 200 connections take is several times that.
    const grown = used(after) - used(before)
    t.ok(grown < 4e6, `${grown} bytes more than before`)
  })
}

t.test('the caps: so many handshakes at a time, the rest closed at once, and another address served', async (t) => {
  const { held, refused, visitors } = await capped(count, { tls: { maxPendingHandshakesPerAddress: 50 } })
  t.equal(held, 50)
  t.equal(refused, count - 50)
  t.ok(visitors.served > 0)
  t.same(visitors.failures, [])
})

function used ({ heapUsed, external }: Held): number {
  return heapUsed + external
}
