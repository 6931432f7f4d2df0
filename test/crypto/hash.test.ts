import t from 'tap'
import type { Test } from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { ascii, bytes, hex, pairs } from './support.ts'
import type { Hash } from '../../types/crypto.ts'

/** FIPS 180-4 examples, the empty input and one over several blocks. */
const digests = [
  { input: '', sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', sha384: '38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b' },
  { input: 'abc', sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7' },
  { input: 'a'.repeat(1_000_000), sha256: 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0', sha384: '9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985' }
]

/** RFC 4231 §4. */
const macs = [
  { key: '0b'.repeat(20), data: 'Hi There', sha256: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7', sha384: 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6' },
  { key: hex(ascii('Jefe')), data: 'what do ya want for nothing?', sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', sha384: 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649' },
  { key: 'aa'.repeat(20), data: '\xdd'.repeat(50), sha256: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe', sha384: '88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27' },
  { key: 'aa'.repeat(131), data: 'Test Using Larger Than Block-Size Key - Hash Key First', sha256: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54', sha384: '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952' },
  { key: 'aa'.repeat(131), data: 'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.', sha256: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2', sha384: '6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e' }
]

for (const { provider, other } of pairs) {
  for (const name of ['sha256', 'sha384'] as const) {
    const hash = provider[name]
    const label = `${provider.name} ${name}`

    t.test(`${label}: vectors`, async (t) => {
      t.equal(hash.name, name)
      for (const vector of digests) {
        const digest = hash.digest(ascii(vector.input))
        t.equal(hex(digest), vector[name])
        t.equal(digest.length, hash.length)
      }
      for (const vector of macs) t.equal(hex(hash.hmac(bytes(vector.key), ascii(vector.data))), vector[name])
    })

    t.test(`${label}: vectors, several under one key`, async (t) => {
      for (const { key } of macs) {
        const ofKey = macs.filter((vector) => vector.key === key)
        for (let count = 1; count <= 4; count++) {
          const vectors = Array.from({ length: count }, (_, i) => ofKey[i % ofKey.length]!)
          t.strictSame(hash.hmacs(bytes(key), vectors.map(({ data }) => ascii(data))).map(hex), vectors.map((vector) => vector[name]))
        }
      }
    })

    t.test(`${label}: HMACs of every shape are those that are made one by one`, async (t) => {
      for (const keyLength of [0, 1, 32, 48, 64, 65, 128, 129]) {
        for (const lengths of [[], [0], [55, 0], [1, 2, 3], [53, 54, 55, 55], [55, 56], [0, 1, 2, 3, 4], [512, 40, 513, 5000]]) {
          const key = provider.random(keyLength)
          const inputs = lengths.map((length) => provider.random(length))
          const codes = inputs.map((data) => other[name].hmac(key, data))
          t.strictSame(hash.hmacs(key, inputs).map(hex), codes.map(hex), `${keyLength} and ${lengths} bytes`)
          const wanted = inputs.map((_, i) => [hash.length, 16, 12, 0][i]!)
          t.strictSame(hash.hmacs(key, inputs, wanted).map(hex), codes.map((code, i) => hex(code.slice(0, wanted[i]))), 'their first bytes')
        }
      }
    })

    t.test(`${label}: HMAC of every shape agrees with the other provider`, async (t) => {
      for (const keyLength of [0, 1, 32, 48, 63, 64, 65, 127, 128, 129]) {
        for (const dataLength of [0, 1, 48, 511, 512, 513, 5000]) {
          const key = provider.random(keyLength)
          const data = provider.random(dataLength)
          t.equal(hex(hash.hmac(key, data)), hex(other[name].hmac(key, data)), `${keyLength} and ${dataLength} bytes`)
        }
      }
    })

    t.test(`${label}: one code does not change an earlier one`, async (t) => {
      const first = hash.hmac(bytes('01'), bytes('02'))
      const before = hex(first)
      hash.hmac(bytes('03'), bytes('04'))
      const [second, third] = hash.hmacs(bytes('05'), [bytes('06'), bytes('07')])
      t.equal(hex(first), before)
      second!.fill(0)
      t.equal(hex(third!), hex(hash.hmac(bytes('05'), bytes('07'))), 'nor another of the same key')
    })

    t.test(`${label}: a hash in pieces`, async (t) => {
      runningHash(t, hash)
    })
  }
}

t.test('memory of a running hash serves again after its end, and no other one is disturbed', async (t) => {
  const { sha256 } = cryptoProvider('node')
  const running = sha256.start()
  const other = sha256.start()
  running.update(ascii('a'.repeat(3000)))
  other.update(ascii('b'.repeat(3000)))
  running.end!()
  running.end!()
  const next = Array.from({ length: 4 }, () => sha256.start())
  for (const hash of next) hash.update(ascii('c'.repeat(3000)))
  t.equal(hex(other.digest()), hex(sha256.digest(ascii('b'.repeat(3000)))))
  for (const hash of next) t.equal(hex(hash.digest()), hex(sha256.digest(ascii('c'.repeat(3000)))))
  const long = sha256.start()
  long.update(ascii('d'.repeat(5000)))
  long.end!()
  for (const hash of next) t.equal(hex(hash.digest()), hex(sha256.digest(ascii('c'.repeat(3000)))))
})

function runningHash (t: Test, hash: Hash): void {
  const digestOf = (text: string): string => hex(hash.digest(ascii(text)))
  const running = hash.start()
  t.equal(hex(running.digest()), digestOf(''), 'nothing put in')
  running.update(ascii('a'))
  t.equal(hex(running.digest()), digestOf('a'))
  t.equal(hex(running.digest()), digestOf('a'), 'a digest does not end it')
  const fork = running.fork()
  running.update(ascii('b'))
  t.equal(hex(fork.digest()), digestOf('a'), 'the fork does not see the original')
  fork.update(ascii('c'))
  t.equal(hex(running.digest()), digestOf('ab'), 'nor the original the fork')
  t.equal(hex(fork.digest()), digestOf('ac'))
  const again = fork.fork()
  again.update(ascii('d'.repeat(200)))
  t.equal(hex(again.digest()), digestOf('ac' + 'd'.repeat(200)), 'a fork forks')
  longRunningHash(t, hash)
}

/** In pieces of which the last ones do not fit what a short input fits in. */
function longRunningHash (t: Test, hash: Hash): void {
  for (const piece of [1, 500, 1023, 1025, 4095, 4096, 4097, 10_000]) {
    const running = hash.start()
    let text = ''
    for (let i = 0; i < 12; i++) {
      const fork = running.fork()
      fork.update(ascii('fork'))
      running.update(ascii(String.fromCharCode(97 + i).repeat(piece)))
      const before = text
      text += String.fromCharCode(97 + i).repeat(piece)
      t.equal(hex(running.digestWith(ascii('more'))), hex(hash.digest(ascii(text + 'more'))), 'with more behind them')
      t.equal(hex(running.digest()), hex(hash.digest(ascii(text))), `${i + 1} pieces of ${piece} bytes`)
      t.equal(hex(fork.digest()), hex(hash.digest(ascii(before + 'fork'))), `a fork after ${i} of them`)
    }
  }
}
