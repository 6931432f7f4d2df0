import t from 'tap'
import { redisSessionStore } from '../../lib/session/redis-store.ts'
import { refuses } from '../helpers/invalid-option.ts'

/** A client whose commands are noted, and answered by what is given. */
function clientThat (answers: (words: string[]) => unknown) {
  const sent: string[][] = []
  const client = {
    status: 'ready',
    async call (...words: string[]) {
      sent.push(words)
      return answers(words)
    }
  }
  return { client, sent }
}

t.test('each operation is one command, which Redis carries out whole', async (t) => {
  const { client, sent } = clientThat(([command]) => command === 'GETDEL' ? 'value' : 'OK')
  const store = redisSessionStore(client)
  t.equal(store.name, 'redis')
  t.equal(await store.put('key', 'value', 300), undefined)
  t.equal(await store.take('key'), 'value')
  t.equal(await store.claim('key', 20), true)
  t.match(sent, [
    ['SET', 'fastify-tls13:session:key', 'value', 'PX', '300'],
    ['GETDEL', 'fastify-tls13:session:key'],
    ['EVAL', /'SET', KEYS\[1\], '', 'NX', 'PX', ARGV\[1\]/, '1', 'fastify-tls13:claim:key', '20']
  ])
  t.equal(sent.length, 3)
})

t.test('what is not there is null, what is claimed is false', async (t) => {
  const store = redisSessionStore(clientThat(() => null).client)
  t.equal(await store.take('key'), null)
  t.equal(await store.claim('key', 20), false)
})

t.test('a prefix of one\'s own', async (t) => {
  const { client, sent } = clientThat(() => null)
  await redisSessionStore(client, { prefix: '{shop}:' }).take('key')
  await redisSessionStore(client, { prefix: '' }).take('key')
  t.same(sent, [['GETDEL', '{shop}:session:key'], ['GETDEL', 'session:key']])
})

t.test('what Redis says against it is a rejection', async (t) => {
  const store = redisSessionStore(clientThat(() => { throw new Error('OOM command not allowed') }).client)
  for (const operation of [store.put('key', 'value', 1), store.take('key'), store.claim('key', 1)]) {
    await t.rejects(operation as Promise<unknown>, { message: /^OOM/ })
  }
})

t.test('what is no client, and what is no prefix, is refused', async (t) => {
  refuses(t, () => redisSessionStore({}), 'client', /must be a client of ioredis or of redis/)
  refuses(t, () => redisSessionStore(clientThat(() => null).client, { prefix: 1 as never }), 'prefix', /must be a string/)
})
