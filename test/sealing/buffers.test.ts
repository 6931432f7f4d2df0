import t from 'tap'
import { Buffers } from '../../lib/sealing/buffers.ts'

t.test('a buffer serves again, for what is about as long', async (t) => {
  const buffers = new Buffers(0)
  const buffer = buffers.take(100_000)
  t.equal(buffer.byteLength, 131_072)
  buffers.give(buffer)
  t.not(buffers.take(200_000), buffer)
  t.equal(buffers.take(131_072), buffer)
  t.not(buffers.take(131_072), buffer)
})

t.test('no more than 2.25 MiB stay, and what stays is what was used last', async (t) => {
  const buffers = new Buffers(0)
  const small = Array.from({ length: 4 }, () => buffers.take(2 ** 19))
  const large = Array.from({ length: 2 }, () => buffers.take(2 ** 20))
  for (const buffer of [...small, ...large]) buffers.give(buffer)
  for (let count = 0; count < 2; count++) t.ok(large.includes(buffers.take(2 ** 20)))
  t.notOk(small.includes(buffers.take(2 ** 19)))
})

t.test('there is only so much to share, and it serves again', async (t) => {
  const buffers = new Buffers(2)
  const shared = [buffers.takeForThread(200_000), buffers.takeForThread(2 ** 20 + 2 ** 17)]
  t.ok(shared.every((buffer) => buffer instanceof SharedArrayBuffer && buffer.byteLength > 2 ** 20 + 2 ** 17))
  t.ok(buffers.takeForThread(200_000) instanceof ArrayBuffer)
  buffers.give(shared[1]!)
  t.ok(buffers.takeForThread(2 ** 21) instanceof ArrayBuffer, 'too long')
  t.equal(buffers.takeForThread(200_000), shared[1])
  t.ok(buffers.takeForThread(200_000) instanceof ArrayBuffer)
})
