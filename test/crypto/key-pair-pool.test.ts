import t from 'tap'
import { KeyPairPool } from '../../lib/crypto/key-pair-pool.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { hex } from './support.ts'

type Done = (pair: string | null) => void

t.test('pairs are made ahead, one after the other, at most as many as the pool holds, and handed out once', async (t) => {
  const { pool, asked, finish } = scripted()
  t.equal(asked.length, 0, 'none before the first is wanted')
  t.equal(pool.take(), 'now 0')
  t.equal(pool.take(), 'now 1', 'nobody waits for a thread')
  t.equal(asked.length, 1, 'one thread at a time')
  t.equal(finish(Infinity), 64, 'each asks for the next until the pool is full')
  const taken = Array.from({ length: 64 }, () => pool.take())
  t.equal(asked.length, 1)
  t.equal(pool.take(), 'now 2', 'a burst that is longer than the pool')
  for (let i = 0; i < 200; i++) {
    finish(1)
    taken.push(pool.take())
  }
  t.equal(new Set(taken).size, taken.length)
  t.ok(taken.every((pair) => pair.startsWith('thread')))
})

t.test('a pair that could not be made is asked for again by the next handshake', async (t) => {
  const { pool, asked, finish } = scripted()
  pool.take()
  t.equal(finish(1, false), 1)
  t.equal(asked.length, 0)
  t.equal(pool.take(), 'now 1')
  t.equal(asked.length, 1)
})

t.test('X25519: no share is used twice, however they were made', async (t) => {
  const { namedGroups } = cryptoProvider('node')
  const x25519 = namedGroups.find(({ name }) => name === 'x25519')!
  const theirs = x25519.encapsulate(Uint8Array.of(9, ...new Array(31).fill(0)))!.share
  const shares = new Set<string>()
  for (let i = 0; i < 200; i++) {
    shares.add(hex(x25519.encapsulate(theirs)!.share))
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(shares.size, 200)
})

/** @returns `finish`: threads end what was asked for, and what that asks for, so many times or until nothing is asked for */
function scripted (): { pool: KeyPairPool<string>, asked: Done[], finish: (limit: number, able?: boolean) => number } {
  const asked: Done[] = []
  let now = 0
  let made = 0
  const pool = new KeyPairPool(() => `now ${now++}`, (done) => { asked.push(done) })
  const finish = (limit: number, able = true): number => {
    let finished = 0
    for (; finished < limit && asked.length > 0; finished++) asked.shift()!(able ? `thread ${made++}` : null)
    return finished
  }
  return { pool, asked, finish }
}
