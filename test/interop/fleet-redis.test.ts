/** Processes that share ticket keys through a real Redis, by the clients that applications have; and Redis killed. */
import { randomBytes } from 'node:crypto'
import { livesThrough, rotateAll, startMember } from './fleet/fleet.ts'
import { startRedis } from './redis-server.ts'
import { interop } from './tool.ts'

const test = interop('openssl', 'redis-server')

for (const wrap of [undefined, randomBytes(48).toString('hex')]) {
  test(`processes with one Redis, by either client${wrap === undefined ? '' : ', keys encrypted'}`, async (t) => {
    const { path } = await startRedis(t)
    const [one, other] = [await startMember(t, { client: 'ioredis', path, wrap }), await startMember(t, { client: 'redis', path, wrap })]
    await livesThrough(t, 'redis', one, other, () => rotateAll(one, other))
  })
}

test('Redis is killed: what is known goes on being shared; it comes back empty: sharing comes back', async (t) => {
  const redis = await startRedis(t)
  const { path } = redis
  const [one, other] = [await startMember(t, { client: 'ioredis', path }), await startMember(t, { client: 'redis', path })]
  const { session } = await one.connect()
  await redis.kill()
  await one.until(({ storeErrors }) => storeErrors > 0)
  t.ok((await other.get('/', session)).resumed)
  const fresh = await one.connect()
  t.equal(fresh.answer.source, 'redis')
  t.ok((await other.get('/', fresh.session)).resumed, 'and of tickets that were made without it')

  const late = await startMember(t, { client: 'redis', path })
  await late.program.said(/FST_TLS13_TICKET_KEYS_NOT_SHARED/)
  t.equal((await late.get()).source, 'random')
  t.notOk((await late.get('/', session)).resumed)

  await redis.start()
  await late.until(({ source }) => source === 'redis')
  // Whoever is there first fills what is empty, `late` with a key of its own: sooner or later all seal with the same.
  for (const [from, to] of [[one, late], [late, other]] as const) {
    while (!(await to.get('/', (await from.connect()).session)).resumed);
  }
})
