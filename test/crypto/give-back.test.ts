/** What node:crypto has returned, given back at once, by each of the two ways there are. */
import t from 'tap'

for (const runtime of ['this one', 'one that cannot transfer']) {
  t.test(`${runtime}: long memory of its own is freed, and nothing else`, async (t) => {
    const prototype = ArrayBuffer.prototype as { transfer?: unknown }
    const { transfer } = prototype
    t.teardown(() => { if (transfer !== undefined) prototype.transfer = transfer })
    if (runtime !== 'this one') delete prototype.transfer
    const { giveBack } = await import(`../../lib/crypto/give-back.ts?${encodeURIComponent(runtime)}`) as typeof import('../../lib/crypto/give-back.ts')
    const long = new Uint8Array(16_385)
    giveBack(long)
    t.equal(long.buffer.byteLength, 0)
    const short = new Uint8Array(100)
    giveBack(short)
    t.equal(short.length, 100)
    const piece = new Uint8Array(new ArrayBuffer(20_000), 100, 16_385)
    giveBack(piece)
    t.equal(piece.length, 16_385, 'others may have views of it, too')
  })
}
