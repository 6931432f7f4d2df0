import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { shareEncoderOn, shareEncodings, takesEncodedKeys } from '../../lib/crypto/node-shares.ts'
import type { EncodeShare, MontgomeryCurve } from '../../lib/crypto/node-shares.ts'

const major = Number.parseInt(process.versions.node)
const curves = ['x25519', 'x448'] as const

for (const curve of curves) {
  t.test(`a share of ${curve} is the same key in every encoding that this Node has`, async (t) => {
    const { share, spki } = newShare(curve)
    const expected = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    for (const [name, encode] of Object.entries(shareEncodings)) {
      if (name === 'raw' && major < 26) continue
      t.ok(createPublicKey(encode(curve, share)).equals(expected), name)
    }
  })

  t.test(`a share of ${curve}, encoded or as a key, gives the secret that its owner has`, async (t) => {
    const ours = newShare(curve)
    const theirs = newShare(curve)
    const secret = diffieHellman({ privateKey: theirs.privateKey, publicKey: createPublicKey({ key: ours.spki, format: 'der', type: 'spki' }) })
    const secretBy = (encode: EncodeShare): Buffer => diffieHellman({ privateKey: ours.privateKey, publicKey: encode(curve, theirs.share) })
    t.ok(secretBy(shareEncoderOn(major, false)).equals(secret), 'as a key')
    t.ok(secretBy(shareEncoderOn(major, takesEncodedKeys())).equals(secret), 'as this Node takes it')
  })
}

t.test('the encoding is the cheapest that this Node has', async (t) => {
  const { share } = newShare('x25519')
  const encoded = (version: number): unknown => shareEncoderOn(version, true)('x25519', share)
  t.strictSame(encoded(20), shareEncodings.jwk('x25519', share))
  t.strictSame(encoded(22), shareEncodings.jwk('x25519', share))
  t.strictSame(encoded(24), shareEncodings.pem('x25519', share))
  t.strictSame(encoded(26), shareEncodings.raw('x25519', share))
})

t.test('Node 20 and 22 take KeyObjects alone, Node 26 encoded keys, too, and of Node 24 some versions', async (t) => {
  const { privateKey, share } = newShare('x25519')
  const encoded = shareEncoderOn(24, true)('x25519', share)
  const derive = (): unknown => diffieHellman({ privateKey, publicKey: encoded })
  if (takesEncodedKeys()) t.doesNotThrow(derive)
  else t.throws(derive)
  if (major !== 24) t.equal(takesEncodedKeys(), major > 24)
})

function newShare (curve: MontgomeryCurve): Pair & { share: Buffer, spki: Buffer } {
  const { publicKey, privateKey } = curve === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('x448')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey, share: spki.subarray(12), spki }
}

type Pair = ReturnType<typeof generateKeyPairSync>
