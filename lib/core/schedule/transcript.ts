/** The transcript (RFC 8446 §4.4.1): a running hash of the handshake messages. */
import type { Hash, RunningHash } from '../../../types/crypto.ts'
import { HandshakeType } from '../constants.ts'

export class Transcript {
  readonly #running: RunningHash
  /** Kept when it was asked for: the application secrets and the client's Finished are of the same messages. */
  #digest: Uint8Array | null

  constructor (running: RunningHash) {
    this.#running = running
    this.#digest = null
  }

  static start (hash: Hash): Transcript {
    return new Transcript(hash.start())
  }

  /** After a HelloRetryRequest the first ClientHello stands as a message_hash. */
  static startAfterRetry (hash: Hash, firstClientHello: Uint8Array): Transcript {
    const transcript = Transcript.start(hash)
    transcript.update(Uint8Array.of(HandshakeType.message_hash, 0, 0, hash.length))
    transcript.update(hash.digest(firstClientHello))
    return transcript
  }

  /** @param message with its header */
  update (message: Uint8Array): void {
    this.#running.update(message)
    this.#digest = null
  }

  /** Transcript-Hash of the messages so far. */
  hash (): Uint8Array {
    this.#digest ??= this.#running.digest()
    return this.#digest
  }

  /** Transcript-Hash of the messages so far and of the part of a message behind them, which does not enter it. */
  hashWith (part: Uint8Array): Uint8Array {
    return this.#running.digestWith(part)
  }

  /** Nothing is asked of it any more. */
  end (): void {
    this.#running.end?.()
  }

  fork (): Transcript {
    return new Transcript(this.#running.fork())
  }
}
