/** The SHA-256 kernel against node:crypto. FIPS 180-4's and RFC 4231's vectors are in hash.test.ts, through the provider. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import t from 'tap'
import { sha256Of } from '../../lib/crypto/sha256.ts'
import { Sha256Kernel, instantiateSha256 } from '../../lib/crypto/wasm/sha256.ts'
import { bytes, hex } from './support.ts'
import type { Hash } from '../../types/crypto.ts'

const maxData = 512
const module = instantiateSha256()
const memory = Buffer.from(module.memory.buffer)
const untouched = Buffer.from(memory)
const kernel = new Sha256Kernel(module)
const lengths = Array.from({ length: maxData + 1 }, (_, length) => length)

t.test('digests of every length', async (t) => {
  const wrong = lengths.filter((length) => [randomBytes(length), Buffer.alloc(length), Buffer.alloc(length, 0xff)].some((data) =>
    hex(kernel.digest(data)) !== createHash('sha256').update(data).digest('hex')))
  t.strictSame(wrong, [])
})

t.test('HMAC of every length, under keys of every length', async (t) => {
  const agrees = (key: Uint8Array, data: Uint8Array): boolean => hex(kernel.hmac(key, data)) === createHmac('sha256', key).update(data).digest('hex')
  t.strictSame(lengths.filter((length) => !agrees(randomBytes(32), randomBytes(length))), [])
  for (let keyLength = 0; keyLength <= 64; keyLength++) {
    t.ok([0, 1, 55, 56, 63, 64, 65].every((length) => agrees(randomBytes(keyLength), randomBytes(length))), `a key of ${keyLength} bytes`)
  }
})

t.test('a long input before leaves a short one as it is', async (t) => {
  const [key, data] = [bytes('0b'.repeat(20)), Buffer.from('Hi There')]
  kernel.hmac(new Uint8Array(64).fill(0xff), new Uint8Array(maxData).fill(0xff))
  t.equal(hex(kernel.hmac(key, data)), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
  kernel.digest(new Uint8Array(maxData).fill(0xff))
  t.equal(hex(kernel.digest(new Uint8Array(0))), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

t.test('nothing stays in the memory', async (t) => {
  const seen: Buffer[] = []
  const watched = new Sha256Kernel({ ...module, wipe: (length) => { seen.push(Buffer.from(memory)); module.wipe(length) } })
  for (const length of [0, 1, 55, 56, 64, 119, 120, maxData]) {
    const [key, data] = [randomBytes(64), randomBytes(length)]
    watched.hmac(key, data)
    t.ok(memory.equals(untouched), `after an HMAC of ${length} bytes`)
    watched.digest(data)
    t.ok(memory.equals(untouched), `after a digest of ${length} bytes`)
    const [authenticating, digesting] = seen.splice(0) as [Buffer, Buffer]
    t.ok(authenticating.includes(key) && authenticating.includes(data) && digesting.includes(data), 'where it was before')
  }
})

t.test('what is too long goes to the other implementation', async (t) => {
  const calls: string[] = []
  const long = {
    name: 'sha256',
    length: 32,
    digest: (data) => { calls.push(`digest ${data.length}`); return data },
    hmac: (key, data) => { calls.push(`hmac ${key.length} ${data.length}`); return data },
    start: () => { throw new Error('nobody asked for it') }
  } satisfies Hash
  const hash = sha256Of(kernel, long)
  const zeros = (length: number): Uint8Array => new Uint8Array(length)
  for (const length of [0, 256]) t.equal(hex(hash.digest(zeros(length))), createHash('sha256').update(zeros(length)).digest('hex'))
  for (const [keyLength, length] of [[0, 0], [64, 512]] as const) {
    t.equal(hex(hash.hmac(zeros(keyLength), zeros(length))), createHmac('sha256', zeros(keyLength)).update(zeros(length)).digest('hex'))
  }
  t.strictSame(calls, [])
  hash.digest(zeros(257))
  hash.hmac(zeros(65), zeros(1))
  hash.hmac(zeros(32), zeros(513))
  t.strictSame(calls, ['digest 257', 'hmac 65 1', 'hmac 32 513'])
  t.strictSame([hash.name, hash.length, hash.start], ['sha256', 32, long.start])
})
