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
 * reached, and `claim` also while Redis has not run for as long as the claim is to live.
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
      return await redis.run('EVAL', claimOnce, '1', claims + key, String(lifetime)) === 'OK'
    }
  }
}

function textOf (reply: unknown): string | null {
  return typeof reply === 'string' ? reply : null
}

/**
 * A Redis that was restarted may have lost claims, whatever it keeps on disk: until the last of them has ended anyway it cannot
 * say who is the first. It counts in whole seconds.
 */
const claimOnce = `
local uptime = tonumber(string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)'))
if (uptime - 1) * 1000 < tonumber(ARGV[1]) then
  return redis.error_reply('ERR Redis has not run for long enough to know what was claimed before')
end
return redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1])`
