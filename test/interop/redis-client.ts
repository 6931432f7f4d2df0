/** The clients of Redis that applications have. They go on trying for as long as Redis is away. */
import { Redis } from 'ioredis'
import { createClient } from 'redis'

export type ClientName = 'ioredis' | 'redis'

/** @param path of the socket of Redis, which need not be there yet */
export function redisClient (name: ClientName, path: string): unknown {
  // Errors are the application's: here they are expected.
  if (name === 'ioredis') return new Redis({ path }).on('error', () => {})
  const redis = createClient({ socket: { path, reconnectStrategy: 50 } }).on('error', () => {})
  redis.connect().catch(() => {})
  return redis
}
