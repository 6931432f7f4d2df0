/**
 * The AES-GCM kernel against the GCM specification, noble and node:crypto. `RECORDS=100000` makes it try as many random records.
 * Its texts are too short for the block counter to reach beyond its last two bytes, let alone to wrap.
 */
import { createCipheriv, randomInt } from 'node:crypto'
import { gcm } from '@noble/ciphers/aes.js'
import t from 'tap'
import { Kernel, instantiateAesGcm } from '../../lib/crypto/wasm/kernel.ts'
import { checkKernel, flipped, openBy, randomRecord, sealBy, tagLength } from './kernel-checks.ts'
import type { TestRecord } from './kernel-checks.ts'
import { bytes, hex } from './support.ts'

const maxText = 3072
const keyLengths = [16, 32]
const module = instantiateAesGcm()
const kernel = new Kernel(module)

const half = 'feffe9928665731c6d6a8f9467308308'
const text = 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255'
const with128 = '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985'
const with256 = '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad'

/** McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", Appendix B: those with a nonce of 12 bytes, but for 192-bit keys. */
const cases = [
  { number: 1, key: '00'.repeat(16), plaintext: '', ciphertext: '', tag: '58e2fccefa7e3061367f1d57a4e7455a' },
  { number: 2, key: '00'.repeat(16), plaintext: '00'.repeat(16), ciphertext: '0388dace60b6a392f328c2b971b2fe78', tag: 'ab6e47d42cec13bdf53a67b21257bddf' },
  { number: 3, key: half, plaintext: text, ciphertext: with128, tag: '4d5c2af327cd64a62cf35abd2ba6fab4' },
  { number: 4, key: half, plaintext: text.slice(0, 120), ciphertext: with128.slice(0, 120), tag: '5bc94fbc3221a5db94fae95ae7121a47' },
  { number: 13, key: '00'.repeat(32), plaintext: '', ciphertext: '', tag: '530f8afbc74536b9a963b4f1c4cb738b' },
  { number: 14, key: '00'.repeat(32), plaintext: '00'.repeat(16), ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18', tag: 'd0d1c8a799996bf0265b98b5d48ab919' },
  { number: 15, key: half + half, plaintext: text, ciphertext: with256, tag: 'b094dac5d93471bdec1a502270e3cc6c' },
  { number: 16, key: half + half, plaintext: text.slice(0, 120), ciphertext: with256.slice(0, 120), tag: '76fc6ece0f4e1768cddf8853bb2d551b' }
]

for (const { number, key, plaintext, ciphertext, tag } of cases) {
  t.test(`test case ${number} of the GCM specification`, async (t) => {
    const nonce = bytes(key.startsWith('00') ? '00'.repeat(12) : 'cafebabefacedbaddecaf888')
    const additional = bytes([4, 16].includes(number) ? 'feedfacedeadbeeffeedfacedeadbeefabaddad2' : '')
    const sealed = seal(bytes(key), nonce, additional, bytes(plaintext))
    t.equal(hex(sealed), ciphertext + tag)
    t.equal(hex(open(bytes(key), nonce, additional, sealed)!), plaintext)
  })
}

t.test('every length that there is room for', async (t) => {
  for (const keyLength of keyLengths) {
    const lengths = Array.from({ length: maxText + 1 }, (_, length) => length)
    t.strictSame(lengths.filter((length) => !agrees(randomRecord(length, { keyLength }))), [], `a key of ${keyLength} bytes`)
  }
})

t.test('every length of additional data that there is room for', async (t) => {
  const lengths = Array.from({ length: 65 }, (_, length) => length)
  for (const keyLength of keyLengths) {
    const agreesWith = (additionalLength: number): boolean => [0, 1, 96, 97, 500].every((length) => agrees(randomRecord(length, { keyLength, additionalLength })))
    t.strictSame(lengths.filter((length) => !agreesWith(length)), [], `a key of ${keyLength} bytes`)
  }
  t.ok(kernel.takes(maxText, new Uint8Array(64)))
  t.notOk(kernel.takes(maxText + 1, new Uint8Array(64)))
  t.notOk(kernel.takes(0, new Uint8Array(65)))
})

t.test('random records', async (t) => {
  const count = Number(process.env.RECORDS ?? 20_000)
  let agreeing = 0
  for (let i = 0; i < count; i++) {
    const record = randomRecord(randomInt(2 ** randomInt(11)), { keyLength: keyLengths[i % 2]!, additionalLength: randomInt(65) })
    if (i % 8 < 2) record.plaintext.fill(i % 16 < 2 ? 0xff : 0)
    if (i % 64 > 61) record.key.fill(i % 128 > 64 ? 0xff : 0)
    if (agrees(record)) agreeing++
    else t.fail(JSON.stringify(Object.fromEntries(Object.entries(record).map(([name, value]) => [name, hex(value)]))))
  }
  t.equal(agreeing, count)
})

t.test('AES: every byte in every place of the key', async (t) => {
  for (const keyLength of keyLengths) {
    const record = randomRecord(32, { keyLength })
    for (let place = 0; place < keyLength; place++) {
      let agreeing = 0
      for (let byte = 0; byte < 256; byte++) {
        record.key[place] = byte
        if (agrees(record)) agreeing++
      }
      t.equal(agreeing, 256, `byte ${place} of ${keyLength}`)
    }
  }
})

t.test('GHASH: ciphertexts of one bit, of zeros and of ones', async (t) => {
  const ciphertexts = [1, 15, 16, 17, 96, 97, 160, 3072].flatMap((length) => [Buffer.alloc(length), Buffer.alloc(length, 0xff)])
  for (let bit = 0; bit < 256; bit++) ciphertexts.push(Buffer.from(flipped(Buffer.alloc(32), bit)))
  for (const keyLength of keyLengths) {
    // The cipher is its own inverse: what opens to this plaintext is made of the ciphertext.
    const wrong = ciphertexts.filter((ciphertext) => {
      const { key, nonce, additional } = randomRecord(0, { keyLength })
      const plaintext = sealedByNode(key, nonce, additional, ciphertext).subarray(0, -tagLength)
      const sealed = sealedByNode(key, nonce, additional, plaintext)
      const opened = open(key, nonce, additional, sealed)
      return !sealed.subarray(0, -tagLength).equals(ciphertext) || opened === null || Buffer.compare(opened, plaintext) !== 0
    })
    t.strictSame(wrong, [])
  }
})

checkKernel(t, { module, keyLengths, changed: [0, 1, 63, 96, 97, 300], wiped: [0, 1, 95, 96, 97, 224, 225, 1000, maxText] })

function seal (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealBy(kernel, key, nonce, additional, plaintext)
}

/** Of a copy, because it opens in place. */
function open (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  return openBy(kernel, key, nonce, additional, Uint8Array.from(sealed))
}

function sealedByNode (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, nonce).setAAD(additional)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Do the kernel, noble and node:crypto seal alike, byte for byte, and does the kernel open what the others have sealed? */
function agrees ({ key, nonce, additional, plaintext }: TestRecord): boolean {
  const sealed = sealedByNode(key, nonce, additional, plaintext)
  const opened = open(key, nonce, additional, sealed)
  return sealed.equals(seal(key, nonce, additional, plaintext)) && sealed.equals(gcm(key, nonce, additional).encrypt(plaintext)) &&
    opened !== null && plaintext.equals(opened)
}
