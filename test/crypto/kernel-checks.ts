/** What holds for every AEAD in WebAssembly, whatever the algorithm: wherever a record lies, whatever is changed, whatever comes of it. */
import { randomBytes } from 'node:crypto'
import { Kernel, keyWords } from '../../lib/crypto/wasm/kernel.ts'
import type { KernelExports } from '../../lib/crypto/wasm/kernel.ts'
import { corrupted, hex } from './support.ts'
import type { Test } from 'tap'

export const tagLength = 16

export interface TestRecord { key: Buffer, nonce: Buffer, additional: Buffer, plaintext: Buffer }

export interface Checks {
  readonly module: KernelExports
  readonly keyLengths: readonly number[]
  /** Bytes of text that is changed on the way, and of text of which nothing stays: those around each batch of blocks. */
  readonly changed: readonly number[]
  readonly wiped: readonly number[]
}

export function randomRecord (length: number, { keyLength = 32, additionalLength = 5 }: { keyLength?: number, additionalLength?: number } = {}): TestRecord {
  return { key: randomBytes(keyLength), nonce: randomBytes(12), additional: randomBytes(additionalLength), plaintext: randomBytes(length) }
}

export function sealBy (kernel: Kernel, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(plaintext.length + tagLength)
  buffer.set(plaintext)
  kernel.seal(keyWords(key), nonce, additional, buffer, 0, plaintext.length)
  return buffer
}

export function openBy (kernel: Kernel, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  return kernel.open(keyWords(key), nonce, additional, sealed, 0, sealed.length)
}

export function checkKernel (t: Test, { module, keyLengths, changed, wiped }: Checks): void {
  const kernel = new Kernel(module)
  const memory = Buffer.from(module.memory.buffer)
  const zeros = Buffer.alloc(memory.length)

  t.test('wherever the record lies in its buffer', async (t) => {
    for (let offset = 0; offset < 20; offset++) {
      const { key, nonce, additional, plaintext } = randomRecord(100 + 17 * offset, { keyLength: keyLengths[offset % keyLengths.length]! })
      const buffer = new Uint8Array(offset + plaintext.length + tagLength + 7).fill(0xa5)
      const [start, end] = [offset, offset + plaintext.length]
      buffer.set(plaintext, start)
      kernel.seal(keyWords(key), nonce, additional, buffer, start, end)
      t.equal(hex(buffer.subarray(start, end + tagLength)), hex(sealBy(kernel, key, nonce, additional, plaintext)))
      t.ok([...buffer.subarray(0, start), ...buffer.subarray(end + tagLength)].every((byte) => byte === 0xa5), 'its neighbours are as they were')
      const before = hex(buffer)
      const opened = kernel.open(keyWords(key), nonce, additional, buffer, start, end + tagLength)!
      t.equal(hex(opened), hex(plaintext))
      t.equal(hex(buffer), before, 'what was opened and its neighbours are as they were')
      buffer.fill(0)
      t.equal(hex(opened), hex(plaintext), 'in memory of its own')
    }
  })

  for (const keyLength of keyLengths) {
    t.test(`what was changed on the way is refused, keys of ${keyLength} bytes`, async (t) => {
      for (const length of changed) {
        const { key, nonce, additional, plaintext } = randomRecord(length, { keyLength })
        const sealed = sealBy(kernel, key, nonce, additional, plaintext)
        const refused = (what: string, theKey: Uint8Array, theNonce: Uint8Array, theData: Uint8Array, record: Uint8Array): void => {
          const before = hex(record)
          const result = openBy(kernel, theKey, theNonce, theData, record)
          t.ok(result === null && hex(record) === before && memory.equals(zeros), `${length} bytes: ${what}`)
        }
        for (let bit = 0; bit < 8 * tagLength; bit++) refused(`bit ${bit} of the tag`, key, nonce, additional, flipped(sealed, 8 * length + bit))
        for (let i = 0; i < sealed.length; i++) refused(`byte ${i}`, key, nonce, additional, corrupted(sealed, i))
        for (let i = 0; i < additional.length; i++) refused(`additional data ${i}`, key, nonce, corrupted(additional, i), sealed)
        for (let i = 0; i < nonce.length; i++) refused(`nonce ${i}`, key, corrupted(nonce, i), additional, sealed)
        for (let i = 0; i < key.length; i++) refused(`key ${i}`, corrupted(key, i), nonce, additional, sealed)
        refused('additional data longer by a zero', key, nonce, Uint8Array.from([...additional, 0]), sealed)
        refused('a byte less', key, nonce, additional, sealed.slice(0, -1))
        refused('a byte more', key, nonce, additional, Uint8Array.from([...sealed, 0]))
        t.equal(hex(openBy(kernel, key, nonce, additional, sealed)!), hex(plaintext))
      }
      for (let length = 0; length < tagLength; length++) {
        t.equal(openBy(kernel, new Uint8Array(keyLength), new Uint8Array(12), new Uint8Array(5), new Uint8Array(length)), null)
      }
    })

    t.test(`nothing stays in the memory, keys of ${keyLength} bytes`, async (t) => {
      const seen: Buffer[] = []
      const watched = new Kernel({ ...module, wipe: () => { seen.push(Buffer.from(memory)); module.wipe() } })
      for (const length of wiped) {
        const { key, nonce, additional, plaintext } = randomRecord(length, { keyLength, additionalLength: 64 })
        const buffer = new Uint8Array(length + tagLength)
        buffer.set(plaintext)
        watched.seal(keyWords(key), nonce, additional, buffer, 0, length)
        t.ok(memory.equals(zeros), `after sealing ${length} bytes`)
        watched.open(keyWords(key), nonce, additional, buffer, 0, length + tagLength)
        t.ok(memory.equals(zeros), `after opening ${length} bytes`)
        watched.open(keyWords(key), nonce, additional, corrupted(buffer, 0), 0, length + tagLength)
        t.ok(memory.equals(zeros), `after refusing ${length} bytes`)
        const [sealing, opening, refusing] = seen.splice(0) as [Buffer, Buffer, Buffer]
        const keyAsItWas = key.subarray(0, 16) // AES expands the rest in its place
        t.ok([sealing, opening, refusing].every((before) => before.includes(keyAsItWas)) && opening.includes(plaintext), 'where it was before')
      }
      const { key, nonce, additional } = randomRecord(0, { keyLength })
      t.throws(() => watched.seal(keyWords(key), nonce, additional, new Uint8Array(40), 0, 40), RangeError, 'no room for the tag')
      t.throws(() => watched.seal(keyWords(key), new Uint8Array(11), additional, new Uint8Array(40), 0, 20), RangeError, 'a nonce of 11 bytes')
      t.ok(memory.equals(zeros), 'after an exception')
    })
  }
}

/** A copy with one bit turned over. */
export function flipped (data: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(data)
  copy[bit >> 3]! ^= 0x80 >> (bit & 7)
  return copy
}
