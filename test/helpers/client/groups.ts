/** Key exchange from the client's side, on node:crypto; ML-KEM on @noble/post-quantum. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import { concat, hex, toHex } from './bytes.ts'

export type Random = (length: number) => Uint8Array

export interface KeyPair {
  readonly group: number
  /** What goes into KeyShareEntry.key_exchange. */
  readonly share: Uint8Array
  /** The shared secret from the server's share. */
  secret (serverShare: Uint8Array): Uint8Array
}

export const groups = {
  x25519: 0x001d,
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  x448: 0x001e,
  ffdhe2048: 0x0100,
  ffdhe3072: 0x0101,
  X25519MLKEM768: 0x11ec
} as const

export function keyPair (group: number, random: Random): KeyPair {
  const make = makers[group]
  if (make === undefined) throw new Error(`the client knows no group 0x${group.toString(16)}`)
  return { group, ...make(random) }
}

type Maker = (random: Random) => Omit<KeyPair, 'group'>

/** @param scalarLength bytes of the private scalar; `head` masks its first byte so that it stays below the order */
function elliptic (curve: string, scalarLength: number, head: number): Maker {
  return (random) => {
    const scalar = random(scalarLength).slice()
    scalar[0] = scalar[0]! & head
    scalar[scalarLength - 1] = scalar[scalarLength - 1]! | 1
    const exchange = createECDH(curve)
    exchange.setPrivateKey(scalar)
    return {
      share: new Uint8Array(exchange.getPublicKey()),
      secret: (serverShare) => new Uint8Array(exchange.computeSecret(serverShare))
    }
  }
}

/** RFC 7748, the keys in RFC 8410's frames; `prefix` is the private one's. */
function montgomery (prefix: string, length: number): Maker {
  return (random) => {
    const key = concat(hex(prefix), random(length))
    const privateKey = createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    return {
      share: new Uint8Array(spki.subarray(spki.length - length)),
      secret (serverShare) {
        if (serverShare.length !== length) throw new Error(`server's share has ${serverShare.length} bytes`)
        const peer = Buffer.concat([spki.subarray(0, spki.length - length), serverShare])
        return new Uint8Array(diffieHellman({ privateKey, publicKey: createPublicKey({ key: peer, format: 'der', type: 'spki' }) }))
      }
    }
  }
}

/** RFC 7919: generator 2, an exponent of 256 bits, everything padded to the length of the prime (RFC 8446 §7.4.1). */
function finiteField (bits: number, offset: bigint): Maker {
  return (random) => {
    const prime = safePrime(bits, offset)
    const exponent = BigInt('0x' + toHex(random(32)))
    return {
      share: padded(power(2n, exponent, prime), bits / 8),
      secret (serverShare) {
        if (serverShare.length !== bits / 8) throw new Error(`server's ffdhe share has ${serverShare.length} bytes`)
        return padded(power(BigInt('0x' + toHex(serverShare)), exponent, prime), bits / 8)
      }
    }
  }
}

/** RFC 7919 Appendix A: 2^b - 2^(b-64) + (floor(2^(b-130) * e) + X) * 2^64 - 1. */
function safePrime (bits: number, offset: bigint): bigint {
  const b = BigInt(bits)
  // e as the sum of 1/n!, with 64 bits more than are needed.
  const one = 1n << (b - 66n)
  let e = 0n
  for (let term = one, n = 1n; term > 0n; term /= n++) e += term
  return (1n << b) - (1n << (b - 64n)) + ((e >> 64n) + offset) * (1n << 64n) - 1n
}

function power (base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let rest = exponent, square = base; rest > 0n; rest >>= 1n, square = square * square % modulus) {
    if (rest & 1n) result = result * square % modulus
  }
  return result
}

function padded (value: bigint, length: number): Uint8Array {
  return hex(value.toString(16).padStart(2 * length, '0'))
}

const x25519 = montgomery('302e020100300506032b656e04220420', 32)

/** draft-ietf-tls-ecdhe-mlkem: ML-KEM's share, then x25519's; the secrets in the same order. */
function x25519MlKem768 (random: Random): Omit<KeyPair, 'group'> {
  const kem = mlKem768.keygen(random(64))
  const curve = x25519(random)
  return {
    share: concat(kem.publicKey, curve.share),
    secret (serverShare) {
      if (serverShare.length !== 1088 + 32) throw new Error(`server's X25519MLKEM768 share has ${serverShare.length} bytes`)
      return concat(mlKem768.decapsulate(serverShare.slice(0, 1088), kem.secretKey), curve.secret(serverShare.slice(1088)))
    }
  }
}

const makers: Readonly<Record<number, Maker>> = {
  [groups.x25519]: x25519,
  [groups.secp256r1]: elliptic('prime256v1', 32, 0x7f),
  [groups.secp384r1]: elliptic('secp384r1', 48, 0x7f),
  [groups.secp521r1]: elliptic('secp521r1', 66, 0x00),
  [groups.x448]: montgomery('3046020100300506032b656f043a0438', 56),
  [groups.ffdhe2048]: finiteField(2048, 560316n),
  [groups.ffdhe3072]: finiteField(3072, 2625351n),
  [groups.X25519MLKEM768]: x25519MlKem768
}
