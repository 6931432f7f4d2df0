/**
 * Puts handshake messages together again (RFC 8446 §5.1): several in a record, or one over several, but never with
 * another type between, and never over a change of keys.
 */
import { HandshakeType } from '../constants.ts'
import { fail } from '../errors.ts'
import { maxCertificateLength, maxClientHelloLength, maxHandshakeMessageLength } from '../limits.ts'
import { noBytes } from '../wire/bytes.ts'

export class HandshakeReader {
  /** The message that `next` found, its header of four bytes included. */
  message: Uint8Array = noBytes

  #fragment: Uint8Array = noBytes
  #offset = 0
  /** The message that is still incomplete, how much of it is there, and how long it or its header will be. */
  #partial: Uint8Array | null = null
  #partialLength = 0
  #wanted = 0

  /** Takes the content of a handshake record, once everything before it was read. */
  push (fragment: Uint8Array): void {
    // §5.1: "Implementations MUST NOT send zero-length fragments of Handshake types".
    if (fragment.length === 0) fail('EMPTY_RECORD', 'a handshake record without content')
    this.#fragment = fragment
    this.#offset = 0
  }

  /** Is a message incomplete? Then only its next piece may follow. */
  get midMessage (): boolean {
    return this.#partial !== null
  }

  /** Finds the next whole message. */
  next (): boolean {
    if (this.#partial === null) {
      const left = this.#fragment.length - this.#offset
      if (left === 0) {
        this.#fragment = this.message = noBytes
        this.#offset = 0
        return false
      }
      if (left >= 4) {
        const length = messageLength(this.#fragment, this.#offset)
        if (left >= length) {
          this.#offset += length
          return this.#found(this.#fragment.subarray(this.#offset - length, this.#offset))
        }
        this.#wanted = length
      } else {
        this.#wanted = 4
      }
      this.#partial = noBytes
      this.#partialLength = 0
    }
    return this.#nextFromPartial()
  }

  /** §5.1: "Handshake messages MUST NOT span key changes": nothing may be left before one. */
  assertAligned (): void {
    if (this.#partial !== null || this.#offset !== this.#fragment.length) {
      fail('KEY_CHANGE_INSIDE_RECORD', 'handshake bytes follow a message that changes the keys')
    }
  }

  #nextFromPartial (): boolean {
    const partial = this.#fill()
    if (partial === null) return false
    const length = messageLength(partial, 0)
    if (length > partial.length) {
      this.#wanted = length
      return this.#nextFromPartial()
    }
    this.#partial = null
    return this.#found(partial)
  }

  /** Moves what has come into the message. @returns it when it is whole */
  #fill (): Uint8Array | null {
    const taken = Math.min(this.#wanted - this.#partialLength, this.#fragment.length - this.#offset)
    const partial = this.#reserve(this.#partialLength + taken)
    partial.set(this.#fragment.subarray(this.#offset, this.#offset + taken), this.#partialLength)
    this.#partialLength += taken
    this.#offset += taken
    return this.#partialLength === this.#wanted ? partial.subarray(0, this.#wanted) : null
  }

  /** The memory of a message grows with what has come of it: what is only announced costs its sender nothing, and us neither. */
  #reserve (length: number): Uint8Array {
    const partial = this.#partial as Uint8Array
    if (length <= partial.length) return partial
    const larger = new Uint8Array(Math.min(this.#wanted, Math.max(length, 2 * partial.length)))
    larger.set(partial)
    this.#partial = larger
    return larger
  }

  #found (message: Uint8Array): true {
    this.message = message
    return true
  }
}

/** Reads a header. @returns the length of the message, header included */
function messageLength (bytes: Uint8Array, at: number): number {
  const type = bytes[at]
  const length = bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]
  if (length > (maxLengths.get(type) ?? maxHandshakeMessageLength)) fail('MESSAGE_TOO_LONG', `a handshake message of type ${type} with ${length} bytes`)
  return 4 + length
}

const maxLengths: ReadonlyMap<number, number> = new Map([
  [HandshakeType.client_hello, maxClientHelloLength],
  [HandshakeType.certificate, maxCertificateLength],
  [HandshakeType.compressed_certificate, maxCertificateLength]
])
