/** What node:zlib is asked for: algorithms that undo themselves, and never make more than was announced. */
import zlib from 'node:zlib'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { CertificateCompressionAlgorithm } from '../../lib/core/constants.ts'
import { certificateCompressions } from '../../lib/credentials/compression.ts'

const all = certificateCompressions()
const hasZstd = 'zstdCompressSync' in zlib
const text = Buffer.from('a certificate, a certificate, a certificate '.repeat(40))

t.test('what the runtime has, the smallest output first', async (t) => {
  t.same(all.map(({ name }) => name), hasZstd ? ['brotli', 'zstd', 'zlib'] : ['brotli', 'zlib'])
  for (const { name, algorithm } of all) t.equal(algorithm, CertificateCompressionAlgorithm[name as keyof typeof CertificateCompressionAlgorithm])
  t.ok(Object.isFrozen(all) && all.every((item) => Object.isFrozen(item)))
})

for (const { name, compress, decompress } of all) {
  t.test(`${name}: there and back`, async (t) => {
    for (const data of [text, randomBytes(3000), Buffer.alloc(100 * 1024), Buffer.of(1), Buffer.alloc(0)]) {
      t.same(decompress(compress(data), data.length), data, `${data.length} bytes`)
    }
    t.ok(compress(text).length < text.length / 4)
  })

  t.test(`${name}: another length than was announced`, async (t) => {
    const compressed = compress(text)
    for (const length of [0, 1, text.length - 1, text.length + 1, 100 * 1024]) t.equal(decompress(compressed, length), null, `${length} bytes`)
  })

  t.test(`${name}: a bomb stops where it would grow`, async (t) => {
    const bomb = compress(Buffer.alloc(16 * 2 ** 20))
    t.ok(bomb.length < 16 * 2 ** 20 / 500)
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < 10; count++) t.equal(decompress(bomb, 4096), null)
    t.ok(process.memoryUsage().arrayBuffers - before < 8 * 2 ** 20, 'nothing of its size was made')
  })

  t.test(`${name}: what is no such data`, async (t) => {
    const compressed = compress(text)
    const changed = Buffer.from(compressed)
    changed.fill(0xff, 0, 4)
    for (const data of [Buffer.alloc(0), randomBytes(1), Buffer.alloc(200, 0x55), compressed.subarray(0, -1), compressed.subarray(1), changed]) {
      t.equal(decompress(data, text.length), null)
    }
  })
}

t.test('one algorithm does not read the other\'s', async (t) => {
  for (const ours of all) {
    for (const theirs of all) t.equal(ours.decompress(theirs.compress(text), text.length) !== null, ours === theirs, `${theirs.name} by ${ours.name}`)
  }
})

t.test('zstd: a frame that asks for a window of 128 MiB gets none', { skip: hasZstd ? false : 'this Node has no Zstandard' }, async (t) => {
  const { decompress } = all.find(({ name }) => name === 'zstd')!
  // RFC 8878 §3.1.1: magic, no flags, Window_Descriptor, and one raw block, the last, of one byte.
  const frame = (windowLog: number): Buffer => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 1 << 3 | 1, 0, 0, 65])
  for (const windowLog of [10, 17, 23]) t.same(decompress(frame(windowLog), 1), Buffer.from('A'))
  for (const windowLog of [24, 27, 31]) t.equal(decompress(frame(windowLog), 1), null)
})
