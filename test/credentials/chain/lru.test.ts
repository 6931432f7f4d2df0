import t from 'tap'
import { LruMap } from '../../../lib/credentials/chain/lru.ts'

t.test('what was used longest ago is forgotten', async (t) => {
  const map = new LruMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  t.equal(map.get('a'), 1)
  map.set('c', 3)
  t.equal(map.get('b'), undefined)
  t.equal(map.get('a'), 1)
  t.equal(map.get('c'), 3)
  t.equal(map.size, 2)
})

t.test('a key that is set again is one entry', async (t) => {
  const map = new LruMap<number>(2)
  map.set('a', 1)
  map.set('a', 2)
  map.set('b', 3)
  t.equal(map.get('a'), 2)
  t.equal(map.size, 2)
})
