/** Sessions of several processes in one Redis: used once, shared, and done without while Redis is away. */
import { connect, resuming } from '../helpers/client/index.ts'
import { startRedis } from './redis-server.ts'
import { Load, startFleet, sum, toldBy, visit } from './store-fleet.ts'
import type { Process, Told } from './store-fleet.ts'
import { interop } from './tool.ts'

const test = interop('redis-server')

test('four processes, with two clients of Redis', async (t) => {
  const redis = await startRedis(t)
  const fleet = await startFleet(t, 4, redis.path)
  const told = async (): Promise<Told[]> => toldBy(fleet)
  const [a, b, c] = fleet as [Process, Process, Process]

  await t.test('a ticket of one process resumes at another, once', async (t) => {
    const first = await visit(a.port)
    t.equal(first.resumed, false)
    const second = await visit(b.port, first.session)
    t.equal(second.resumed, true)
    t.equal((await visit(c.port, first.session)).resumed, false, 'it was used')
    t.equal((await visit(a.port, second.session)).resumed, true)
  })

  await t.test('of a hundred attempts with one ticket exactly one resumes', async (t) => {
    const before = redemptions(await told())
    const holder = await connect(a.port)
    await holder.handshake()
    const [session] = await holder.expectTickets(2)
    holder.close()
    const resumed = await Promise.all(Array.from({ length: 100 }, async (_, index) => {
      const attempt = await connect(fleet[index % fleet.length]!.port, resuming(holder.client, { psks: [{ session: session! }] }))
      await attempt.handshake()
      await attempt.expectTickets(1)
      attempt.close()
      return attempt.client.facts.selectedIdentity !== null
    }))
    t.equal(resumed.filter(Boolean).length, 1)
    const after = redemptions(await told())
    t.equal(after.accepted - before.accepted, 1)
    t.equal(after.unknown - before.unknown, 99)
  })

  await t.test('Redis killed in mid-load: no request fails, and with Redis back sessions resume by themselves', async (t) => {
    const load = new Load(fleet)
    const before = await load.visits(100)
    t.ok(before.resumed > 70, `${before.resumed} of 100 resumed`)

    const during = load.visits(200)
    await redis.kill()
    await during
    t.equal((await load.visits(40)).resumed, 0, 'without Redis nothing resumes')
    t.ok(sum((await told()).map(({ operations }) => operations), 'put error') > 0, 'and metrics show it')

    await redis.start()
    await load.untilResumed()
    const after = await load.visits(100)
    t.ok(after.resumed > 70, `${after.resumed} of 100 resumed again`)
    t.same(load.failures, [])
    t.same((await told()).map(({ unhandled }) => unhandled), [0, 0, 0, 0])
  })
})

function redemptions (told: readonly Told[]): { accepted: number, unknown: number } {
  const redeemed = told.map((each) => each.redeemed)
  return { accepted: sum(redeemed, 'accepted'), unknown: sum(redeemed, 'unknown') }
}
