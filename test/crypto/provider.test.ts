import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { hex, pairs } from './support.ts'
import type { CryptoProvider } from '../../types/crypto.ts'

for (const { provider, other } of pairs) {
  t.test(`${provider.name}: random bytes`, async (t) => {
    for (const length of [0, 1, 12, 32, 1000]) t.equal(provider.random(length).length, length)
    t.not(hex(provider.random(16)), hex(provider.random(16)))
  })

  t.test(`${provider.name}: timingSafeEqual`, async (t) => {
    const { timingSafeEqual } = provider
    t.equal(timingSafeEqual(new Uint8Array(0), new Uint8Array(0)), true)
    t.equal(timingSafeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)), true)
    for (const wrong of [[1, 2, 4], [0, 2, 3], [1, 2], [1, 2, 3, 0], [], [129, 2, 3]]) {
      t.equal(timingSafeEqual(Uint8Array.of(1, 2, 3), Uint8Array.from(wrong)), false, String(wrong))
    }
    t.equal(timingSafeEqual(Uint8Array.of(0, 1, 2).subarray(1), Buffer.from([1, 2])), true, 'views')
  })

  t.test(`${provider.name}: whole, like the other one, and frozen`, async (t) => {
    t.equal(cryptoProvider(provider.name as 'node'), provider, 'one object')
    // The kernel makes ChaCha20-Poly1305 the cheaper one of node:crypto's.
    const chaCha20 = [0x1303, 'TLS_CHACHA20_POLY1305_SHA256', true]
    t.strictSame(provider.cipherSuites.map(({ id, name, byDefault }) => [id, name, byDefault]), [
      ...(provider.name === 'node' ? [chaCha20] : []),
      [0x1301, 'TLS_AES_128_GCM_SHA256', true],
      [0x1302, 'TLS_AES_256_GCM_SHA384', true],
      ...(provider.name === 'node' ? [] : [chaCha20]),
      [0x1304, 'TLS_AES_128_CCM_SHA256', false],
      [0x1305, 'TLS_AES_128_CCM_8_SHA256', false]
    ])
    for (const { hash } of provider.cipherSuites) t.ok(hash === provider.sha256 || hash === provider.sha384, 'one library hashes')
    t.strictSame([...provider.signatureSchemes], [...other.signatureSchemes])
    t.equal(new Set(provider.signatureSchemes).size, 11)
    const { cipherSuites, namedGroups, signatureSchemes, sha256, sha384 } = provider
    for (const object of [provider, cipherSuites, ...cipherSuites, namedGroups, ...namedGroups, signatureSchemes, sha256, sha384]) {
      t.ok(Object.isFrozen(object))
    }
  })
}

t.test('a provider of the application\'s own is returned as it is', async (t) => {
  const own = { ...cryptoProvider('noble'), name: 'own' }
  t.equal(cryptoProvider(own), own)
  t.notOk(Object.isFrozen(own), 'it is not ours to freeze')
})

t.test('what a provider of the application\'s own lacks is named', async (t) => {
  const refused = (provider: unknown, message: string): void => {
    t.throws(() => cryptoProvider(provider as CryptoProvider), { message: `the crypto provider must be 'node', 'noble' or a CryptoProvider: ${message}` })
  }
  const whole = cryptoProvider('node')
  for (const member of ['name', 'random', 'timingSafeEqual', 'signer', 'verify']) refused({ ...whole, [member]: undefined }, `provider.${member} is missing`)
  refused({ ...whole, verify: 'yes' }, 'provider.verify is not a function')
  for (const hash of ['sha256', 'sha384'] as const) {
    refused({ ...whole, [hash]: undefined }, `${hash} is not an object`)
    refused({ ...whole, [hash]: { ...whole[hash], hmac: undefined } }, `${hash}.hmac is missing`)
  }
  for (const list of ['cipherSuites', 'namedGroups', 'signatureSchemes']) {
    refused({ ...whole, [list]: undefined }, `${list} is not an array with members`)
    refused({ ...whole, [list]: [] }, `${list} is not an array with members`)
  }
  const [suite] = whole.cipherSuites
  refused({ ...whole, cipherSuites: [suite, null] }, 'cipherSuites[1] is not an object')
  refused({ ...whole, cipherSuites: [{ ...suite, aead: undefined }] }, 'cipherSuites[0].aead is missing')
  refused({ ...whole, cipherSuites: [{ ...suite, hash: { ...suite!.hash, start: 1 } }] }, 'cipherSuites[0].hash.start is not a function')
  refused({ ...whole, cipherSuites: [{ ...suite, byDefault: undefined }] }, 'cipherSuites[0].byDefault is missing')
  refused({ ...whole, namedGroups: [{ id: 29, name: 'x25519', byDefault: true }] }, 'namedGroups[0].encapsulate is missing')
  refused({ ...whole, namedGroups: [{ ...whole.namedGroups[0], byDefault: 1 }] }, 'namedGroups[0].byDefault is not a boolean')
  refused({ ...whole, signatureSchemes: [0x0403, '0x0804'] }, 'signatureSchemes[1] is not a number')
  refused('openssl', 'it is of type string')
  refused(null, 'it is null')
  refused(undefined, 'it is of type undefined')
})
