/**
 * Redis as the store in which processes share their ticket keys: one hash, whose fields are the slots. A field has its
 * slot and its end before the value, because fields of a hash do not end by themselves before Redis 7.4:
 *
 *     1700000000000.1700050400000.<value>
 */
import type { TicketKeyStore, TicketKeyStoreOpener } from '../../types/session.ts'
import { invalidOption } from '../errors.ts'
import { refuseUnknown } from '../option-names.ts'
import { redisCommands } from './redis.ts'
import type { RedisCommands } from './redis.ts'
import { ticketSecret } from './ticket-secret.ts'
import { WrappingStore, wrappingKeys } from './wrapping-store.ts'

export interface RedisTicketKeysOptions {
  /** Put before the name of the one key in Redis, default `fastify-tls13:`. Servers with another have other ticket keys. */
  prefix?: string
  /** 48 bytes under which the ticket keys are encrypted in Redis (AES-256-GCM); default: they lie there in the clear. */
  secret?: Uint8Array
  /** Milliseconds between two looks into Redis, 100 to 3600000, default 5000. */
  pollInterval?: number
}

/**
 * For the option `ticketKeys`: processes with the same Redis, prefix and secret accept each other's tickets.
 * @param client of ioredis, of redis (node-redis 4 and later), or what @fastify/redis decorates with. Its events, `'error'`
 *   among them, and its end are the application's
 * @throws FST_TLS13_INVALID_OPTION
 */
export function redisTicketKeys (client: unknown, options: RedisTicketKeysOptions = {}): TicketKeyStoreOpener {
  refuseUnknown(options, ['prefix', 'secret', 'pollInterval'], 'redisTicketKeys.')
  const { prefix = 'fastify-tls13:', pollInterval = 5000 } = options
  if (typeof prefix !== 'string') throw invalidOption('redisTicketKeys.prefix', 'must be a string')
  if (!Number.isInteger(pollInterval) || pollInterval < 100 || pollInterval > 3_600_000) {
    throw invalidOption('redisTicketKeys.pollInterval', 'must be an integer from 100 to 3600000 milliseconds')
  }
  const secret = options.secret === undefined ? null : ticketSecret('redisTicketKeys.secret', options.secret)
  const commands = redisCommands(client, 'redisTicketKeys')
  const name = `${prefix}ticket-keys`
  return (crypto) => {
    if (secret === null) return new RedisStore(commands, name, pollInterval)
    // Processes with another secret are elsewhere: they could do nothing with what is here but be in its way.
    const { id, aead } = wrappingKeys(crypto, secret)
    return new WrappingStore(new RedisStore(commands, `${name}:${id}`, pollInterval), crypto, aead)
  }
}

class RedisStore implements TicketKeyStore {
  readonly name: string
  readonly pollInterval: number
  readonly #commands: RedisCommands
  readonly #hash: string
  #end: number

  constructor (commands: RedisCommands, hash: string, pollInterval: number) {
    this.name = 'redis'
    this.pollInterval = pollInterval
    this.#commands = commands
    this.#hash = hash
    this.#end = 0
  }

  async read (): Promise<string[]> {
    const now = Date.now()
    const fields = fieldsOf(await this.#commands.run('HVALS', this.#hash))
    const ended = fields.filter(({ until }) => until <= now).map(({ slot }) => slot)
    if (ended.length > 0) await this.#commands.run('HDEL', this.#hash, ...ended)
    this.#end = Math.max(0, ...fields.map(({ until }) => until))
    return fields.filter(({ until }) => until > now).map(({ value }) => value)
  }

  /** The hash ends with its last field: nobody may be left then to empty it. */
  async add (slot: string, value: string, lifetime: number): Promise<void> {
    const until = Date.now() + lifetime
    const added = await this.#commands.run('HSETNX', this.#hash, slot, [slot, until, value].join('.'))
    if (Number(added) !== 1) return
    this.#end = Math.max(this.#end, until)
    await this.#commands.run('PEXPIREAT', this.#hash, String(this.#end))
  }
}

interface Field { readonly slot: string, readonly until: number, readonly value: string }

/** @param reply of HVALS; what does not have the form of a field is passed over */
function fieldsOf (reply: unknown): Field[] {
  if (!Array.isArray(reply)) throw new Error('Redis answered HVALS with no list')
  return reply.flatMap((text) => {
    const match = form.exec(String(text))
    return match === null ? [] : [{ slot: match[1]!, until: Number(match[2]), value: match[3]! }]
  })
}

const form = /^(\d{1,15})\.(\d{1,15})\.(.+)$/
