/** Ticket keys in Redis, with a Map for Redis; test/interop/fleet.test.ts has a real one. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { redisTicketKeys } from '../../lib/session/redis-ticket-keys.ts'
import type { RedisTicketKeysOptions } from '../../lib/session/redis-ticket-keys.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import { refuses } from '../helpers/invalid-option.ts'

const state = Buffer.from('a session state')
const policy = Buffer.alloc(32, 1)

/** The commands of a hash, and a client in the shape of ioredis. */
class FakeRedis {
  readonly keys = new Map<string, Map<string, string>>()
  readonly ends = new Map<string, number>()
  readonly status = 'ready'

  async call (command: string, key: string, ...args: string[]): Promise<unknown> {
    const hash = this.keys.get(key) ?? new Map<string, string>()
    switch (command) {
      case 'HVALS': return [...hash.values()]
      case 'HDEL': return args.filter((field) => hash.delete(field)).length
      case 'PEXPIREAT': return this.ends.set(key, Number(args[0])) && 1
      case 'HSETNX': {
        if (hash.has(args[0]!)) return 0
        this.keys.set(key, hash.set(args[0]!, args[1]!))
        return 1
      }
    }
  }

  texts (): string[] {
    return [...this.keys.values()].flatMap((hash) => [...hash.values()])
  }
}

async function processOn (redis: FakeRedis, options?: RedisTicketKeysOptions): Promise<TicketKeyRing> {
  const crypto = cryptoProvider('node')
  const store = redisTicketKeys(redis, options)(crypto)
  const ring = new TicketKeyRing({ crypto, now: Date.now, rotation: 1000, lifetime: 300, secret: null, store })
  await ring.ready()
  return ring
}

function opens (ring: TicketKeyRing, sealing: TicketKeyRing): boolean {
  return ring.openNow(sealing.seal(state, policy), policy).refused === null
}

t.test('processes with one Redis and prefix share keys, others do not', async (t) => {
  const redis = new FakeRedis()
  const [one, other, third] = [await processOn(redis), await processOn(redis), await processOn(redis, { prefix: 'shop:' })]
  t.equal(one.sealingKey().source, 'redis')
  t.ok(opens(one, other) && opens(other, one))
  t.notOk(opens(third, one))
  t.same([...redis.keys.keys()], ['fastify-tls13:ticket-keys', 'shop:ticket-keys'])
})

t.test('under a secret nobody reads them, and nobody else puts any there', async (t) => {
  const redis = new FakeRedis()
  const secret = randomBytes(48)
  const mine = Buffer.from(secret)
  const first = processOn(redis, { secret: mine })
  mine.fill(1)
  const [one, other] = [await first, await processOn(redis, { secret })]
  t.ok(opens(one, other) && opens(other, one))
  const [key] = redis.keys.keys()
  t.match(key, /^fastify-tls13:ticket-keys:[0-9a-f]{12}$/)
  for (const text of redis.texts()) {
    const wrapped = text.split('.').at(-1)!
    t.match(wrapped, /^[\w-]+$/)
    t.notMatch(Buffer.from(wrapped, 'base64url').toString('latin1'), /^1\.\d+\.|\.\d{13}\./)
  }
  t.equal(new Set(redis.texts()).size, 2)

  const plain = new FakeRedis()
  await processOn(plain)
  const planted = new FakeRedis()
  planted.keys.set(key!, new Map([...plain.keys.values()].flatMap((hash) => [...hash].map(([field, text]) => [`9${field}`, `9${text}`] as const))))
  planted.keys.get(key!)!.set('1', `1.${Date.now() + 1e6}.${'A'.repeat(100)}`).set('2', `2.${Date.now() + 1e6}.AAAA`)
  const third = await processOn(planted, { secret })
  t.equal(third.sealingKey().source, 'redis')
  t.notOk(opens(third, await processOn(plain)), 'a key in the clear is none')
})

t.test('with different secrets they do not meet, and do not disturb each other', async (t) => {
  const redis = new FakeRedis()
  const rings = [await processOn(redis, { secret: randomBytes(48) }), await processOn(redis, { secret: randomBytes(48) }), await processOn(redis)] as const
  for (const ring of rings) t.equal(ring.sealingKey().source, 'redis')
  t.notOk(opens(rings[0], rings[1]) || opens(rings[2], rings[0]))
})

t.test('what has ended is deleted, and the hash ends with its last field', async (t) => {
  const redis = new FakeRedis()
  const key = 'fastify-tls13:ticket-keys'
  redis.keys.set(key, new Map([['5', '5.1000.ended'], ['6', 'no field of ours']]))
  await processOn(redis)
  const hash = redis.keys.get(key)!
  t.same([...hash.keys()].slice(0, 1), ['6'], 'and what is not known is left')
  t.equal(hash.size, 3)
  const last = Math.max(...[...hash.values()].map((text) => Number(text.split('.')[1])).filter(Number.isFinite))
  t.equal(redis.ends.get(key), last)
})

t.test('a reply that is no list is an error', async (t) => {
  const store = redisTicketKeys({ call: async () => 'OK' })(cryptoProvider('node'))
  await t.rejects(store.read(), { message: 'Redis answered HVALS with no list' })
})

t.test('what is refused', async (t) => {
  const client = new FakeRedis()
  refuses(t, () => redisTicketKeys('redis://localhost'), 'redisTicketKeys', /must be a client of ioredis/)
  const wrong: Array<[object, string, RegExp]> = [
    [{ prefx: '' }, 'redisTicketKeys.prefx', /did you mean redisTicketKeys\.prefix\?/],
    [{ prefix: 1 }, 'redisTicketKeys.prefix', /must be a string/],
    [{ secret: randomBytes(32) }, 'redisTicketKeys.secret', /must be 48 bytes, not 32/],
    [{ secret: 'x'.repeat(48) }, 'redisTicketKeys.secret', /must be a Buffer or Uint8Array of 48 bytes/],
    [{ secret: Buffer.alloc(48) }, 'redisTicketKeys.secret', /is all zero/],
    ...[99, 3_600_001, 1000.5, '1000', NaN].map((pollInterval): [object, string, RegExp] =>
      [{ pollInterval }, 'redisTicketKeys.pollInterval', /an integer from 100 to 3600000/])
  ]
  for (const [options, option, reason] of wrong) refuses(t, () => redisTicketKeys(client, options), option, reason)
})
