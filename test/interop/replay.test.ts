/** One flight of early data sent to several processes many times over: one of them answers it, while Redis is there. */
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { concat, connect, resuming } from '../helpers/client/index.ts'
import type { TestClient } from '../helpers/client/index.ts'
import { startRedis } from './redis-server.ts'
import { startFleet, sum, toldBy } from './store-fleet.ts'
import type { Counts, Process } from './store-fleet.ts'
import { interop } from './tool.ts'

/** Twenty seconds long something is tried again and again: not all the time, for there are other tests. */
const pause = async (): Promise<void> => setTimeout(100)
const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

interop('redis-server')('four processes, ticket keys by one secret, one Redis that knows what came', async (t) => {
  const redis = await startRedis(t)
  const fleet = await startFleet(t, 4, redis.path, randomBytes(48).toString('hex'))
  const [issuer] = fleet as [Process]
  // Until Redis has run for as long as a claim lives.
  const accepting = async (): Promise<void> => {
    for (const process of fleet) while ((await replayed([process], await recorded(issuer), 1)).answers.early === 0) await pause()
  }
  await accepting()

  const flight = await recorded(issuer)
  await t.test('a flight that is sent a hundred times is answered by one', async (t) => {
    const { answers, counted } = await replayed(fleet, flight, 100)
    t.same(answers, { early: 1, late: 99 })
    t.same(counted, { accepted: 1, replayed: 99, served: 100 })
  })

  await t.test('Redis is killed: another is answered by none, and all go on without', async (t) => {
    await redis.kill()
    const { answers, counted } = await replayed(fleet, await recorded(issuer), 20)
    t.same(answers, { early: 0, late: 20 })
    t.match(counted, { unavailable: 20, served: 20 })
    t.equal((counted['claim error'] ?? 0) + (counted['claim timeout'] ?? 0), 20, 'and metrics say whose fault it is')
  })

  await t.test('Redis comes back empty: the first is not answered again for as long as it is fresh', async (t) => {
    await redis.start()
    for (let stale = 0; stale < fleet.length;) {
      const { answers, counted } = await replayed(fleet, flight, fleet.length)
      if (answers.early > 0) return t.fail('it was')
      stale = counted.stale ?? 0
      await pause()
    }
  })

  await t.test('and a new one by one again', async (t) => {
    await accepting()
    const { answers, counted } = await replayed(fleet, await recorded(issuer), 100)
    t.same(answers, { early: 1, late: 99 })
    t.same(counted, { accepted: 1, replayed: 99, served: 100 })
  })

  t.same((await toldBy(fleet)).map(({ unhandled }) => unhandled), [0, 0, 0, 0])
})

/**
 * A flight that can be sent again and again: each client it gives sends the same bytes, and has the keys to read what comes
 * of them and to go on, which somebody who only recorded them has not.
 */
async function recorded (issuer: Process): Promise<() => { client: TestClient, flight: Uint8Array }> {
  const first = await connect(issuer.port)
  await first.handshake()
  const [session] = await first.expectTickets(1)
  first.close()
  const random = randomBytes(64)
  return () => {
    // A clock that is ahead, within what is let in, gives a busy machine more time until the flight is stale.
    const client = resuming(first.client, { psks: [{ session: session!, age: 8000 }], randomBytes: (length) => random.subarray(0, length) })
    return { client, flight: concat(client.clientHello({ earlyData: true }), client.earlyData(request)) }
  }
}

/** @returns how many were answered from early data, and how many after it; what metrics counted meanwhile, without what did not change */
async function replayed (fleet: readonly Process[], copy: Awaited<ReturnType<typeof recorded>>, times: number): Promise<{ answers: { early: number, late: number }, counted: Counts }> {
  const before = await counts(fleet)
  const answers = { early: 0, late: 0 }
  const bytes = new Set<string>()
  await Promise.all(Array.from({ length: times }, async (_, index) => {
    const { client, flight } = copy()
    bytes.add(Buffer.from(flight).toString('hex'))
    answers[await answeredTo(fleet[index % fleet.length]!, client, flight)]++
  }))
  if (bytes.size !== 1) throw new Error('the flights differ')
  const after = await counts(fleet)
  const changed = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const).filter(([, change]) => change > 0)
  return { answers, counted: Object.fromEntries(changed.filter(([name]) => name !== 'claim success')) }
}

/** Sends a flight; where its request is not taken it comes again once the handshake is complete, as clients do it. */
async function answeredTo ({ port }: Process, client: TestClient, flight: Uint8Array): Promise<'early' | 'late'> {
  const tls = await connect(port, client)
  tls.write(flight)
  await tls.expectMessage(20)
  const early = client.incoming.earlyDataAccepted
  // What is answered from early data is answered before the handshake is complete.
  const answer = early ? await tls.response() : await tls.completeHandshake().then(() => tls.request(request))
  tls.destroy()
  if (!answer.startsWith('HTTP/1.1 200 ') || !answer.endsWith(`{"resumed":true,"earlyData":${String(early)},"done":true}`)) throw new Error(`the answer is ${JSON.stringify(answer)}`)
  return early ? 'early' : 'late'
}

async function counts (fleet: readonly Process[]): Promise<Counts> {
  const all = (await toldBy(fleet)).map(({ earlyData, operations, served }) => ({ ...earlyData, ...operations, served }))
  return Object.fromEntries(all.flatMap(Object.keys).map((name) => [name, sum(all, name)]))
}
