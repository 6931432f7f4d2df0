/** Record protection of one direction under one traffic secret (RFC 8446 §5.2, §5.3, §7.3). */
import type { Aead, CipherSuite } from '../../../types/crypto.ts'
import { ContentType } from '../constants.ts'
import { noBytes } from '../wire/bytes.ts'
import { wipe } from '../wire/memory.ts'
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
  const keys = expandLabels(hash, trafficSecret, [
    { label: 'key', context: noBytes, length: keyLength },
    { label: 'iv', context: noBytes, length: nonceLength }
  ])
  return { key: keys[0], iv: keys[1] }
}

export function handshakeKeys ({ hash, keyLength }: CipherSuite, handshakeTrafficSecret: Uint8Array): HandshakeKeys {
  const keys = expandLabels(hash, handshakeTrafficSecret, [
    { label: 'key', context: noBytes, length: keyLength },
    { label: 'iv', context: noBytes, length: nonceLength },
    { label: 'finished', context: noBytes, length: hash.length }
  ])
  return { key: keys[0], iv: keys[1], finishedKey: keys[2] }
}

export class RecordProtection {
  readonly #suite: CipherSuite
  readonly #aead: Aead
  #sequenceNumber: number

  /** The IV in words: an idle connection would keep twenty times as much for each as an array of its twelve bytes. */
  #iv0: number
  #iv1: number
  #iv2: number

  /** @param keys are the protection's from now on: it wipes what it keeps of them, and the IV at once */
  constructor (suite: CipherSuite, { key, iv }: TrafficKeys, sequenceNumber = 0) {
    this.#suite = suite
    this.#aead = suite.aead(key)
    this.#sequenceNumber = sequenceNumber
    this.#iv0 = word(iv, 0)
    this.#iv1 = word(iv, 4)
    this.#iv2 = word(iv, 8)
    wipe(iv)
  }

  get tagLength (): number {
    return this.#suite.tagLength
  }

  /** Must the key be updated before another record is sealed (§5.5)? A margin is left for the update itself. */
  get exhausted (): boolean {
    return !this.allows(1)
  }

  /** May so many records be sealed before the key must be updated? */
  allows (records: number): boolean {
    return this.#sequenceNumber + records <= this.#suite.recordLimit - 8
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
    writeHeader(buffer, start - headerLength, ContentType.application_data, length)
    writeHeader(additionalData, 0, ContentType.application_data, length)
    this.#aead.seal(this.#nextNonce(), additionalData, buffer, start, end)
    return end + this.tagLength
  }

  /** Opens `buffer[start, end)`. @returns the TLSInnerPlaintext, or null when it was not sealed by the peer */
  open (buffer: Uint8Array, start: number, end: number): Uint8Array | null {
    if (end - start < this.tagLength) return null
    writeHeader(additionalData, 0, ContentType.application_data, end - start)
    const opened = this.#aead.open(this.#nonce(), additionalData, buffer, start, end)
    // A record that fails is skipped early data or the end: it takes no number (§4.2.10).
    if (opened !== null) this.#sequenceNumber++
    return opened
  }

  destroy (): void {
    this.#aead.destroy()
    this.#iv0 = this.#iv1 = this.#iv2 = 0
  }

  #nextNonce (): Uint8Array {
    const value = this.#nonce()
    this.#sequenceNumber++
    return value
  }

  /** §5.3: the sequence number, padded to the length of the IV, XORed with it. */
  #nonce (): Uint8Array {
    nonceWords.setInt32(0, this.#iv0)
    nonceWords.setInt32(4, this.#iv1 ^ Math.floor(this.#sequenceNumber / 2 ** 32))
    nonceWords.setInt32(8, this.#iv2 ^ this.#sequenceNumber) // its last 32 bits
    return nonce
  }
}

/** Signed, as V8 keeps it in the object itself. */
function word (bytes: Uint8Array, at: number): number {
  return bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]
}

/** @param type a protected record always says that it is application data (§5.2) @param length of what follows the header */
export function writeHeader (buffer: Uint8Array, at: number, type: number, length: number): void {
  buffer[at] = type
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
const nonceWords = new DataView(nonce.buffer)
const additionalData = new Uint8Array(headerLength)
