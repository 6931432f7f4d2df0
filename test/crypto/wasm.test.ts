/** The ChaCha20-Poly1305 kernel against RFC 8439, noble and node:crypto. `RECORDS=100000` makes it try as many random records. */
import { execFileSync } from 'node:child_process'
import { createCipheriv, createHmac, randomBytes, randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gcm } from '@noble/ciphers/aes.js'
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js'
import t from 'tap'
import { cipherSuiteNamed } from '../../lib/crypto/index.ts'
import { nobleMlKem } from '../../lib/crypto/noble-groups.ts'
import { createNodeProvider } from '../../lib/crypto/node.ts'
import { Kernel, instantiateChaCha20Poly1305 } from '../../lib/crypto/wasm/kernel.ts'
import { loadKernels } from '../../lib/crypto/wasm/load.ts'
import { checkKernel, openBy, randomRecord, sealBy, tagLength } from './kernel-checks.ts'
import type { TestRecord } from './kernel-checks.ts'
import { ascii, bytes, hex } from './support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const maxText = 16384 + 256
const module = instantiateChaCha20Poly1305()
const kernel = new Kernel(module)

t.test('the modules are what the sources compile to', async (t) => {
  const folder = t.testdir()
  execFileSync(process.execPath, [join(root, 'scripts/build-wasm.mjs'), folder], { env: {}, stdio: 'pipe' })
  for (const file of ['module.ts', 'aes-gcm-module.ts', 'sha256-module.ts']) {
    t.equal(readFileSync(join(folder, file), 'utf8'), readFileSync(join(root, 'lib/crypto/wasm', file), 'utf8'), '`npm run build` writes it anew')
  }
})

t.test('RFC 8439 §2.8.2', async (t) => {
  const key = bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
  const nonce = bytes('070000004041424344454647')
  const additional = bytes('50515253c0c1c2c3c4c5c6c7')
  const plaintext = ascii("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
  const sealed = seal(key, nonce, additional, plaintext)
  t.equal(hex(sealed), hex(bytes(`
    d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29
    05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b
    61161ae10b594f09e26a7e902ecbd0600691`)))
  t.equal(hex(open(key, nonce, additional, sealed)!), hex(plaintext))
})

t.test('RFC 8439 Appendix A.5', async (t) => {
  const key = bytes('1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0')
  const nonce = bytes('000000000102030405060708')
  const additional = bytes('f33388860000000000004e91')
  const sealed = bytes(`
    64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100
    d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b350638
    3606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa115
    5b0047718cbc546a0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10
    49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38`)
  const opened = open(key, nonce, additional, sealed)!
  t.match(Buffer.from(opened).toString(), /^Internet-Drafts are draft documents valid for a maximum of six months and may be updated/)
  t.equal(hex(seal(key, nonce, additional, opened)), hex(sealed))
})

t.test('every length up to 1024, and those around every block up to a whole record', async (t) => {
  const lengths = Array.from({ length: 1025 }, (_, length) => length)
  for (let block = 1088; block <= 16384; block += 64) lengths.push(block - 1, block, block + 1)
  const wrong = [...lengths, maxText].filter((length) => !agrees(randomRecord(length)))
  t.strictSame(wrong, [])
  t.equal(lengths.at(-1), 16385)
})

t.test('every length of additional data that there is room for', async (t) => {
  const lengths = Array.from({ length: 65 }, (_, length) => length)
  t.strictSame(lengths.filter((length) => ![0, 1, 200, 500].every((text) => agrees(randomRecord(text, { additionalLength: length })))), [])
  t.ok(kernel.takes(maxText, new Uint8Array(64)))
  t.notOk(kernel.takes(maxText + 1, new Uint8Array(64)))
  t.notOk(kernel.takes(0, new Uint8Array(65)))
})

t.test('random records', async (t) => {
  const count = Number(process.env.RECORDS ?? 20_000)
  let agreeing = 0
  for (let i = 0; i < count; i++) {
    const record = randomRecord(randomInt(2 ** randomInt(i % 100 === 0 ? 15 : 11)) % 16386)
    if (i % 4 === 0) record.plaintext.fill(i % 8 === 0 ? 0xff : 0)
    if (agrees(record)) agreeing++
    else t.fail(JSON.stringify(Object.fromEntries(Object.entries(record).map(([name, value]) => [name, hex(value)]))))
  }
  t.equal(agreeing, count)
})

t.test('Poly1305: ciphertexts whose sum ends where carries and the last reduction matter', async (t) => {
  const small = Array.from({ length: 12 }, (_, i) => BigInt(i))
  // Below 2^34 the kernel's limbs hold 2^130 - 5 more than these, and those from 0 to 4 are reduced at the very end.
  const sums = new Set([...small, ...small.map((i) => prime - 1n - i)])
  for (const power of [31n, 32n, 33n, 34n, 63n, 64n, 95n, 96n, 127n, 128n, 129n]) {
    for (const nearby of [-5n, -1n, 0n, 1n, 5n]) sums.add((1n << power) + nearby)
  }
  for (const shift of [0n, 32n, 64n, 96n]) sums.add(prime - 1n - (0xfffffff0n << shift))
  t.strictSame([...sums].filter((sum) => !opensWhereSumIs(() => sum)), [])
})

t.test('Poly1305: tags with limbs of zeros and ones', async (t) => {
  const limbs = [0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn]
  const tags = limbs.flatMap((limb) => [0n, 32n, 64n, 96n].flatMap((shift) => [limb << shift, low128 ^ (limb << shift)]))
  t.strictSame([...new Set(tags)].filter((tag) => !opensWhereSumIs((s) => (tag - s) & low128)), [])
})

t.test('Poly1305: ciphertexts of zeros and ones', async (t) => {
  for (const fill of [0x00, 0xff]) {
    for (const length of [16, 32, 64, 191, 192, 193, 208, 447, 448, 449, 1024]) {
      const { key, nonce, additional } = randomRecord(0)
      const ciphertext = new Uint8Array(length).fill(fill)
      // The cipher is its own inverse: what opens to this plaintext is made of the ciphertext.
      const sealed = chacha20poly1305(key, nonce, additional).encrypt(chacha20(key, nonce, ciphertext, undefined, 1))
      t.equal(hex(sealed.subarray(0, length)), hex(ciphertext))
      t.equal(hex(open(key, nonce, additional, sealed)!), hex(chacha20(key, nonce, ciphertext, undefined, 1)), `${length} of ${fill}`)
    }
  }
})

checkKernel(t, { module, keyLengths: [32], changed: [0, 1, 63, 192, 193, 300, 1000], wiped: [0, 1, 192, 193, 448, 449, 5000, maxText] })

t.test('without WebAssembly node:crypto does it all, and a warning says so', async (t) => {
  const { key, nonce, additional, plaintext } = randomRecord(300)
  const warnings: Array<{ code?: string, message: string }> = []
  t.intercept(process, 'emitWarning', { value: (message: string, { code }: { code: string }) => { warnings.push({ code, message }) } })
  const unable = { Module: class { constructor () { throw new SyntaxError('no SIMD') } } }
  for (const [available, why] of [[undefined, 'TypeError'], [unable, 'no SIMD']] as const) {
    t.intercept(globalThis, 'WebAssembly' as keyof typeof globalThis, { value: available, configurable: true })
    t.equal(loadKernels(), null)
    t.match(warnings.splice(0), [{ code: 'FST_TLS13_NO_WEBASSEMBLY', message: new RegExp(why) }])
  }
  const provider = createNodeProvider(nobleMlKem)
  t.equal(warnings.length, 1)
  for (const [name, cipher] of [['TLS_CHACHA20_POLY1305_SHA256', chacha20poly1305], ['TLS_AES_256_GCM_SHA384', gcm]] as const) {
    const buffer = new Uint8Array(plaintext.length + tagLength)
    buffer.set(plaintext)
    cipherSuiteNamed(provider, name)!.aead(key).seal(nonce, additional, buffer, 0, plaintext.length)
    t.equal(hex(buffer), hex(cipher(key, nonce, additional).encrypt(plaintext)), name)
  }
  t.equal(hex(provider.sha256.hmac(key, additional)), createHmac('sha256', key).update(additional).digest('hex'))
})

function seal (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealBy(kernel, key, nonce, additional, plaintext)
}

/** Of a copy, because it opens in place. */
function open (key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  return openBy(kernel, key, nonce, additional, Uint8Array.from(sealed))
}

/** Do the kernel, noble and node:crypto seal alike, byte for byte, and does the kernel open what the others have sealed? */
function agrees ({ key, nonce, additional, plaintext }: TestRecord): boolean {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength }).setAAD(additional, { plaintextLength: plaintext.length })
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  const opened = open(key, nonce, additional, sealed)
  return sealed.equals(seal(key, nonce, additional, plaintext)) && sealed.equals(chacha20poly1305(key, nonce, additional).encrypt(plaintext)) &&
    opened !== null && plaintext.equals(opened)
}

