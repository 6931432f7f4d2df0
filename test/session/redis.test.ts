import t from 'tap'
import { redisCommands } from '../../lib/session/redis.ts'
import { refuses } from '../helpers/invalid-option.ts'

const hang = new Promise<never>(() => {})

t.test('a client of either package, and each of its kinds, gets the words as it takes them', async (t) => {
  const clients: Array<[string, object, unknown[]]> = [
    ['ioredis', { status: 'ready', async call (...args: unknown[]) { return [this, args] }, sendCommand () {} }, ['SET', 'key', 'value', 'NX']],
    ['node-redis', { isReady: true, async sendCommand (...args: unknown[]) { return [this, args] } }, [['SET', 'key', 'value', 'NX']]],
    ['its pool', { isOpen: true, async sendCommand (...args: unknown[]) { return [this, args] } }, [['SET', 'key', 'value', 'NX']]],
    ['its cluster', { masters: [], async sendCommand (...args: unknown[]) { return [this, args] } }, ['key', false, ['SET', 'key', 'value', 'NX']]],
    ['its sentinel', { isReady: true, getMasterNode () {}, async sendCommand (...args: unknown[]) { return [this, args] } }, [false, ['SET', 'key', 'value', 'NX']]]
  ]
  for (const [name, client, words] of clients) {
    const [self, args] = await redisCommands(client, 'ticketKeys').run('SET', 'key', 'value', 'NX') as [object, unknown[]]
    t.equal(self, client, name)
    t.strictSame(args, words, name)
  }
})

t.test('the node of a cluster is chosen by the key of a script, too', async (t) => {
  const client = { masters: [], async sendCommand (...args: unknown[]) { return args } }
  t.strictSame(await redisCommands(client, 'client').run('EVAL', 'return 1', '1', 'key', 'value'), ['key', false, ['EVAL', 'return 1', '1', 'key', 'value']])
})

t.test('what is no client is refused', async (t) => {
  for (const value of [undefined, null, 'redis://localhost', 6379, {}, () => {}, { sendCommand: true }]) {
    refuses(t, () => redisCommands(value, 'sessionStore'), 'sessionStore', /must be a client of ioredis or of redis/)
  }
})

t.test('no command is left to a client that is not connected', async (t) => {
  const calls: unknown[] = []
  const call = async (...words: unknown[]): Promise<string> => {
    calls.push(words)
    return 'OK'
  }
  for (const status of ['connecting', 'connect', 'close', 'reconnecting', 'end']) {
    await t.rejects(redisCommands({ status, call }, 'ticketKeys').run('GET', 'key'), { message: 'Redis is not connected' }, status)
  }
  await t.rejects(redisCommands({ isReady: false, sendCommand: call }, 'ticketKeys').run('GET', 'key'), { message: 'Redis is not connected' })
  t.strictSame(calls, [])
  t.equal(await redisCommands({ status: 'wait', call }, 'ticketKeys').run('GET', 'key'), 'OK', 'a lazy client connects at its first command')
})

t.test('an answer that does not come is waited for so long and no longer', async (t) => {
  const commands = redisCommands({ call: async () => hang }, 'ticketKeys', 1)
  // The timer does not keep a process alive, and here nothing else does.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  await t.rejects(commands.run('GET', 'key'), { message: 'Redis did not answer within 1 ms' })
})

t.test('what Redis or the client says against it is a rejection', async (t) => {
  await t.rejects(redisCommands({ call: async () => { throw new Error('READONLY') } }, 'ticketKeys').run('SET', 'key', 'value'), { message: 'READONLY' })
  await t.rejects(redisCommands({ call () { throw new Error('closed') } }, 'ticketKeys').run('GET', 'key'), { message: 'closed' })
})
