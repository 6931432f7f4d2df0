/** Record protection of one direction under one traffic secret (RFC 8446 §5.2, §5.3, §7.3). */
import type { Aead, CipherSuite } from '../../../types/crypto.ts'
import { ContentType } from '../constants.ts'
import { noBytes } from '../wire/bytes.ts'
import { expandLabels } from '../schedule/hkdf.ts'

/** What protects the records of one direction (§7.3). */
export interface TrafficKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

/** What is drawn from a handshake traffic secret: the key of Finished (§4.4.4) too. */
export interface HandshakeKeys extends TrafficKeys {
  readonly finishedKey: Uint8Array
}

export function trafficKeys ({ hash, keyLength }: CipherSuite, trafficSecret: Uint8Array): TrafficKeys {
  const [key, iv] = expandLabels(hash, trafficSecret, [['key', noBytes, keyLength], ['iv', noBytes, nonceLength]])
  return { key, iv }
}

export function handshakeKeys ({ hash, keyLength }: CipherSuite, handshakeTrafficSecret: Uint8Array): HandshakeKeys {
  const [key, iv, finishedKey] = expandLabels(hash, handshakeTrafficSecret, [
    ['key', noBytes, keyLength],
    ['iv', noBytes, nonceLength],
    ['finished', noBytes, hash.length]
  ])
  return { key, iv, finishedKey }
}

export class RecordProtection {
  readonly tagLength: number
  readonly #aead: Aead
  readonly #iv: Uint8Array
  readonly #recordLimit: number
  #sequenceNumber: number

  /** @param keys are the protection's from now on: it wipes what it keeps of them */
  constructor (suite: CipherSuite, keys: TrafficKeys, sequenceNumber = 0) {
    this.tagLength = suite.tagLength
    this.#aead = suite.aead(keys.key)
    this.#iv = keys.iv
    this.#recordLimit = suite.recordLimit
    this.#sequenceNumber = sequenceNumber
  }

  /** Must the key be updated before another record is sealed (§5.5)? A margin is left for the update itself. */
  get exhausted (): boolean {
    return !this.allows(1)
  }

  /** May so many records be sealed before the key must be updated? */
  allows (records: number): boolean {
    return this.#sequenceNumber + records <= this.#recordLimit - 8
  }

  /** Has no record been opened or sealed yet? */
  get unused (): boolean {
    return this.#sequenceNumber === 0
  }

  /**
   * Gives the numbers of the next records away: whoever takes them seals these records, and what is sealed here comes after.
   * @returns the first of them
   */
  giveNumbers (records: number): number {
    const first = this.#sequenceNumber
    this.#sequenceNumber += records
    return first
  }

  /**
   * Seals the TLSInnerPlaintext in `buffer[start, end)` in place; the five bytes before it become the header and the
   * tag follows it. @returns where the record ends
   */
  seal (buffer: Uint8Array, start: number, end: number): number {
    const length = end - start + this.tagLength
    writeHeader(buffer, start - headerLength, length)
    writeHeader(additionalData, 0, length)
    this.#aead.seal(this.#nextNonce(), additionalData, buffer, start, end)
    return end + this.tagLength
  }

  /** Opens `buffer[start, end)`. @returns the TLSInnerPlaintext, or null when it was not sealed by the peer */
  open (buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    if (end - start < this.tagLength) return null
    writeHeader(additionalData, 0, end - start)
    const plaintext = this.#aead.open(this.#nonce(), additionalData, buffer, start, end)
    // A record that fails is skipped early data or the end: it takes no number (§4.2.10).
    if (plaintext !== null) this.#sequenceNumber++
    return plaintext
  }

  destroy (): void {
    this.#aead.destroy()
    this.#iv.fill(0)
  }

  #nextNonce (): Uint8Array {
    const value = this.#nonce()
    this.#sequenceNumber++
    return value
  }

  /** §5.3: the sequence number, padded to the length of the IV, XORed with it. */
  #nonce (): Uint8Array {
    nonce.set(this.#iv)
    let rest = this.#sequenceNumber
    for (let i = nonceLength - 1; rest > 0; i--) {
      nonce[i] ^= rest & 0xff
      rest = Math.floor(rest / 0x100)
    }
    return nonce
  }
}

/** Of a protected record, which always says that it is application data (§5.2). */
export function writeHeader (buffer: Uint8Array, at: number, length: number): void {
  buffer[at] = ContentType.application_data
  buffer[at + 1] = 3
  buffer[at + 2] = 3
  buffer[at + 3] = length >>> 8
  buffer[at + 4] = length
}

/** Of a record, in bytes (§5.1). */
export const headerLength = 5

/** Of the IV and the nonce, in bytes (§5.3). */
export const nonceLength = 12

// Sealing and opening are synchronous: one nonce and one header serve every connection.
const nonce = new Uint8Array(nonceLength)
const additionalData = new Uint8Array(headerLength)
