/** The SHA-256 kernel against node:crypto. FIPS 180-4's and RFC 4231's vectors are in hash.test.ts, through the provider. */
import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto'
import t from 'tap'
import { sha256Of } from '../../lib/crypto/sha256.ts'
import { Sha256Kernel, instantiateSha256 } from '../../lib/crypto/wasm/sha256.ts'
import { bytes, hex } from './support.ts'
import type { Hash } from '../../types/crypto.ts'

const maxData = 512
const maxInput = 55
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

t.test('HMACs of up to four inputs under one key, of every length, under keys of every length', async (t) => {
  const wrong: string[] = []
  for (let keyLength = 0; keyLength <= 64; keyLength++) {
    for (let length = 0; length <= maxInput; length++) {
      for (let count = 1; count <= 4; count++) {
        const key = randomBytes(keyLength)
        // Beside one of this length stand others.
        const inputs = Array.from({ length: count }, (_, i) => randomBytes(i === length % count ? length : randomInt(maxInput + 1)))
        const codes = kernel.hmacs(key, inputs)
        if (!memory.equals(untouched) || !agree(codes, key, inputs)) wrong.push(`a key of ${keyLength}, inputs of ${inputs.map((input) => input.length)}`)
      }
    }
  }
  t.strictSame(wrong, [])
})

t.test('HMACs of zeros and ones', async (t) => {
  for (const fill of [0, 0xff]) {
    const key = Buffer.alloc(64, fill)
    const inputs = [0, 1, 54, 55].map((length) => Buffer.alloc(length, fill))
    t.ok(agree(kernel.hmacs(key, inputs), key, inputs), `${fill}`)
  }
})

t.test('a long input before leaves a short one as it is', async (t) => {
  const [key, data] = [bytes('0b'.repeat(20)), Buffer.from('Hi There')]
  kernel.hmac(new Uint8Array(64).fill(0xff), new Uint8Array(maxData).fill(0xff))
  t.equal(hex(kernel.hmac(key, data)), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
  kernel.hmacs(new Uint8Array(64).fill(0xff), Array.from({ length: 4 }, () => new Uint8Array(maxInput).fill(0xff)))
  t.ok(agree(kernel.hmacs(key, [data, data.subarray(1)]), key, [data, data.subarray(1)]))
  kernel.digest(new Uint8Array(maxData).fill(0xff))
  t.equal(hex(kernel.digest(new Uint8Array(0))), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

t.test('nothing stays in the memory', async (t) => {
  const seen: Buffer[] = []
  const watched = new Sha256Kernel({ ...module, wipe: (length) => { seen.push(Buffer.from(memory)); module.wipe(length) }, wipeAll: () => { seen.push(Buffer.from(memory)); module.wipeAll() } })
  for (const length of [0, 1, 55, 56, 64, 119, 120, maxData]) {
    const [key, data] = [randomBytes(64), randomBytes(length)]
    watched.hmac(key, data)
    t.ok(memory.equals(untouched), `after an HMAC of ${length} bytes`)
    watched.digest(data)
    t.ok(memory.equals(untouched), `after a digest of ${length} bytes`)
    const [authenticating, digesting] = seen.splice(0) as [Buffer, Buffer]
    t.ok(authenticating.includes(key) && authenticating.includes(data) && digesting.includes(data), 'where it was before')
  }
  const [key, inputs] = [randomBytes(64), Array.from({ length: 4 }, () => randomBytes(maxInput))]
  watched.hmacs(key, inputs)
  t.ok(memory.equals(untouched), 'after HMACs of several inputs')
  t.ok([key, ...inputs].every((secret) => seen[0]!.includes(secret)), 'where they were before')
})

t.test('what is too long goes to the other implementation', async (t) => {
  const calls: string[] = []
  const long = {
    name: 'sha256',
    length: 32,
    digest: (data) => { calls.push(`digest ${data.length}`); return data },
    hmac: (key, data) => { calls.push(`hmac ${key.length} ${data.length}`); return data },
    hmacs: () => { throw new Error('nobody asked for it') },
    start: () => { throw new Error('nobody asked for it') }
  } satisfies Hash
  const hash = sha256Of(kernel, long)
  const zeros = (length: number): Uint8Array => new Uint8Array(length)
  for (const length of [0, 256]) t.equal(hex(hash.digest(zeros(length))), createHash('sha256').update(zeros(length)).digest('hex'))
  for (const [keyLength, length] of [[0, 0], [64, 512]] as const) {
    t.equal(hex(hash.hmac(zeros(keyLength), zeros(length))), createHmac('sha256', zeros(keyLength)).update(zeros(length)).digest('hex'))
  }
  t.strictSame(calls, [])
  const inputs = [0, 1, 54, 55].map(zeros)
  for (const several of [inputs, inputs.slice(1), inputs.slice(2), inputs.slice(3), [], [...inputs, zeros(2)], [zeros(1), zeros(56)]]) {
    t.ok(agree(hash.hmacs(zeros(64), several), zeros(64), several), 'together or one by one')
  }
  t.strictSame(calls, [])
  hash.digest(zeros(257))
  hash.hmac(zeros(65), zeros(1))
  hash.hmac(zeros(32), zeros(513))
  hash.hmacs(zeros(65), [zeros(1), zeros(2)])
  hash.hmacs(zeros(32), [zeros(1), zeros(513)])
  t.strictSame(calls, ['digest 257', 'hmac 65 1', 'hmac 32 513', 'hmac 65 1', 'hmac 65 2', 'hmac 32 513'])
  t.strictSame([hash.name, hash.length, hash.start], ['sha256', 32, long.start])
})

function agree (codes: Uint8Array[], key: Uint8Array, inputs: readonly Uint8Array[]): boolean {
  return codes.length === inputs.length && codes.every((code, i) => hex(code) === createHmac('sha256', key).update(inputs[i]!).digest('hex'))
}
