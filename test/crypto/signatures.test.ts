import { constants, sign } from 'node:crypto'
import { inspect } from 'node:util'
import t from 'tap'
import { SignatureScheme, nameOf } from '../../lib/core/constants.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { ascii, bytes, corrupted, everyKey, hex, pairs, testKey } from './support.ts'
import type { TestKey } from './support.ts'

const keys = everyKey()
const content = ascii('TLS 1.3, client CertificateVerify')
const { rsa_pss_rsae_sha256: rsae256, rsa_pss_rsae_sha384: rsae384, rsa_pss_rsae_sha512: rsae512 } = SignatureScheme
const { rsa_pss_pss_sha256: pss256, rsa_pss_pss_sha384: pss384, rsa_pss_pss_sha512: pss512 } = SignatureScheme

/** RFC 8446 §4.2.3: what each key signs, in order of preference. */
const expected: Record<string, { keyType: string, schemes: number[] }> = {
  'P-256': { keyType: 'ec', schemes: [SignatureScheme.ecdsa_secp256r1_sha256] },
  'P-384': { keyType: 'ec', schemes: [SignatureScheme.ecdsa_secp384r1_sha384] },
  'P-521': { keyType: 'ec', schemes: [SignatureScheme.ecdsa_secp521r1_sha512] },
  ed25519: { keyType: 'ed25519', schemes: [SignatureScheme.ed25519] },
  ed448: { keyType: 'ed448', schemes: [SignatureScheme.ed448] },
  rsa: { keyType: 'rsa', schemes: [rsae256, rsae384, rsae512] },
  'small rsa': { keyType: 'rsa', schemes: [rsae256, rsae384] },
  'rsa-pss': { keyType: 'rsa-pss', schemes: [pss256, pss384, pss512] },
  'rsa-pss for SHA-384': { keyType: 'rsa-pss', schemes: [pss384] }
}

