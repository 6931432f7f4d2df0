/** A session store in Redis (6.2 or later), for processes and machines that serve the same clients. */
import type { SessionStore } from '../../types/session.ts'
import { invalidOption } from '../errors.ts'
import { redisCommands } from './redis.ts'

export interface RedisSessionStoreOptions {
  /** Put before every key, default `fastify-tls13:`; what shares it shares sessions. */
  prefix?: string
}

/**
 * Each operation is one command that Redis carries out whole, so that of all who take a session, or claim a key, one gets it.
 * Bounded by `maxmemory` of Redis, and by the lifetimes: every key has one. Each operation rejects while Redis cannot be
 * reached.
 * @param client of ioredis or of redis (node-redis), or what @fastify/redis decorates with; it stays the application's
 * @throws FST_TLS13_INVALID_OPTION
 */
export function redisSessionStore (client: unknown, { prefix = 'fastify-tls13:' }: RedisSessionStoreOptions = {}): SessionStore {
  if (typeof prefix !== 'string') throw invalidOption('prefix', 'must be a string')
  const redis = redisCommands(client, 'client')
  const sessions = `${prefix}session:`
  const claims = `${prefix}claim:`
  return {
    name: 'redis',
    async put (key, value, lifetime) {
      await redis.run('SET', sessions + key, value, 'PX', String(lifetime))
    },
    async take (key) {
      return textOf(await redis.run('GETDEL', sessions + key))
    },
    async claim (key, lifetime) {
      return await redis.run('SET', claims + key, '', 'NX', 'PX', String(lifetime)) === 'OK'
    }
  }
}

function textOf (reply: unknown): string | null {
  return typeof reply === 'string' ? reply : null
}
