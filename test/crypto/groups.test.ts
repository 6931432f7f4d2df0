import nodeCrypto, { createECDH, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { x448 } from '@noble/curves/ed448.js'
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { ml_kem1024 as mlKem1024, ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import t from 'tap'
import { agree, fresh, named, withLength } from './exchange.ts'
import type { Client } from './exchange.ts'
import { bytes, corrupted, pairs } from './support.ts'

const curves = [
  { name: 'secp256r1', openssl: 'prime256v1', noble: p256, length: 32 },
  { name: 'secp384r1', openssl: 'secp384r1', noble: p384, length: 48 },
  { name: 'secp521r1', openssl: 'secp521r1', noble: p521, length: 66 },
  { name: 'brainpoolP256r1tls13', openssl: 'brainpoolP256r1', noble: brainpoolP256r1, length: 32 },
  { name: 'brainpoolP384r1tls13', openssl: 'brainpoolP384r1', noble: brainpoolP384r1, length: 48 },
  { name: 'brainpoolP512r1tls13', openssl: 'brainpoolP512r1', noble: brainpoolP512r1, length: 64 }
]

/** Points of small order and their other encodings, which RFC 7748 §6.1 tells us to look for. */
const smallOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080'
]

/** 0, 1, p - 1, p and p + 1, where p = 2^448 - 2^224 - 1 (RFC 7748 §4.2). */
const smallOrder448 = [
  '00'.repeat(56),
  '01' + '00'.repeat(55),
  'fe' + 'ff'.repeat(27) + 'fe' + 'ff'.repeat(27),
  'ff'.repeat(28) + 'fe' + 'ff'.repeat(27),
  '00'.repeat(28) + 'ff'.repeat(28)
]

/** RFC 8446 §4.2.7, RFC 8734 §2, draft-ietf-tls-ecdhe-mlkem. */
const ids = {
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  x25519: 0x001d,
  x448: 0x001e,
  brainpoolP256r1tls13: 0x001f,
  brainpoolP384r1tls13: 0x0020,
  brainpoolP512r1tls13: 0x0021,
  ffdhe2048: 0x0100,
  ffdhe3072: 0x0101,
  ffdhe4096: 0x0102,
  ffdhe6144: 0x0103,
  ffdhe8192: 0x0104,
  SecP256r1MLKEM768: 0x11eb,
  X25519MLKEM768: 0x11ec,
  SecP384r1MLKEM1024: 0x11ed
}

const offByDefault = [
  'x448', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024', 'brainpoolP256r1tls13', 'brainpoolP384r1tls13', 'brainpoolP512r1tls13',
  'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'
]

/** draft-ietf-tls-ecdhe-mlkem: X25519MLKEM768 has the ML-KEM part first, the others last. */
const hybrids = [
  { name: 'X25519MLKEM768', kem: mlKem768, kemFirst: true, curve: null, share: 1216, answer: 1120, secret: 64 },
  { name: 'SecP256r1MLKEM768', kem: mlKem768, kemFirst: false, curve: curves[0]!, share: 1249, answer: 1153, secret: 64 },
  { name: 'SecP384r1MLKEM1024', kem: mlKem1024, kemFirst: false, curve: curves[1]!, share: 1665, answer: 1665, secret: 80 }
]

for (const { provider } of pairs) {
  const clientLibrary = provider.name === 'node' ? 'noble' : 'node'

  t.test(`${provider.name}: the groups, the post-quantum one first where it is native`, async (t) => {
    const hybrid = 'X25519MLKEM768'
    const first = provider.name === 'node' && hasNativeMlKem() ? [hybrid, 'x25519', 'secp256r1'] : ['x25519', 'secp256r1', hybrid]
    t.strictSame(provider.namedGroups.map((group) => group.name), [...first, 'secp384r1', 'secp521r1', ...offByDefault])
    t.strictSame(provider.namedGroups.filter((group) => !group.byDefault).map((group) => group.name), offByDefault)
    for (const [name, id] of Object.entries(ids)) t.equal(named(provider, name).id, id, name)
  })

  t.test(`${provider.name} x25519 with a client on ${clientLibrary}`, async (t) => {
    const group = named(provider, 'x25519')
    for (let i = 0; i < 10; i++) agree(t, group, clientLibrary === 'noble' ? nobleX25519() : nodeMontgomery('x25519', 32), 32, 32)
    // RFC 7748 §6.1: Alice's key pair.
    const secretKey = bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
    const share = bytes('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    const alice = { share, secret: (answer: Uint8Array) => x25519.getSharedSecret(secretKey, answer) }
    agree(t, group, alice, 32, 32)
    fresh(t, group, alice.share)
  })

  t.test(`${provider.name} x25519: shares that are not valid`, async (t) => {
    const group = named(provider, 'x25519')
    for (const point of smallOrder) t.equal(group.encapsulate(bytes(point)), null, point)
    for (const length of [0, 31, 33, 64]) t.equal(group.encapsulate(new Uint8Array(length).fill(9)), null, `${length} bytes`)
    // RFC 7748 §5: the top bit is ignored, and coordinates from p up are taken modulo p.
    for (const point of ['09' + '00'.repeat(30) + '80', 'f6' + 'ff'.repeat(30) + '7f']) {
      t.equal(group.encapsulate(bytes(point))?.secret.length, 32, point)
    }
  })

  t.test(`${provider.name} x448 with a client on ${clientLibrary}`, async (t) => {
    const group = named(provider, 'x448')
    for (let i = 0; i < 3; i++) agree(t, group, clientLibrary === 'noble' ? nobleX448() : nodeMontgomery('x448', 56), 56, 56)
    // RFC 7748 §6.2: Alice's key pair.
    const secretKey = bytes('9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b')
    const share = bytes('9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0')
    const alice = { share, secret: (answer: Uint8Array) => x448.getSharedSecret(secretKey, answer) }
    agree(t, group, alice, 56, 56)
    fresh(t, group, alice.share)
  })

  t.test(`${provider.name} x448: shares that are not valid`, async (t) => {
    const group = named(provider, 'x448')
    for (const point of smallOrder448) t.equal(group.encapsulate(bytes(point)), null, point)
    for (const length of [0, 32, 55, 57, 112]) t.equal(group.encapsulate(new Uint8Array(length).fill(9)), null, `${length} bytes`)
    // RFC 7748 §5: coordinates from p up are taken modulo p; this is p + 5, the base point.
    t.equal(group.encapsulate(bytes('04' + '00'.repeat(27) + 'ff'.repeat(28)))?.secret.length, 56)
  })

  for (const curve of curves) {
    t.test(`${provider.name} ${curve.name} with a client on ${clientLibrary}`, async (t) => {
      const group = named(provider, curve.name)
      const client = clientLibrary === 'noble' ? nobleEcdh(curve) : nodeEcdh(curve)
      for (let i = 0; i < 3; i++) agree(t, group, client, 1 + 2 * curve.length, curve.length)
      fresh(t, group, client.share)
      t.equal(group.encapsulate(client.share)?.share[0], 4, 'uncompressed')
    })

    t.test(`${provider.name} ${curve.name}: shares that are not valid`, async (t) => {
      const group = named(provider, curve.name)
      const { share } = nodeEcdh(curve)
      const ecdh = createECDH(curve.openssl)
      ecdh.generateKeys()
      const { p, n } = curve.noble.Point.CURVE()
      const wrong: Record<string, Uint8Array> = {
        'not on the curve': corrupted(share, share.length - 1),
        'the origin': new Uint8Array(share.length).fill(4, 0, 1),
        'the point at infinity': Uint8Array.of(0),
        'infinity at full length': new Uint8Array(share.length),
        compressed: ecdh.getPublicKey(null, 'compressed'),
        hybrid: ecdh.getPublicKey(null, 'hybrid'),
        'compressed at full length': withLength(ecdh.getPublicKey(null, 'compressed'), share.length),
        'a coordinate of p': uncompressed(curve.length, p, p),
        'a coordinate over p': uncompressed(curve.length, p + 1n, n),
        'one byte short': share.slice(0, -1),
        'one byte long': withLength(share, share.length + 1),
        empty: new Uint8Array(0)
      }
      for (const [what, point] of Object.entries(wrong)) t.equal(group.encapsulate(point), null, what)
      t.ok(group.encapsulate(share) !== null, 'the share they were made from is valid')
    })
  }

  t.test(`${provider.name}: a secret whose X coordinate begins with zeros keeps its length`, async (t) => {
    // RFC 8446 §7.4.2. One in 256 does: a run in four sees one.
    const group = named(provider, 'secp256r1')
    const { share } = nodeEcdh(curves[0]!)
    const lengths = new Set(Array.from({ length: 64 }, () => group.encapsulate(share)?.secret.length))
    t.strictSame([...lengths], [32])
  })

  for (const hybrid of hybrids) {
    const { name, kem, kemFirst, curve } = hybrid
    const encapsulationKeyLength = kem.lengths.publicKey!
    const inKem = kemFirst ? 0 : hybrid.share - encapsulationKeyLength
    const inClassical = kemFirst ? encapsulationKeyLength : 0

    t.test(`${provider.name} ${name}`, async (t) => {
      const group = named(provider, name)
      for (const client of [nobleHybrid(hybrid), nodeHybrid(hybrid)]) {
        t.equal(client.share.length, hybrid.share)
        agree(t, group, client, hybrid.answer, hybrid.secret)
        fresh(t, group, client.share)
      }
    })

    t.test(`${provider.name} ${name}: shares that are not valid`, async (t) => {
      const group = named(provider, name)
      const { share } = nobleHybrid(hybrid)
      const edited = (offset: number, edit: Uint8Array): Uint8Array => {
        const copy = Uint8Array.from(share)
        copy.set(edit, offset)
        return copy
      }
      for (const length of [0, inKem, encapsulationKeyLength, hybrid.share - 1, hybrid.share + 1]) {
        t.equal(group.encapsulate(withLength(share, length)), null, `${length} bytes`)
      }
      for (const point of curve === null ? smallOrder : ['02', '06', '04' + 'ff'.repeat(2 * curve.length), '04' + '00'.repeat(2 * curve.length)]) {
        t.equal(group.encapsulate(edited(inClassical, bytes(point))), null, 'a point that is not valid')
      }
      // FIPS 203 §7.2: every 12-bit coefficient is below q = 3329 = 0xd01.
      for (const coefficient of ['010d', 'ff0f']) {
        for (const index of [0, encapsulationKeyLength - 32 - 2 - 1]) {
          t.equal(group.encapsulate(edited(inKem + index, bytes(coefficient))), null, `coefficient ${coefficient} at ${index}`)
        }
      }
      const second = kemFirst ? inClassical : inKem
      t.equal(group.encapsulate(Uint8Array.from([...share.subarray(second), ...share.subarray(0, second)])), null, 'the parts in the wrong order')
      t.ok(group.encapsulate(share) !== null, 'the share they were made from is valid')
    })
  }
}

function nobleX25519 (): Client {
  const { secretKey, publicKey } = x25519.keygen()
  return { share: publicKey, secret: (answer) => x25519.getSharedSecret(secretKey, answer) }
}

function nobleX448 (): Client {
  const { secretKey, publicKey } = x448.keygen()
  return { share: publicKey, secret: (answer) => x448.getSharedSecret(secretKey, answer) }
}

function nodeMontgomery (type: 'x25519' | 'x448', length: number): Client {
  const { privateKey, publicKey } = generateKeyPairSync(type as 'x25519')
  const share = publicKey.export({ format: 'der', type: 'spki' }).subarray(-length)
  const prefix = publicKey.export({ format: 'der', type: 'spki' }).subarray(0, -length)
  const read = (raw: Uint8Array): KeyObject => createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' })
  return { share, secret: (answer) => diffieHellman({ privateKey, publicKey: read(answer) }) }
}

/** Node 24.7 and OpenSSL 3.5 together. */
function hasNativeMlKem (): boolean {
  try {
    generateKeyPairSync('ml-kem-768' as 'ed25519')
    return 'encapsulate' in nodeCrypto
  } catch {
    return false
  }
}

function nobleEcdh (curve: typeof curves[number]): Client {
  const { secretKey } = curve.noble.keygen()
  return {
    share: curve.noble.getPublicKey(secretKey, false),
    secret: (answer) => curve.noble.getSharedSecret(secretKey, answer, true).subarray(1)
  }
}

function nodeEcdh (curve: typeof curves[number]): Client {
  const ecdh = createECDH(curve.openssl)
  return { share: ecdh.generateKeys(), secret: (answer) => ecdh.computeSecret(answer) }
}

type Hybrid = typeof hybrids[number]

function nobleHybrid ({ kem, kemFirst, curve }: Hybrid): Client {
  const { secretKey, publicKey } = kem.keygen()
  const ours = { share: publicKey, secret: (ciphertext: Uint8Array) => kem.decapsulate(ciphertext, secretKey) }
  return both(ours, curve === null ? nobleX25519() : nobleEcdh(curve), kem, kemFirst)
}

/** ML-KEM by node:crypto where it has it, from the same seed that @noble would use. */
function nodeHybrid ({ kem, kemFirst, curve }: Hybrid): Client {
  const seed = nodeCrypto.randomBytes(64)
  const { secretKey, publicKey } = kem.keygen(seed)
  const { decapsulate } = nodeCrypto as { decapsulate?: (key: KeyObject, ciphertext: Uint8Array) => Uint8Array }
  const id = kem === mlKem768 ? '02' : '03'
  const native = (decapsulate: (key: KeyObject, ciphertext: Uint8Array) => Uint8Array) => {
    const pkcs8 = Buffer.concat([bytes(`3054020100300b06096086480165030404${id}0442 8040`), seed])
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    return (ciphertext: Uint8Array) => decapsulate(key, ciphertext)
  }
  const secret = decapsulate === undefined ? (ciphertext: Uint8Array) => kem.decapsulate(ciphertext, secretKey) : native(decapsulate)
  return both({ share: publicKey, secret }, curve === null ? nodeMontgomery('x25519', 32) : nodeEcdh(curve), kem, kemFirst)
}

/** draft-ietf-tls-ecdhe-mlkem, the client's side. */
function both (pq: Client, classical: Client, kem: Hybrid['kem'], kemFirst: boolean): Client {
  const [first, second] = kemFirst ? [pq, classical] : [classical, pq]
  return {
    share: Uint8Array.from([...first.share, ...second.share]),
    secret: (answer) => {
      const length = kemFirst ? kem.lengths.cipherText! : answer.length - kem.lengths.cipherText!
      return Uint8Array.from([...first.secret(answer.slice(0, length)), ...second.secret(answer.slice(length))])
    }
  }
}

function uncompressed (length: number, x: bigint, y: bigint): Uint8Array {
  const coordinate = (value: bigint): string => value.toString(16).padStart(2 * length, '0')
  return bytes('04' + coordinate(x) + coordinate(y))
}
