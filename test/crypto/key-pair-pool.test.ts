import t from 'tap'
import { KeyPairPool } from '../../lib/crypto/key-pair-pool.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { hex } from './support.ts'

type Done = (pair: string | null) => void

t.test('pairs are made ahead in batches, at most as many as the pool holds, and handed out once', async (t) => {
  const { pool, asked, finish } = scripted()
  t.equal(asked.length, 0, 'none before the first is wanted')
  t.equal(pool.take(), 'now 0')
  t.equal(asked.length, 32)
  t.equal(pool.take(), 'now 1', 'nobody waits for a thread')
  t.equal(asked.length, 64)
  t.equal(pool.take(), 'now 2')
  t.equal(asked.length, 64, 'no more than the pool holds')
  finish(64)
  const taken = Array.from({ length: 32 }, () => pool.take())
  t.equal(asked.length, 32, 'the next batch when half is gone')
  finish(32)
  for (let i = 0; i < 200; i++) {
    taken.push(pool.take())
    finish(asked.length)
  }
  t.equal(new Set(taken).size, taken.length)
  t.ok(taken.every((pair) => pair.startsWith('thread')))
})

t.test('a pair that could not be made is asked for again', async (t) => {
  const { pool, asked, finish } = scripted()
  pool.take()
  finish(32, false)
  t.equal(pool.take(), 'now 1')
  t.equal(asked.length, 32)
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

function scripted (): { pool: KeyPairPool<string>, asked: Done[], finish: (count: number, able?: boolean) => void } {
  const asked: Done[] = []
  let now = 0
  let made = 0
  const pool = new KeyPairPool(() => `now ${now++}`, (done) => { asked.push(done) })
  const finish = (count: number, able = true): void => {
    for (const done of asked.splice(0, count)) done(able ? `thread ${made++}` : null)
  }
  return { pool, asked, finish }
}
