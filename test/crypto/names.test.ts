import t from 'tap'
import { SignatureScheme } from '../../lib/core/constants.ts'
import { cipherSuiteNamed, cryptoProvider, namedGroupNamed, signatureSchemesNamed } from '../../lib/crypto/index.ts'

const provider = cryptoProvider('node')

t.test('cipher suites', async (t) => {
  for (const suite of provider.cipherSuites) {
    t.equal(cipherSuiteNamed(provider, suite.name), suite)
    t.equal(cipherSuiteNamed(provider, suite.name.toLowerCase()), suite)
  }
  for (const name of ['', 'TLS_AES_128_CCM_8', 'AES128-GCM-SHA256', 'AES128-CCM8', 'constructor']) t.equal(cipherSuiteNamed(provider, name), undefined, name)
})

t.test('groups', async (t) => {
  const names = {
    x25519: ['x25519', 'X25519'],
    secp256r1: ['secp256r1', 'P-256', 'p-256', 'prime256v1', 'SECP256R1'],
    secp384r1: ['secp384r1', 'P-384'],
    secp521r1: ['secp521r1', 'P-521'],
    X25519MLKEM768: ['X25519MLKEM768', 'x25519mlkem768'],
    x448: ['x448', 'X448'],
    ffdhe2048: ['ffdhe2048', 'FFDHE2048'],
    ffdhe3072: ['ffdhe3072', 'FFDHE3072'],
    SecP256r1MLKEM768: ['SecP256r1MLKEM768', 'secp256r1mlkem768']
  }
  for (const [expected, aliases] of Object.entries(names)) {
    for (const alias of aliases) t.equal(namedGroupNamed(provider, alias)?.name, expected, alias)
  }
  for (const name of ['', 'auto', 'secp256k1', 'ffdhe1024', 'constructor']) t.equal(namedGroupNamed(provider, name), undefined, name)
  t.equal(namedGroupNamed({ ...provider, namedGroups: [] }, 'x25519'), undefined, 'one the provider does not have')
})

t.test('signature schemes', async (t) => {
  for (const [name, scheme] of Object.entries(SignatureScheme)) {
    t.strictSame(signatureSchemesNamed(name), [scheme])
    t.strictSame(signatureSchemesNamed(name.toUpperCase()), [scheme])
  }
  t.strictSame(signatureSchemesNamed('ECDSA+SHA256'), [0x0403])
  t.strictSame(signatureSchemesNamed('ECDSA+SHA384'), [0x0503])
  t.strictSame(signatureSchemesNamed('ECDSA+SHA512'), [0x0603])
  t.strictSame(signatureSchemesNamed('RSA-PSS+SHA256'), [0x0804, 0x0809])
  t.strictSame(signatureSchemesNamed('PSS+SHA384'), [0x0805, 0x080a])
  t.strictSame(signatureSchemesNamed('rsa-pss+sha512'), [0x0806, 0x080b])
  t.strictSame(signatureSchemesNamed('RSA+SHA256'), [0x0401])
  for (const name of ['', 'ECDSA', 'ECDSA+SHA1', 'DSA+SHA256', 'constructor']) t.equal(signatureSchemesNamed(name), undefined, name)
  signatureSchemesNamed('ed25519')!.push(0)
  t.strictSame(signatureSchemesNamed('ed25519'), [0x0807], 'the table is not the caller\'s')
})
