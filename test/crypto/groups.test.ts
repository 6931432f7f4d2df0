import nodeCrypto, { createECDH, createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import t from 'tap'
import type { Test } from 'tap'
import { namedGroupNamed } from '../../lib/crypto/index.ts'
import { bytes, corrupted, hex, pairs } from './support.ts'
import type { CryptoProvider, NamedGroup } from '../../types/crypto.ts'

/** A client's side of a key exchange: its share, and the secret once it has ours. */
interface Client { share: Uint8Array, secret (answer: Uint8Array): Uint8Array }

const curves = [
  { name: 'secp256r1', openssl: 'prime256v1', noble: p256, length: 32 },
  { name: 'secp384r1', openssl: 'secp384r1', noble: p384, length: 48 },
  { name: 'secp521r1', openssl: 'secp521r1', noble: p521, length: 66 }
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

for (const { provider } of pairs) {
  const clientLibrary = provider.name === 'node' ? 'noble' : 'node'

  t.test(`${provider.name}: the groups, the cheapest first`, async (t) => {
    t.strictSame(provider.namedGroups.map((group) => [group.id, group.name]), [
      [0x001d, 'x25519'], [0x0017, 'secp256r1'], [0x11ec, 'X25519MLKEM768'], [0x0018, 'secp384r1'], [0x0019, 'secp521r1']
    ])
  })

  t.test(`${provider.name} x25519 with a client on ${clientLibrary}`, async (t) => {
    const group = named(provider, 'x25519')
    for (let i = 0; i < 10; i++) agree(t, group, clientLibrary === 'noble' ? nobleX25519() : nodeX25519(), 32, 32)
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

  t.test(`${provider.name} X25519MLKEM768`, async (t) => {
    const group = named(provider, 'X25519MLKEM768')
    for (const client of [nobleHybrid(), nodeHybrid()]) {
      t.equal(client.share.length, 1216)
      agree(t, group, client, 1120, 64)
      fresh(t, group, client.share)
    }
  })

  t.test(`${provider.name} X25519MLKEM768: shares that are not valid`, async (t) => {
    const group = named(provider, 'X25519MLKEM768')
    const { share } = nobleHybrid()
    for (const length of [0, 32, 1184, 1215, 1217]) t.equal(group.encapsulate(withLength(share, length)), null, `${length} bytes`)
    for (const point of smallOrder) {
      const wrong = Uint8Array.from(share)
      wrong.set(bytes(point), 1184)
      t.equal(group.encapsulate(wrong), null, 'an X25519 point of small order')
    }
    // FIPS 203 §7.2: every 12-bit coefficient is below q = 3329 = 0xd01.
    for (const coefficient of ['010d', 'ff0f']) {
      for (const index of [0, 1149]) {
        const wrong = Uint8Array.from(share)
        wrong.set(bytes(coefficient), index)
        t.equal(group.encapsulate(wrong), null, `coefficient ${coefficient} at ${index}`)
      }
    }
    t.equal(group.encapsulate(Uint8Array.from([...share.subarray(1184), ...share.subarray(0, 1184)])), null, 'the parts in the wrong order')
    t.ok(group.encapsulate(share) !== null, 'the share they were made from is valid')
  })
}

function named (provider: CryptoProvider, name: string): NamedGroup {
  return namedGroupNamed(provider, name)!
}

function agree (t: Test, group: NamedGroup, client: Client, shareLength: number, secretLength: number): void {
  const answer = group.encapsulate(client.share)!
  t.equal(answer.share.length, shareLength)
  t.equal(answer.secret.length, secretLength)
  t.equal(hex(answer.secret), hex(client.secret(answer.share)), 'both have the same secret')
}

function fresh (t: Test, group: NamedGroup, share: Uint8Array): void {
  const first = group.encapsulate(share)!
  const second = group.encapsulate(share)!
  t.not(hex(first.share), hex(second.share), 'every answer has a key of its own')
  t.not(hex(first.secret), hex(second.secret))
}

function nobleX25519 (): Client {
  const { secretKey, publicKey } = x25519.keygen()
  return { share: publicKey, secret: (answer) => x25519.getSharedSecret(secretKey, answer) }
}

function nodeX25519 (): Client {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const share = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const prefix = publicKey.export({ format: 'der', type: 'spki' }).subarray(0, -32)
  const read = (raw: Uint8Array): KeyObject => createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' })
  return { share, secret: (answer) => diffieHellman({ privateKey, publicKey: read(answer) }) }
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

function nobleHybrid (): Client {
  const { secretKey, publicKey } = mlKem768.keygen()
  return hybrid(publicKey, (ciphertext) => mlKem768.decapsulate(ciphertext, secretKey), nobleX25519())
}

/** ML-KEM by node:crypto where it has it, from the same seed that @noble would use. */
function nodeHybrid (): Client {
  const seed = nodeCrypto.randomBytes(64)
  const { secretKey, publicKey } = mlKem768.keygen(seed)
  const { decapsulate } = nodeCrypto as { decapsulate?: (key: KeyObject, ciphertext: Uint8Array) => Uint8Array }
  if (decapsulate === undefined) return hybrid(publicKey, (ciphertext) => mlKem768.decapsulate(ciphertext, secretKey), nodeX25519())
  const pkcs8 = Buffer.concat([bytes('3054020100300b06096086480165030404020442 8040'), seed])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return hybrid(publicKey, (ciphertext) => decapsulate(key, ciphertext), nodeX25519())
}

/** draft-ietf-tls-ecdhe-mlkem, the client's side. */
function hybrid (encapsulationKey: Uint8Array, decapsulate: (ciphertext: Uint8Array) => Uint8Array, classical: Client): Client {
  return {
    share: Uint8Array.from([...encapsulationKey, ...classical.share]),
    secret: (answer) => Uint8Array.from([...decapsulate(answer.slice(0, 1088)), ...classical.secret(answer.subarray(1088))])
  }
}

function uncompressed (length: number, x: bigint, y: bigint): Uint8Array {
  const coordinate = (value: bigint): string => value.toString(16).padStart(2 * length, '0')
  return bytes('04' + coordinate(x) + coordinate(y))
}

function withLength (data: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length)
  whole.set(data.subarray(0, length))
  return whole
}
