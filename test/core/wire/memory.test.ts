import { getHeapSpaceStatistics } from 'node:v8'
import t from 'tap'
import { collectSoon } from '../../../lib/core/wire/memory.ts'
import { createServer } from '../../helpers/server.ts'

/** Bytes of V8's young generation that a call uses up: the most of some calls, as V8 may collect in the middle of one. */
function youngGenerationUsed (call: () => void): number {
  return Math.max(...Array.from({ length: 5 }, () => {
    const before = used()
    call()
    return used() - before
  }))
}

function used (): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')!.space_used_size
}

t.test('what is long takes as much of the young generation, so that V8 collects that before it marks the whole heap', async (t) => {
  const long = new Uint8Array(16_385)
  const short = new Uint8Array(4096)
  t.ok(youngGenerationUsed(() => { for (let count = 0; count < 10; count++) collectSoon(long) }) >= 160_000)
  t.ok(youngGenerationUsed(() => { for (let count = 0; count < 10; count++) collectSoon(short) }) < 20_000)
})

t.test('application data does', async (t) => {
  const { connection, client } = createServer().pair().handshake()
  const records = Array.from({ length: 5 }, () => client.data(Buffer.alloc(16_384)))
  t.ok(youngGenerationUsed(() => { connection.receive(records.shift()!) }) >= 16_000)
})
