/** Which implementation a record goes to, and the keys on the way. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { ShortRecords } from '../../lib/crypto/short-records.ts'
import { Kernel, instantiateAesGcm, instantiateChaCha20Poly1305, keyBytes, keyWords } from '../../lib/crypto/wasm/kernel.ts'
import { hex } from './support.ts'
import type { Aead } from '../../types/crypto.ts'

const tagLength = 16
const nonce = new Uint8Array(12)
const additional = new Uint8Array(5)

t.test('what the kernel is not for goes to the other implementation', async (t) => {
  const key = randomBytes(32)
  const { calls, createLong } = recorder()
  const limits = { sealed: Infinity, firstSealed: Infinity, opened: 8192 }
  const aead = new ShortRecords(key, new Kernel(instantiateChaCha20Poly1305()), limits, createLong)
  const buffer = new Uint8Array(17_000)
  aead.seal(nonce, additional, buffer, 0, 1000)
  t.ok(aead.open(nonce, additional, buffer, 0, 1000 + tagLength))
  aead.seal(nonce, additional, buffer, 0, 16385)
  t.strictSame(calls, [], 'not made for what is sealed, nor for short ones')
  aead.open(nonce, additional, buffer, 0, 16385 + tagLength)
  aead.seal(nonce, new Uint8Array(65), buffer, 0, 10)
  aead.open(nonce, new Uint8Array(65), buffer, 0, 10 + tagLength)
  t.strictSame(calls, [`create ${hex(key)}`, 'open 16401', 'seal 10', 'open 26'], 'made once; additional data may be too long as well')
  aead.destroy()
  t.equal(calls.at(-1), 'destroy')
  for (const length of [10, 16385]) {
    t.throws(() => aead.seal(nonce, additional, buffer, 0, length), /forgotten/)
    t.throws(() => aead.open(nonce, additional, buffer, 0, length + tagLength), /forgotten/)
  }
  const unused = new ShortRecords(key, new Kernel(instantiateChaCha20Poly1305()), limits, createLong)
  t.doesNotThrow(() => unused.destroy())
})

t.test('up to the limits, and not beyond them', async (t) => {
  for (const keyLength of [16, 32]) {
    const key = randomBytes(keyLength)
    const { calls, createLong } = recorder()
    const aead = new ShortRecords(key, new Kernel(instantiateAesGcm()), { sealed: 300, firstSealed: 300, opened: 200 }, createLong)
    const buffer = new Uint8Array(1000)
    aead.seal(nonce, additional, buffer, 0, 300)
    aead.open(nonce, additional, buffer, 0, 200)
    t.strictSame(calls, [])
    aead.seal(nonce, additional, buffer, 0, 301)
    aead.open(nonce, additional, buffer, 0, 201)
    t.strictSame(calls, [`create ${hex(key)}`, 'seal 301', 'open 201'])
  }
})

t.test('the first long record is the kernel\'s, if it is not too long', async (t) => {
  const key = randomBytes(16)
  const limits = { sealed: 300, firstSealed: 2000, opened: 200 }
  const buffer = new Uint8Array(4000)
  const sealing = (...lengths: number[]): string[] => {
    const { calls, createLong } = recorder()
    const aead = new ShortRecords(key, new Kernel(instantiateAesGcm()), limits, createLong)
    for (const length of lengths) aead.seal(nonce, additional, buffer, 0, length)
    return calls
  }
  t.strictSame(sealing(300, 2000, 300), [])
  t.strictSame(sealing(2000, 301, 300), [`create ${hex(key)}`, 'seal 301'])
  t.strictSame(sealing(2001, 301, 300), [`create ${hex(key)}`, 'seal 2001', 'seal 301'])
})

t.test('a key is the same when it comes back from its words', async (t) => {
  for (const length of [16, 32]) {
    const key = randomBytes(length)
    t.equal(hex(keyBytes(keyWords(key))), hex(key))
  }
})

/** An AEAD that does nothing and says what it was asked for. */
function recorder (): { calls: string[], createLong: (key: Uint8Array) => Aead } {
  const calls: string[] = []
  const createLong = (key: Uint8Array): Aead => {
    calls.push(`create ${hex(key)}`)
    return {
      seal: (_nonce, _data, _buffer, start, end) => { calls.push(`seal ${end - start}`) },
      open: (_nonce, _data, _buffer, start, end) => { calls.push(`open ${end - start}`); return new Uint8Array(0) },
      destroy: () => { calls.push('destroy') }
    }
  }
  return { calls, createLong }
}
