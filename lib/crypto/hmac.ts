/** HMAC (RFC 2104) out of a one-shot hash. */
import type { Hash } from '../../types/crypto.ts'

/**
 * Two one-shot hashes over blocks that are kept. The key schedule uses each key once or a few times, and for that
 * `createHmac` of node:crypto costs about twice as much: 5 to 6 µs with a KeyObject made for it, 18 µs with a raw key
 * on Node 24, against 3.
 *
 * @param digest the hash
 * @param length its digest's length in bytes
 * @param blockLength its block's length in bytes (RFC 2104 §2: B)
 */
export function hmacOf (digest: Hash['digest'], length: number, blockLength: number): Pick<Hash, 'hmac' | 'hmacs'> {
  const shortInner = new Uint8Array(blockLength + shortDataLength)
  const outer = new Uint8Array(blockLength + length)

  function hmacs (key: Uint8Array, inputs: readonly Uint8Array[], lengths?: readonly number[]): Uint8Array[] {
    padKey(key.length > blockLength ? digest(key) : key)
    const codes = inputs.map(authenticate)
    shortInner.fill(0) // the padded key is as good as the key
    outer.fill(0)
    return shortened(codes, lengths)
  }

  function padKey (key: Uint8Array): void {
    shortInner.fill(0x36, 0, blockLength)
    outer.fill(0x5c, 0, blockLength)
    for (let i = 0; i < key.length; i++) {
      shortInner[i]! ^= key[i]!
      outer[i]! ^= key[i]!
    }
  }

  function authenticate (data: Uint8Array): Uint8Array {
    const innerLength = blockLength + data.length
    const inner = innerLength > shortInner.length ? withRoomFor(data) : shortInner.subarray(0, innerLength)
    inner.set(data, blockLength)
    outer.set(digest(inner), blockLength)
    if (innerLength > shortInner.length) inner.fill(0)
    return digest(outer)
  }

  function withRoomFor (data: Uint8Array): Uint8Array {
    const inner = new Uint8Array(blockLength + data.length)
    inner.set(shortInner.subarray(0, blockLength))
    return inner
  }

  return { hmac: (key, data) => hmacs(key, [data])[0]!, hmacs }
}

/** @param lengths as in `Hash.hmacs` */
export function shortened (codes: Uint8Array[], lengths: readonly number[] | undefined): Uint8Array[] {
  return lengths === undefined ? codes : codes.map((code, i) => lengths[i] === code.length ? code : code.slice(0, lengths[i]))
}

/** What an HkdfLabel or a transcript hash fits in (RFC 8446 §7.1), with room. */
const shortDataLength = 512
