import t from 'tap'
import { cipherSuiteNamed } from '../../lib/crypto/index.ts'
import { ascii, bytes, corrupted, hex, pairs } from './support.ts'
import type { CipherSuite, CryptoProvider } from '../../types/crypto.ts'

interface Vector { suite: string, key: string, nonce: string, additionalData: string, plaintext: string, ciphertext: string, tag: string }

const text = 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
const keyHalf = 'feffe9928665731c6d6a8f9467308308'
const additionalData = 'feedfacedeadbeeffeedfacedeadbeefabaddad2'

/** The GCM specification's test cases 1, 2, 4, 13, 14 and 16 (NIST SP 800-38D's), and RFC 8439 §2.8.2. */
const vectors: Vector[] = [
  { suite: 'TLS_AES_128_GCM_SHA256', key: '00'.repeat(16), nonce: '00'.repeat(12), additionalData: '', plaintext: '', ciphertext: '', tag: '58e2fccefa7e3061367f1d57a4e7455a' },
  { suite: 'TLS_AES_128_GCM_SHA256', key: '00'.repeat(16), nonce: '00'.repeat(12), additionalData: '', plaintext: '00'.repeat(16), ciphertext: '0388dace60b6a392f328c2b971b2fe78', tag: 'ab6e47d42cec13bdf53a67b21257bddf' },
  {
    suite: 'TLS_AES_128_GCM_SHA256',
    key: keyHalf,
    nonce: 'cafebabefacedbaddecaf888',
    additionalData,
    plaintext: text,
    ciphertext: '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
    tag: '5bc94fbc3221a5db94fae95ae7121a47'
  },
  { suite: 'TLS_AES_256_GCM_SHA384', key: '00'.repeat(32), nonce: '00'.repeat(12), additionalData: '', plaintext: '', ciphertext: '', tag: '530f8afbc74536b9a963b4f1c4cb738b' },
  { suite: 'TLS_AES_256_GCM_SHA384', key: '00'.repeat(32), nonce: '00'.repeat(12), additionalData: '', plaintext: '00'.repeat(16), ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18', tag: 'd0d1c8a799996bf0265b98b5d48ab919' },
  {
    suite: 'TLS_AES_256_GCM_SHA384',
    key: keyHalf + keyHalf,
    nonce: 'cafebabefacedbaddecaf888',
    additionalData,
    plaintext: text,
    ciphertext: '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b'
  },
  {
    suite: 'TLS_CHACHA20_POLY1305_SHA256',
    key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
    nonce: '070000004041424344454647',
    additionalData: '50515253c0c1c2c3c4c5c6c7',
    plaintext: hex(ascii("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")),
    ciphertext: `d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
      1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
      3ff4def08e4b7a9de576d26586cec64b6116`,
    tag: '1ae10b594f09e26a7e902ecbd0600691'
  }
]

/** NIST SP 800-38C Appendix C.3, and CAVP's VNT128 count 50: those with a nonce of 12 bytes. */
vectors.push(
  {
    suite: 'TLS_AES_128_CCM_8_SHA256',
    key: '404142434445464748494a4b4c4d4e4f',
    nonce: '101112131415161718191a1b',
    additionalData: '000102030405060708090a0b0c0d0e0f10111213',
    plaintext: '202122232425262728292a2b2c2d2e2f3031323334353637',
    ciphertext: 'e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5',
    tag: '484392fbc1b09951'
  },
  {
    suite: 'TLS_AES_128_CCM_SHA256',
    key: '005e8f4d8e0cbf4e1ceeb5d87a275848',
    nonce: '0ec3ac452b547b9062aac8fa',
    additionalData: '2f1821aa57e5278ffd33c17d46615b77363149dbc98470413f6543a6b749f2ca',
    plaintext: 'b6f345204526439daf84998f380dcfb4b4167c959c04ff65',
    ciphertext: '9575e16f35da3c88a19c26a7b762044f4d7bbbafeff05d75',
    tag: '4829e2a7752fa3a14890972884b511d8'
  }
)

const recordLimits: Readonly<Record<string, number>> = {
  TLS_AES_128_GCM_SHA256: 23_726_566,
  TLS_AES_256_GCM_SHA384: 23_726_566,
  TLS_CHACHA20_POLY1305_SHA256: Number.MAX_SAFE_INTEGER,
  TLS_AES_128_CCM_SHA256: 8_388_608,
  TLS_AES_128_CCM_8_SHA256: 8_388_608
}

const lengths = [0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1000, 4095, 4096, 16383, 16384, 16385]

for (const { provider, other } of pairs) {
  t.test(`${provider.name}: vectors`, async (t) => {
    for (const vector of vectors) {
      const aead = named(provider, vector.suite).aead(bytes(vector.key))
      const plaintext = bytes(vector.plaintext)
      const buffer = new Uint8Array(plaintext.length + vector.tag.length / 2)
      buffer.set(plaintext)
      aead.seal(bytes(vector.nonce), bytes(vector.additionalData), buffer, 0, plaintext.length)
      t.equal(hex(buffer), hex(bytes(vector.ciphertext)) + vector.tag)
      t.equal(hex(aead.open(bytes(vector.nonce), bytes(vector.additionalData), buffer, 0, buffer.length)!), vector.plaintext)
      t.equal(hex(buffer), hex(bytes(vector.ciphertext)) + vector.tag, 'which stays as it is')
    }
  })

  for (const suite of provider.cipherSuites) {
    const label = `${provider.name} ${suite.name}`
    const { tagLength } = suite

    t.test(`${label}: sealed by one, opened by the other`, async (t) => {
      const randomLengths = Array.from({ length: 12 }, () => new DataView(provider.random(2).slice().buffer).getUint16(0) % 16386)
      for (const length of [...lengths, ...randomLengths]) {
        const { key, nonce, additional, plaintext } = randomRecord(provider, suite, length)
        // An odd offset, and neighbours that must not change.
        const start = 5 + length % 4
        const buffer = new Uint8Array(start + length + tagLength + 3).fill(0xa5)
        buffer.set(plaintext, start)
        suite.aead(key).seal(nonce, additional, buffer, start, start + length)
        t.ok(buffer.subarray(0, start).every((byte) => byte === 0xa5), 'nothing before the record was written')
        t.ok(buffer.subarray(-3).every((byte) => byte === 0xa5), 'nothing after the tag was written')
        const before = Buffer.from(buffer)
        const opened = named(other, suite.name).aead(key).open(nonce, additional, buffer, start, start + length + tagLength)
        t.ok(before.equals(buffer), 'what was opened stays as it is')
        buffer.fill(0)
        t.ok(opened !== null && Buffer.compare(opened, plaintext) === 0, `${length} bytes, in memory of their own`)
      }
    })

    t.test(`${label}: one object seals and opens many records`, async (t) => {
      const { key, nonce, additional } = randomRecord(provider, suite, 0)
      const aead = suite.aead(key)
      const sealed = [1, 2, 3].map((number) => {
        nonce[11] = number // the caller's nonce may be used again
        const buffer = new Uint8Array(1 + tagLength).fill(number)
        aead.seal(nonce, additional, buffer, 0, 1)
        return buffer
      })
      for (const number of [3, 1, 2]) {
        nonce[11] = number
        const record = sealed[number - 1]!
        t.strictSame([...aead.open(nonce, additional, record, 0, 1 + tagLength)!], [number])
      }
    })

    t.test(`${label}: what was changed on the way is refused, and nothing is decrypted`, async (t) => {
      for (const length of [0, 1, 300]) {
        const { key, nonce, additional, plaintext } = randomRecord(provider, suite, length)
        const aead = suite.aead(key)
        const sealed = new Uint8Array(length + tagLength)
        sealed.set(plaintext)
        aead.seal(nonce, additional, sealed, 0, length)
        const refused = (what: string, record: Uint8Array, theNonce = nonce, theData = additional, theAead = aead): void => {
          const before = hex(record)
          t.equal(theAead.open(theNonce, theData, record, 0, record.length), null, what)
          t.equal(hex(record), before, `${what}: the buffer holds what it held`)
        }
        for (let i = 0; i < tagLength; i++) refused(`tag byte ${i}`, corrupted(sealed, length + i))
        if (length > 0) refused('ciphertext', corrupted(sealed, length - 1))
        refused('nonce', sealed, corrupted(nonce, 11))
        refused('additional data', sealed, nonce, corrupted(additional, 0))
        refused('key', sealed, nonce, additional, suite.aead(corrupted(key, 0)))
        refused('cut short', sealed.slice(0, -1))
        t.ok(aead.open(nonce, additional, sealed, 0, sealed.length), 'the untouched record opens afterwards')
      }
    })

    t.test(`${label}: shorter than a tag`, async (t) => {
      const aead = suite.aead(provider.random(suite.keyLength))
      for (let length = 0; length < tagLength; length++) {
        t.equal(aead.open(new Uint8Array(12), new Uint8Array(5), new Uint8Array(40), 3, 3 + length), null)
      }
    })

    t.test(`${label}: its key`, async (t) => {
      t.throws(() => suite.aead(new Uint8Array(suite.keyLength - 1)), RangeError)
      t.throws(() => suite.aead(new Uint8Array(suite.keyLength + 1)), RangeError)
      const { key, nonce, additional } = randomRecord(provider, suite, 0)
      const mine = Uint8Array.from(key)
      const aead = suite.aead(mine)
      mine.fill(0) // the caller may wipe it
      const sealed = new Uint8Array(tagLength)
      suite.aead(key).seal(nonce, additional, sealed, 0, 0)
      t.ok(aead.open(nonce, additional, sealed, 0, tagLength))
      aead.destroy()
      t.throws(() => aead.seal(nonce, additional, new Uint8Array(tagLength), 0, 0), /forgotten/)
      t.throws(() => aead.open(nonce, additional, sealed, 0, tagLength), /forgotten/)
    })

    t.test(`${label}: how many records`, async (t) => {
      t.equal(suite.recordLimit, recordLimits[suite.name])
      t.equal(tagLength, suite.name === 'TLS_AES_128_CCM_8_SHA256' ? 8 : 16)
    })
  }
}

for (const { provider } of pairs) {
  t.test(`${provider.name}: the length of AES-CCM's tag is the suite's alone`, async (t) => {
    const [long, short] = [named(provider, 'TLS_AES_128_CCM_SHA256'), named(provider, 'TLS_AES_128_CCM_8_SHA256')]
    for (const length of [0, 1, 300]) {
      const { key, nonce, additional, plaintext } = randomRecord(provider, long, length)
      const seal = (suite: CipherSuite): Uint8Array => {
        const sealed = new Uint8Array(length + suite.tagLength)
        sealed.set(plaintext)
        suite.aead(key).seal(nonce, additional, sealed, 0, length)
        return sealed
      }
      const open = (suite: CipherSuite, sealed: Uint8Array): boolean => suite.aead(key).open(nonce, additional, sealed, 0, sealed.length) !== null
      t.equal(open(long, seal(short)), false, '8 where 16 are due')
      t.equal(open(short, seal(long)), false, '16 where 8 are due')
      t.equal(open(long, seal(long).slice(0, -8)), false, 'half a tag')
      t.equal(open(short, seal(short).slice(0, -4)), false, 'half a tag of 8')
      t.equal(open(short, Uint8Array.from([...seal(short), ...new Uint8Array(8)])), false, 'a tag filled up with zeros')
      t.ok(open(short, seal(short)) && open(long, seal(long)), 'each opens its own')
    }
  })
}

function named (provider: CryptoProvider, name: string): CipherSuite {
  return cipherSuiteNamed(provider, name)!
}

function randomRecord (provider: CryptoProvider, suite: CipherSuite, length: number): { key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array } {
  return { key: provider.random(suite.keyLength), nonce: provider.random(12), additional: provider.random(5), plaintext: provider.random(length) }
}
