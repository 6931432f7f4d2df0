import t from 'tap'
import { memorySessionStore } from '../../lib/session/memory-store.ts'
import { StoreAccess } from '../../lib/session/store-access.ts'
import type { StoreOperationInfo } from '../../types/observer.ts'
import type { SessionStore } from '../../types/session.ts'

/** Access to a store that is made of the given parts, and what the observer was told of it. */
function access (parts: Partial<SessionStore>, timeout = 10_000) {
  const told: string[] = []
  const durations: number[] = []
  const store: SessionStore = { name: 'test', put () {}, take: () => null, claim: () => false, ...parts }
  const observer = {
    storeOperationCompleted ({ store, operation, result, duration }: StoreOperationInfo) {
      told.push(`${store} ${operation} ${result}`)
      durations.push(duration)
    }
  }
  return { access: new StoreAccess(store, { timeout, observer }), told, durations }
}

/** One operation of each kind, and what came of it. */
async function operate (access: StoreAccess): Promise<unknown[]> {
  access.put('key', 'value', 1000)
  return [await access.take('key'), await access.claim('key', 1000), await access.claim('key', 1000)]
}

t.test('a store that answers at once, and one that answers later', async (t) => {
  const memory = memorySessionStore()
  const now = access({ put: memory.put.bind(memory), take: memory.take.bind(memory), claim: memory.claim.bind(memory) })
  now.access.put('a', 'value', 1000)
  t.equal(now.access.take('a'), 'value', 'there is nothing to wait for')
  const later = access({ put: async () => {}, take: async () => 'value', claim: async (_key, lifetime) => lifetime === 1000 })
  for (const { access, told, durations } of [now, later]) {
    told.length = 0
    access.put('key', 'value', 1000)
    t.equal(await access.take('key'), 'value')
    t.equal(await access.claim('key', 1000), true)
    t.same(told, ['test put success', 'test take success', 'test claim success'])
    t.ok(durations.every((duration) => duration >= 0))
  }
})

t.test('a store may have thenables of its own', async (t) => {
  const answer = { then: (resolve: (value: string) => void) => { resolve('value') } }
  const { access: reached, told } = access({ take: () => answer as never })
  const taken = reached.take('key')
  t.type(taken, Promise)
  t.equal(await taken, 'value')
  t.same(told, ['test take success'])
})

t.test('a store that throws, and one that rejects: nothing is known, and one warning says why', async (t) => {
  const error = Object.assign(new Error('the reason'), { command: 'a secret' })
  const thrown = (): never => { throw error }
  const rejected = async (): Promise<never> => { throw error }
  for (const fail of [thrown, rejected]) {
    const warnings: Array<Error & { code?: string }> = []
    const listener = (warning: Error): void => { warnings.push(warning) }
    process.on('warning', listener)
    const { access: broken, told } = access({ put: fail, take: fail, claim: fail })
    t.same(await operate(broken), [null, null, null])
    await new Promise((resolve) => setImmediate(resolve))
    process.removeListener('warning', listener)
    t.same(told, ['test put error', 'test take error', 'test claim error', 'test claim error'])
    t.equal(warnings.length, 1)
    t.match(warnings[0], { name: 'FastifyTls13Warning', code: 'FST_TLS13_SESSION_STORE_FAILED', message: /session store test failed: the reason\. / })
    t.notOk(JSON.stringify(warnings[0], Object.getOwnPropertyNames(warnings[0])).includes('a secret'))
  }
})

t.test('what is thrown need not be an error', async (t) => {
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  t.equal(access({ take () { throw 'a secret' } }).access.take('key'), null) // eslint-disable-line no-throw-literal
  t.match((await warned).message, /failed: string\. /)
})

t.test('a store that does not answer is waited for so long', async (t) => {
  const { access: silent, told, durations } = access({ put: () => new Promise(() => {}), take: () => new Promise(() => {}), claim: () => new Promise(() => {}) }, 5)
  const alive = setInterval(() => {}, 1000)
  t.same(await operate(silent), [null, null, null])
  clearInterval(alive)
  t.same(told.sort(), ['test claim timeout', 'test claim timeout', 'test put timeout', 'test take timeout'])
  t.ok(durations.every((duration) => duration > 0))
})

t.test('an answer that comes too late changes nothing', async (t) => {
  let answer = (_value: string | null): void => {}
  let fail = (_error: Error): void => {}
  const alive = setInterval(() => {}, 1000)
  const { access: slow, told } = access({
    take: () => new Promise((resolve) => { answer = resolve }),
    claim: () => new Promise((_resolve, reject) => { fail = reject })
  }, 1)
  t.equal(await slow.take('key'), null)
  t.equal(await slow.claim('key', 1), null)
  answer('value')
  fail(new Error('too late as well'))
  await new Promise((resolve) => setImmediate(resolve))
  clearInterval(alive)
  t.same(told, ['test take timeout', 'test claim timeout'])
})

t.test('a store with too many operations under way is not asked', async (t) => {
  const answers: Array<(value: string | null) => void> = []
  const { access: busy, told } = access({ take: () => new Promise((resolve) => answers.push(resolve)) })
  const waiting = Array.from({ length: 10_000 }, () => busy.take('key'))
  t.equal(busy.take('key'), null)
  t.equal(busy.claim('key', 1), null)
  t.same(told, ['test take refused', 'test claim refused'])
  t.equal(answers.length, 10_000)
  answers.pop()!('value')
  t.equal(await waiting.at(-1), 'value')
  t.type(busy.take('key'), Promise, 'as soon as one has ended, another is tried')
  for (const answer of answers) answer(null)
  await Promise.all(waiting)
})

t.test('without an observer', async (t) => {
  t.same(await operate(new StoreAccess(memorySessionStore(), { timeout: 100, observer: {} })), ['value', true, false])
})
