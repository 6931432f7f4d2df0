/** Key exchange from the client's side, on node:crypto; ML-KEM on @noble/post-quantum. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { ml_kem768 as mlKem768 } from '@noble/post-quantum/ml-kem.js'
import { concat, hex } from './bytes.ts'

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

function x25519 (random: Random): Omit<KeyPair, 'group'> {
  const key = concat(hex('302e020100300506032b656e04220420'), random(32))
  const privateKey = createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    share: new Uint8Array(spki.subarray(spki.length - 32)),
    secret (serverShare) {
      const peer = Buffer.concat([spki.subarray(0, spki.length - 32), serverShare])
      return new Uint8Array(diffieHellman({ privateKey, publicKey: createPublicKey({ key: peer, format: 'der', type: 'spki' }) }))
    }
  }
}

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
  [groups.X25519MLKEM768]: x25519MlKem768
}
