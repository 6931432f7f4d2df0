/** The writer against Buffer.concat, with its buffer full at every place. */
import t from 'tap'
import { Writer } from '../../../lib/core/wire/writer.ts'

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index + 1)
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')

const writes: Record<string, { write: (writer: Writer) => unknown, expected: string }> = {
  u8: { write: (writer) => writer.u8(0xab), expected: 'ab' },
  u16: { write: (writer) => writer.u16(0xabcd), expected: 'abcd' },
  u24: { write: (writer) => writer.u24(0xabcdef), expected: 'abcdef' },
  u32: { write: (writer) => writer.u32(0xfedcba98), expected: 'fedcba98' },
  u64: { write: (writer) => writer.u64(1767225600123), expected: '0000019b76daa87b' },
  raw: { write: (writer) => writer.raw(bytes(5)), expected: '0102030405' },
  opaque8: { write: (writer) => writer.opaque8(bytes(3)), expected: '03010203' },
  opaque16: { write: (writer) => writer.opaque16(bytes(3)), expected: '0003010203' },
  opaque24: { write: (writer) => writer.opaque24(bytes(3)), expected: '000003010203' },
  open: { write: (writer) => { const at = writer.open(3); writer.u8(7).u16(0x0809).close(at, 3) }, expected: '000003070809' }
}

for (const [name, { write, expected }] of Object.entries(writes)) {
  t.test(`${name}: wherever the buffer ends`, async (t) => {
    for (let capacity = 0; capacity < 24; capacity++) {
      for (let before = 0; before < 24; before++) {
        const writer = new Writer(capacity)
        for (let index = 0; index < before; index++) writer.u8(0x11)
        write(writer)
        if (hex(writer.toBytes()) !== '11'.repeat(before) + expected) t.fail(`capacity ${capacity}, ${before} before: ${hex(writer.toBytes())}`)
        if (hex(writer.view(before)) !== expected) t.fail(`view, capacity ${capacity}, ${before} before`)
      }
    }
    t.pass()
  })
}

t.test('a length that does not fit', async (t) => {
  for (const width of [1, 2] as const) {
    const writer = new Writer()
    const at = writer.open(width)
    writer.raw(new Uint8Array(2 ** (8 * width)))
    t.throws(() => writer.close(at, width), RangeError)
  }
})

t.test('what it has borrowed serves again', async (t) => {
  const first = new Writer(16, true).raw(bytes(9))
  const { buffer } = first.view()
  t.equal(hex(first.view()), hex(bytes(9)))
  first.end()
  t.equal(first.length, 0)
  const second = new Writer(400, true).u8(1)
  t.equal(second.view().buffer, buffer)
  second.raw(bytes(200)).raw(bytes(200)).raw(bytes(200))
  t.not(second.view().buffer, buffer, 'it has grown')
  t.equal(new Writer(16, true).view().buffer, buffer, 'and needs the first no more')
  t.equal(hex(second.view()), '01' + hex(bytes(200)).repeat(3))
})

t.test('what it has not borrowed is nobody else\'s after its end', async (t) => {
  const writer = new Writer(600).raw(bytes(9))
  const view = writer.view()
  writer.end()
  t.not(new Writer(600, true).view().buffer, view.buffer)
})
