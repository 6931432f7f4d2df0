/** Handshake messages that leave together: each enters the transcript as it is written. */
import type { Transcript } from '../schedule/transcript.ts'
import { Writer } from '../wire/writer.ts'

export class Flight {
  readonly #transcript: Transcript
  readonly #writer = new Writer(1024, true)

  constructor (transcript: Transcript) {
    this.#transcript = transcript
  }

  add (encode: (writer: Writer) => void): void {
    const start = this.#writer.length
    encode(this.#writer)
    this.#transcript.update(this.#writer.view(start))
  }

  /** All that was added; valid until more is, or until its end. */
  get bytes (): Uint8Array {
    return this.#writer.view()
  }

  /** It has left. */
  end (): void {
    this.#writer.end()
  }
}
