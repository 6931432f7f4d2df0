import t from 'tap'
import { Buffers } from '../../lib/sealing/buffers.ts'

t.test('there is only so much to share, and it serves again', async (t) => {
  const buffers = new Buffers(2)
  const shared = [buffers.take(200_000), buffers.take(2 ** 20 + 2 ** 17)]
  t.ok(shared.every((buffer) => buffer instanceof SharedArrayBuffer && buffer.byteLength > 2 ** 20 + 2 ** 17))
  t.ok(buffers.take(200_000) instanceof ArrayBuffer)
  buffers.give(shared[1]!)
  t.ok(buffers.take(2 ** 21) instanceof ArrayBuffer, 'too long')
  t.equal(buffers.take(200_000), shared[1])
  t.ok(buffers.take(200_000) instanceof ArrayBuffer)
})

t.test('what is not shared serves again, too', async (t) => {
  const buffers = new Buffers(0)
  const buffer = buffers.take(100_000)
  buffers.give(buffer)
  t.equal(buffers.take(100_000), buffer)
})
