import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { importShareOn, shareEncodings } from '../../lib/crypto/node-shares.ts'
import type { MontgomeryCurve } from '../../lib/crypto/node-shares.ts'

const major = Number.parseInt(process.versions.node)
const curves = ['x25519', 'x448'] as const

for (const curve of curves) {
  t.test(`a share of ${curve} is the same key in every encoding that this Node has`, async (t) => {
    const { share, spki } = newShare(curve)
    const expected = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    for (const [name, importShare] of Object.entries(shareEncodings)) {
      if (name === 'raw' && major < 26) continue
      t.ok(importShare(curve, share).equals(expected), name)
    }
  })
}

t.test('the cheapest is one that this Node has', async (t) => {
  t.equal(importShareOn(20), shareEncodings.jwk)
  t.equal(importShareOn(22), shareEncodings.jwk)
  t.equal(importShareOn(24), shareEncodings.pem)
  t.equal(importShareOn(26), shareEncodings.raw)
  for (const curve of curves) t.equal(importShareOn(major)(curve, newShare(curve).share).asymmetricKeyType, curve)
})

function newShare (curve: MontgomeryCurve): { share: Buffer, spki: Buffer } {
  const { publicKey } = curve === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('x448')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return { share: spki.subarray(12), spki }
}
