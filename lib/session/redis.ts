/**
 * Redis through the client that the application has: ioredis (and @fastify/redis, which decorates with one) or
 * node-redis, known by shape, so that neither is a dependency.
 */
import { invalidOption } from '../errors.ts'
import { within } from './within.ts'

export interface RedisCommands {
  /**
   * One command. The first of `args` is its key, or in EVAL the third.
   * @returns the reply, text where it is one; rejects when Redis is not connected, does not answer in time, or says no
   */
  run (command: string, ...args: string[]): Promise<unknown>
}

/**
 * Neither closes the client nor listens to its events: both are the application's.
 * @param option the name for the message: `sessionStore`
 * @param timeout milliseconds an answer may take
 * @throws FST_TLS13_INVALID_OPTION for what is no client
 */
export function redisCommands (client: unknown, option: string, timeout: number = defaultTimeout): RedisCommands {
  const send = senderOf(client)
  if (send === null) {
    throw invalidOption(option, 'must be a client of ioredis or of redis (node-redis 4 and later), or what @fastify/redis decorates with')
  }
  return {
    async run (command, ...args) {
      if (!isReady(client as Client)) throw new Error('Redis is not connected')
      return within(timeout, send([command, ...args]), `Redis did not answer within ${timeout} ms`)
    }
  }
}

type Words = [command: string, ...args: string[]]
type Send = (words: Words) => Promise<unknown>

/** What is looked at of a client. */
interface Client {
  readonly call?: unknown
  readonly sendCommand?: unknown
  readonly isReady?: unknown
  readonly status?: unknown
}

/** In node-redis `sendCommand` takes what a cluster and a sentinel need for choosing a node before the words. */
function senderOf (client: unknown): Send | null {
  if (typeof client !== 'object' || client === null) return null
  const { call, sendCommand } = client as Client
  if (typeof call === 'function') return (words) => call.apply(client, words)
  if (typeof sendCommand !== 'function') return null
  if ('masters' in client) return (words) => sendCommand.call(client, keyOf(words), false, words)
  if ('getMasterNode' in client) return (words) => sendCommand.call(client, false, words)
  return (words) => sendCommand.call(client, words)
}

function keyOf ([command, ...args]: Words): string | undefined {
  return command === 'EVAL' ? args[2] : args[0]
}

/**
 * Both clients keep the commands of an outage in memory until it is over: nobody waits for these any more by then, and
 * there may be one for each handshake. An ioredis client that waits connects at its first command.
 */
function isReady ({ isReady, status }: Client): boolean {
  return isReady !== false && (typeof status !== 'string' || status === 'ready' || status === 'wait')
}

/** Far longer than a Redis takes that is well, in milliseconds. */
const defaultTimeout = 1000