for (const { provider, other } of pairs) {
  for (const [name, key] of Object.entries(keys)) {
    t.test(`${provider.name} signs with ${name}, both verify`, async (t) => {
      const signer = provider.signer(key.pkcs8)
      t.equal(signer.keyType, expected[name]!.keyType)
      t.strictSame([...signer.signatureSchemes], expected[name]!.schemes)
      t.equal(hex(signer.publicKey), hex(key.spki))
      for (const scheme of signer.signatureSchemes) {
        const signature = await signer.sign(scheme, content)
        for (const verifier of [provider, other]) {
          t.equal(verifier.verify(scheme, key.spki, content, signature), true, `${nameOf(SignatureScheme, scheme)} by ${verifier.name}`)
        }
      }
    })

    t.test(`${provider.name} verifies ${name}: what it must refuse`, async (t) => {
      const scheme = expected[name]!.schemes[0]!
      const signature = await other.signer(key.pkcs8).sign(scheme, content)
      const refused = (what: string, spki = key.spki, theContent = content, theSignature = signature, theScheme = scheme): void => {
        t.notOk(provider.verify(theScheme, spki, theContent, theSignature), what)
      }
      t.equal(provider.verify(scheme, key.spki, content, signature), true, 'the one they were made from is right')
      for (const index of [0, 1, 5, signature.length - 1]) refused(`byte ${index} changed`, key.spki, content, corrupted(signature, index))
      refused('cut short', key.spki, content, signature.slice(0, -1))
      refused('with a byte more', key.spki, content, Uint8Array.from([...signature, 0]))
      refused('empty', key.spki, content, new Uint8Array(0))
      refused('other content', key.spki, corrupted(content, 3))
      for (const wrong of Object.values(SignatureScheme)) {
        if (wrong !== scheme) refused(`under ${nameOf(SignatureScheme, wrong)}`, key.spki, content, signature, wrong)
      }
      for (const [otherName, otherKey] of Object.entries(keys)) {
        if (otherName === name) continue
        // A key of the scheme's type did not make it; a key of another type could not have.
        const could = expected[otherName]!.schemes.includes(scheme)
        t.equal(provider.verify(scheme, otherKey.spki, content, signature), could ? false : null, `with the key ${otherName}`)
      }
      refused('under a scheme nobody knows', key.spki, content, signature, 0xfefe)
    })

    t.test(`${provider.name} signs with ${name}: other schemes`, async (t) => {
      const signer = provider.signer(key.pkcs8)
      for (const [schemeName, scheme] of Object.entries(SignatureScheme)) {
        if (!signer.signatureSchemes.includes(scheme)) t.throws(() => signer.sign(scheme, content), /does not sign/, schemeName)
      }
    })
  }

  t.test(`${provider.name}: public keys that are none`, async (t) => {
    for (const key of Object.values(keys)) {
      for (const scheme of provider.signatureSchemes) {
        const refused = (spki: Uint8Array, what: string): void => {
          t.equal(provider.verify(scheme, spki, content, new Uint8Array(64)), null, what)
        }
        refused(key.spki.subarray(0, 20), 'cut short')
        refused(key.pkcs8, 'a private key')
      }
    }
    const scheme = SignatureScheme.ecdsa_secp256r1_sha256
    for (const garbage of ['', '00', '3000', '30', '3080', 'ff'.repeat(91), '30'.repeat(5000), '3080'.repeat(5000)]) {
      t.equal(provider.verify(scheme, bytes(garbage), content, new Uint8Array(64)), null, garbage.slice(0, 10))
    }
  })

  t.test(`${provider.name}: keys that sign nothing in TLS 1.3`, async (t) => {
    const useless: Record<string, TestKey> = {
      x25519: testKey('x25519'),
      secp256k1: testKey('ec', { namedCurve: 'secp256k1' }),
      'rsa of 512 bits': testKey('rsa', { modulusLength: 512 }),
      'rsa-pss for SHA-1': testKey('rsa-pss', { modulusLength: 1024, hashAlgorithm: 'sha1', mgf1HashAlgorithm: 'sha1', saltLength: 20 }),
      'rsa-pss with another hash in MGF1': testKey('rsa-pss', { modulusLength: 1024, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha384', saltLength: 32 }),
      'rsa-pss with a longer salt': testKey('rsa-pss', { modulusLength: 1024, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 40 }),
      // RFC 5480 §2.1.1: specifiedCurve must not be used.
      'a curve spelled out': testKey('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })
    }
    for (const [what, key] of Object.entries(useless)) {
      t.throws(() => provider.signer(key.pkcs8), Error, what)
      const signature = what.includes('curve') ? sign('sha256', content, key.privateKey) : new Uint8Array(64)
      for (const scheme of provider.signatureSchemes) t.equal(provider.verify(scheme, key.spki, content, signature), null, what)
    }
  })

  t.test(`${provider.name}: private keys that are none`, async (t) => {
    const { pkcs8, spki } = keys['P-256']!
    for (const wrong of [new Uint8Array(0), pkcs8.subarray(0, 40), spki, ascii('-----BEGIN PRIVATE KEY-----')]) {
      t.throws(() => provider.signer(wrong), Error)
    }
  })

  t.test(`${provider.name}: RSASSA-PSS with the wrong parameters`, async (t) => {
    const { privateKey: key, spki } = keys.rsa!
    const padding = constants.RSA_PKCS1_PSS_PADDING
    t.equal(provider.verify(rsae256, spki, content, sign('sha256', content, { key, padding, saltLength: 32 })), true)
    t.equal(provider.verify(rsae256, spki, content, sign('sha256', content, { key, padding, saltLength: 20 })), false, 'a salt of 20 bytes')
    t.equal(provider.verify(rsae256, spki, content, sign('sha256', content, { key, padding, saltLength: 0 })), false, 'no salt')
    t.equal(provider.verify(rsae256, spki, content, sign('sha256', content, { key, padding: constants.RSA_PKCS1_PADDING })), false, 'PKCS #1 v1.5')
  })

  t.test(`${provider.name}: an ECDSA signature must be DER, and may have a high s`, async (t) => {
    const { privateKey: key, spki } = keys['P-256']!
    const scheme = SignatureScheme.ecdsa_secp256r1_sha256
    t.equal(provider.verify(scheme, spki, content, sign('sha256', content, { key, dsaEncoding: 'ieee-p1363' })), false, 'r || s')
    // One in two has a high s: of 16 at least one does, but for once in 65,536 runs.
    for (let i = 0; i < 16; i++) t.equal(provider.verify(scheme, spki, content, sign('sha256', content, key)), true)
  })

  t.test(`${provider.name}: RFC 8032 §7.1, test 2`, async (t) => {
    const ed25519 = bytes('302a300506032b6570032100 3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
    const signature = bytes('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00')
    t.equal(provider.verify(SignatureScheme.ed25519, ed25519, bytes('72'), signature), true)
    t.equal(provider.verify(SignatureScheme.ed25519, ed25519, bytes('73'), signature), false)
  })

  t.test(`${provider.name}: a signer shows nothing of its key`, async (t) => {
    const { pkcs8, privateKey } = keys.ed25519!
    const signer = provider.signer(pkcs8)
    const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')
    const shown = inspect(signer, { depth: 10, showHidden: true }).replaceAll(/\s/g, '') + JSON.stringify(signer)
    t.notMatch(shown, new RegExp(secret.subarray(0, 4).toString('hex')))
    t.strictSame(Object.keys(signer), ['keyType', 'signatureSchemes', 'publicKey', 'sign'])
  })
}

t.test('noble: a PrivateKeyInfo that brings its public key (RFC 5958 §2, RFC 8410 §7)', async (t) => {
  // OpenSSL reads the first version only, so node:crypto does too.
  const { x, d } = keys.ed25519!.privateKey.export({ format: 'jwk' })
  const secret = Buffer.from(d!, 'base64url').toString('hex')
  const body = bytes(`020101 300506032b6570 04220420 ${secret} 812100 ${Buffer.from(x!, 'base64url').toString('hex')}`)
  const signer = cryptoProvider('noble').signer(Uint8Array.from([0x30, body.length, ...body]))
  t.equal(hex(signer.publicKey), hex(keys.ed25519!.spki))
  const signature = await signer.sign(SignatureScheme.ed25519, content)
  t.equal(cryptoProvider('node').verify(SignatureScheme.ed25519, keys.ed25519!.spki, content, signature), true)
})
