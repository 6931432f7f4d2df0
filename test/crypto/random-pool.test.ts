import t from 'tap'
import { RandomPool } from '../../lib/crypto/random-pool.ts'

t.test('every byte is given once, in whatever amounts', async (t) => {
  let word = 0
  const pool = new RandomPool((bytes) => {
    new Uint32Array(bytes.buffer).forEach((_, i, words) => { words[i] = word++ })
  })
  const taken: number[] = []
  for (let i = 0; taken.length < 4000; i = (i + 4) % 68) {
    const bytes = pool.take(i)
    t.equal(bytes.length, i)
    taken.push(...new Uint32Array(bytes.buffer))
  }
  t.equal(new Set(taken).size, taken.length)
})

t.test('what was given is the caller\'s: neither a later one nor the pool shares it', async (t) => {
  const { pool, filled } = counting()
  const first = pool.take(32)
  const kept = [...first]
  first.fill(7)
  const second = pool.take(32)
  t.equal(second[0], 32)
  t.strictSame(kept, Array.from({ length: 32 }, (_, i) => i))
  t.strictSame([...filled[0]!.subarray(0, 65)], [...new Array(64).fill(0), 64], 'the pool has forgotten it')
})

t.test('a pool that cannot be filled gives nothing, now or later', async (t) => {
  let broken = true
  const pool = new RandomPool((bytes) => {
    if (broken) throw new Error('no entropy')
    bytes.fill(1)
  })
  t.throws(() => pool.take(4), { message: 'no entropy' })
  t.throws(() => pool.take(4), { message: 'no entropy' })
  broken = false
  t.strictSame([...pool.take(4)], [1, 1, 1, 1])
})

t.test('long amounts do not come out of the pool', async (t) => {
  const { pool, filled } = counting()
  t.equal(pool.take(65).length, 65)
  t.equal(filled[0]!.length, 65)
})

/** A pool filled with bytes that count up, and begin again after 256. */
function counting (): { pool: RandomPool, filled: Uint8Array[] } {
  const filled: Uint8Array[] = []
  const pool = new RandomPool((bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = i
    filled.push(bytes)
  })
  return { pool, filled }
}
