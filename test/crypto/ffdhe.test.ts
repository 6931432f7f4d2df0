import { createDiffieHellman } from 'node:crypto'
import t from 'tap'
import { encapsulateInField, ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192 } from '../../lib/crypto/ffdhe.ts'
import type { FiniteField } from '../../lib/crypto/ffdhe.ts'
import { agree, fresh, named } from './exchange.ts'
import type { Client } from './exchange.ts'
import { bytes, hex, pairs } from './support.ts'

const fields = [
  { name: 'ffdhe2048', field: ffdhe2048, bits: 2048, addend: 560_316n },
  { name: 'ffdhe3072', field: ffdhe3072, bits: 3072, addend: 2_625_351n },
  { name: 'ffdhe4096', field: ffdhe4096, bits: 4096, addend: 5_736_041n },
  { name: 'ffdhe6144', field: ffdhe6144, bits: 6144, addend: 15_705_020n },
  { name: 'ffdhe8192', field: ffdhe8192, bits: 8192, addend: 10_965_728n }
]

for (const { name, field, bits, addend } of fields) {
  const length = bits / 8
  const { prime } = field

  t.test(`${name}: the prime is that of the formula in RFC 7919 Appendix A`, async (t) => {
    const [b, e] = [BigInt(bits), eTimesTwoToThe(bits - 130)]
    t.equal(prime, (1n << b) - (1n << (b - 64n)) + ((e + addend) << 64n) - 1n)
    t.equal(hex(field.primeBytes), prime.toString(16))
  })

  t.test(`${name}: which shares are in range`, async (t) => {
    const seen: bigint[] = []
    const encapsulate = encapsulateInField(field, (_field, theirs) => {
      seen.push(theirs)
      return { ours: 2n, secret: Uint8Array.of(1) }
    })
    const out = [0n, 1n, prime - 1n, prime, prime + 1n, (1n << BigInt(bits)) - 1n]
    for (const number of out) t.equal(encapsulate(written(number, length)), null, `${number}`)
    const inside = [2n, 3n, 255n, 256n, prime >> 8n, prime >> 1n, prime - 3n, prime - 2n]
    for (const number of inside) t.ok(encapsulate(written(number, length)) !== null, `${number}`)
    t.strictSame(seen, inside, 'zeros at the front included, each number arrives as it is')
    for (const wrong of [0, 1, length - 1, length + 1, 2 * length]) t.equal(encapsulate(written(4n, wrong)), null, `${wrong} bytes`)
    t.equal(encapsulate(written(prime - 2n, length + 1)), null, 'a zero too many')
    t.equal(seen.length, inside.length, 'the library was not asked about the others')
  })

  t.test(`${name}: share and secret are padded on the left`, async (t) => {
    const answer = (ours: bigint, secret: string) => encapsulateInField(field, () => ({ ours, secret: bytes(secret) }))(written(4n, length))!
    const short = answer(0x0abcn, '00c0ff')
    t.equal(hex(short.share), '0abc'.padStart(2 * length, '0'))
    t.equal(hex(short.secret), 'c0ff'.padStart(2 * length, '0'))
    const full = answer(prime - 2n, '7f'.repeat(length))
    t.equal(hex(full.share), (prime - 2n).toString(16))
    t.equal(hex(full.secret), '7f'.repeat(length))
    t.equal(encapsulateInField(field, () => null)(written(4n, length)), null, 'refused by the library')
  })

  for (const { provider } of pairs) {
    // node:crypto's client proves that the prime is one, which takes it minutes for the large ones.
    const clientLibrary = provider.name === 'node' || bits > 3072 ? 'BigInt' : 'node'

    t.test(`${provider.name} ${name} with a client on ${clientLibrary}`, async (t) => {
      const group = named(provider, name)
      const client = clientLibrary === 'BigInt' ? bigIntClient(field, exponent) : nodeClient(field)
      for (let i = 0; i < 3; i++) agree(t, group, client, length, length)
      fresh(t, group, client.share)
      agree(t, group, bigIntClient(field, 2n), length, length) // a share of 4 behind zeros
    })

    t.test(`${provider.name} ${name}: shares that are not valid`, async (t) => {
      const group = named(provider, name)
      for (const number of [0n, 1n, prime - 1n, prime, prime + 1n]) t.equal(group.encapsulate(written(number, length)), null, `${number}`)
      for (const wrong of [0, 1, length - 1, length + 1]) t.equal(group.encapsulate(written(4n, wrong)), null, `${wrong} bytes`)
    })
  }
}

/** The client's arithmetic on its own, for an exponent below the order. */
function bigIntClient ({ prime, primeBytes }: FiniteField, x: bigint): Client {
  const { length } = primeBytes
  return {
    share: written(power(2n, x, prime), length),
    secret: (answer) => written(power(BigInt(`0x${hex(answer)}`), x, prime), length)
  }
}

function nodeClient ({ primeBytes }: FiniteField): Client {
  const ours = createDiffieHellman(Buffer.from(primeBytes), 2)
  if (ours.verifyError !== 0) throw new Error('OpenSSL does not like the field')
  const { length } = primeBytes
  return {
    share: written(BigInt(`0x${ours.generateKeys('hex')}`), length),
    secret: (answer) => written(BigInt(`0x${ours.computeSecret(Buffer.from(answer)).toString('hex')}`), length)
  }
}

function power (base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) result = result * result % modulus * (bit === '1' ? base : 1n) % modulus
  return result
}

/** Its low bytes where `length` is too short for the number. */
function written (number: bigint, length: number): Uint8Array {
  return length === 0 ? new Uint8Array(0) : bytes(number.toString(16).padStart(2 * length, '0').slice(-2 * length))
}

/** e by its series, 1/0! + 1/1! + 1/2! + …, rounded down; 64 bits more take up the error of the divisions. */
function eTimesTwoToThe (bits: number): bigint {
  let sum = 0n
  let term = 1n << BigInt(bits + 64)
  for (let n = 1n; term > 0n; n++) {
    sum += term
    term /= n
  }
  return sum >> 64n
}

/** Any of 320 bits. */
const exponent = BigInt('0x' + 'c0ffee'.repeat(13) + '01')
