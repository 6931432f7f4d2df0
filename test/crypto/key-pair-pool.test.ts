import { once } from 'node:events'
import t from 'tap'
import { exchangeKeyPair } from '../../lib/crypto/node-key-pair.ts'
import type { ExchangeKeyPair } from '../../lib/crypto/node-key-pair.ts'
import { KeyPairPool } from '../../lib/crypto/key-pair-pool.ts'

// What is waited for keeps no process alive.
const running = setInterval(() => {}, 1000)
t.teardown(() => { clearInterval(running) })

const { privateKey } = exchangeKeyPair('x25519')
const limits = { closeTime: 0, together: 4, busy: 4, busyTime: Infinity, batch: 3, idleTime: 2 ** 30 }

t.test('without handshakes that leave work to threads, all pairs are made at once', async (t) => {
  const { pool, names, makers } = scripted()
  t.same(names(20), Array.from({ length: 20 }, (_, i) => `now ${i}`))
  for (let i = 0; i < 20; i++) pool.note()
  t.equal(makers.length, 0, 'nor for handshakes that take none')
})

t.test('where one is wanted soon after another, pairs are made together, and handed out once', async (t) => {
  const { made, names } = scripted({ ...limits, closeTime: Infinity })
  names(1)
  t.equal(made(), 1, 'there was none before')
  names(1)
  t.equal(made(), 5)
  names(3)
  t.equal(made(), 5, 'those are taken first')
  const taken = names(100)
  t.equal(made(), 105)
  t.equal(new Set(taken).size, 100)
})

t.test('those that nobody wants are not kept', async (t) => {
  const { made, names } = scripted({ ...limits, closeTime: Infinity, idleTime: 1 })
  const first = names(2)
  await new Promise((resolve) => setTimeout(resolve, 1)) // begun after the pool's, and as long
  const next = names(1)
  t.equal(made(), 9)
  t.notOk(first.includes(next[0]!))
})

t.test('while a thread makes them the event loop makes no more than it needs', async (t) => {
  const { handshakes, made, makers, names } = scripted({ ...limits, closeTime: Infinity })
  handshakes(5)
  t.equal(makers.length, 1)
  t.equal(made(), 5)
  names(1)
  t.equal(made(), 6)
  names(4)
  t.equal(made(), 10)
})

t.test('while there are many of them, pairs are made ahead, a batch at a time, and handed out once', async (t) => {
  const { handshakes, names, makers } = scripted()
  handshakes(3)
  t.equal(makers.length, 0)
  handshakes(1)
  t.equal(makers.length, 1)
  t.same(makers[0]!.asked, [3])
  t.same(names(1), ['now 4'], 'nobody waits for a pair')
  makers[0]!.answer()
  t.same(makers[0]!.asked, [3], 'so many are enough')
  const taken = names(1)
  t.same(makers[0]!.asked, [3, 3], 'and fewer are not')
  taken.push(...names(1))
  t.same(makers[0]!.asked, [3, 3], 'but it is asked once at a time')
  makers[0]!.answer()
  for (let i = 0; i < 50; i++) {
    taken.push(...names(1))
    if (makers[0]!.asked.length > makers[0]!.answered) makers[0]!.answer()
  }
  t.equal(taken.length, new Set(taken).size)
  t.ok(taken.every((name) => name.startsWith('ahead')))
  t.equal(makers.length, 1)
})

t.test('few of them in all that time are no reason', async (t) => {
  const { handshakes, makers } = scripted({ ...limits, busyTime: 0 })
  handshakes(100)
  t.equal(makers.length, 0)
})

t.test('what nobody wants is not kept, and made again when it is wanted', async (t) => {
  const { handshakes, names, makers } = scripted({ ...limits, idleTime: 1 })
  handshakes(4)
  makers[0]!.answer()
  await makers[0]!.closed
  t.same(names(1), ['now 4'], 'the pairs that were ready are gone')
  handshakes(4)
  t.equal(makers.length, 2)
})

t.test('a maker that ends is not started again, and the process is told', async (t) => {
  const { handshakes, names, makers } = scripted()
  handshakes(4)
  makers[0]!.answer()
  const warned = warning()
  makers[0]!.end(new Error('out of memory'))
  t.match(await warned, /There is no thread that makes key pairs: the event loop makes them\. Error: out of memory/)
  handshakes(20)
  t.same(names(1), ['now 24'])
  t.equal(makers.length, 1)
})

t.test('a maker that cannot be started is not tried again, and the process is told', async (t) => {
  let tried = 0
  const pool = new KeyPairPool(() => pairNamed('now'), () => {
    tried++
    throw new Error('no threads here')
  }, limits)
  const warned = warning()
  for (let i = 0; i < 20; i++) {
    pool.take()
    pool.note()
  }
  t.match(await warned, /no threads here/)
  t.equal(tried, 1)
})

class Maker {
  readonly asked: number[] = []
  readonly closed: Promise<void>
  answered = 0
  readonly end: (error: unknown) => void
  readonly #onPairs: (pairs: ExchangeKeyPair[]) => void
  #close!: () => void

  constructor (onPairs: (pairs: ExchangeKeyPair[]) => void, onEnd: (error: unknown) => void) {
    this.#onPairs = onPairs
    this.end = onEnd
    this.closed = new Promise((resolve) => { this.#close = resolve })
  }

  ask (count: number): void { this.asked.push(count) }
  close (): void { this.#close() }

  answer (): void {
    const batch = this.answered++
    this.#onPairs(Array.from({ length: this.asked[batch]! }, (_, i) => pairNamed(`ahead ${batch} ${i}`)))
  }
}

function scripted (terms = limits) {
  const makers: Maker[] = []
  let now = 0
  const pool = new KeyPairPool(() => pairNamed(`now ${now++}`), (onPairs, onEnd) => {
    const maker = new Maker(onPairs, onEnd)
    makers.push(maker)
    return maker
  }, terms)
  return {
    pool,
    makers,
    /** Pairs made by the event loop. */
    made: (): number => now,
    names: (count: number): string[] => Array.from({ length: count }, () => String(Buffer.from(pool.take().share))),
    handshakes (count: number): void {
      for (let i = 0; i < count; i++) {
        pool.take()
        pool.note()
      }
    }
  }
}

function pairNamed (name: string): ExchangeKeyPair { return { privateKey, share: Buffer.from(name) } }

async function warning (): Promise<string> {
  for (;;) {
    const [{ code, message }] = await once(process, 'warning') as [Error & { code?: string }]
    if (code === 'FST_TLS13_KEY_PAIR_THREAD') return message
  }
}