/**
 * Looks for a ciphertext of two blocks of which Poly1305's accumulator ends at a given value: the second block makes up
 * for whatever the first one was, if it fits into 128 bits. Do the kernel and noble open that alike?
 * @param sumFor the value, where s is the second half of Poly1305's key
 */
function opensWhereSumIs (sumFor: (s: bigint) => bigint): boolean {
  for (;;) {
    const { key, nonce, additional } = randomRecord(0, { additionalLength: 16 })
    const oneTimeKey = chacha20(key, nonce, new Uint8Array(32))
    const r = littleEndian(oneTimeKey.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
    const s = littleEndian(oneTimeKey.subarray(16))
    const inverse = power(r, prime - 2n)
    const lengths = 16n + (32n << 64n) + bit128
    const first = randomBytes(16)
    const before = ((littleEndian(additional) + bit128) * r + littleEndian(first) + bit128) * r
    const second = modulo((modulo(sumFor(s) * inverse - lengths) * inverse) - before - bit128)
    if (second > low128) continue
    const ciphertext = Buffer.concat([first, blockOf(second)])
    const sealed = Buffer.concat([ciphertext, blockOf((sumFor(s) + s) & low128)])
    const expected = chacha20poly1305(key, nonce, additional).decrypt(sealed) // it throws unless the tag is right
    const opened = open(key, nonce, additional, sealed)
    return opened !== null && Buffer.compare(opened, expected) === 0 &&
      Buffer.compare(seal(key, nonce, additional, expected), sealed) === 0
  }
}

function littleEndian (data: Uint8Array): bigint {
  return BigInt('0x' + hex(Uint8Array.from(data).reverse()))
}

function blockOf (value: bigint): Uint8Array {
  return bytes(value.toString(16).padStart(32, '0')).reverse()
}

function modulo (value: bigint): bigint {
  return ((value % prime) + prime) % prime
}

function power (base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = result * base % prime
    base = base * base % prime
  }
  return result
}

const bit128 = 1n << 128n
const low128 = bit128 - 1n
const prime = (1n << 130n) - 5n
