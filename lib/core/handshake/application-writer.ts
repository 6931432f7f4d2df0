/** Application data out, under keys that are renewed in time: from our Finished on (RFC 8446 §4.6.3, §5.5). */
import type { CipherSuite } from '../../../types/crypto.ts'
import { ContentType } from '../constants.ts'
import { encodeKeyUpdate } from '../messages/key-update.ts'
import { trafficKeys } from '../record/protection.ts'
import type { RecordRun } from '../record/record-run.ts'
import { nextTrafficSecret } from '../schedule/key-schedule.ts'
import type { ApplicationSecrets } from './application-secrets.ts'
import type { Channel } from './channel.ts'

export class ApplicationWriter {
  readonly #channel: Channel
  readonly #suite: CipherSuite
  readonly #secrets: ApplicationSecrets

  /** @param secrets of which the server's is in force from now on */
  constructor (channel: Channel, suite: CipherSuite, secrets: ApplicationSecrets) {
    this.#channel = channel
    this.#suite = suite
    this.#secrets = secrets
    channel.records.setWriteSecret(suite, secrets.get('server'))
  }

  write (chunks: readonly Uint8Array[]): void {
    const { records, configuration } = this.#channel
    for (const chunk of chunks) configuration.counters.plaintextSent += chunk.length
    // §5.5: new keys before the limit is reached, in the middle of what is written too.
    records.writeApplicationData(chunks, () => this.updateKeys(false))
  }

  /** Takes the numbers of the records of so much content. @returns null when the keys must be renewed before its end */
  reserve (length: number): RecordRun | null {
    const { records, configuration } = this.#channel
    const reserved = records.reserve(length, this.#suite)
    if (reserved === null) return null
    configuration.counters.plaintextSent += length
    return { ...reserved, suite: this.#suite, keys: trafficKeys(this.#suite, this.#secrets.get('server')) }
  }

  /** @param requestUpdate is the peer to renew its own? */
  updateKeys (requestUpdate: boolean): void {
    const { records, configuration } = this.#channel
    records.write(ContentType.handshake, [encodeKeyUpdate(requestUpdate)])
    // In the place of the old one, from which the new one could be had.
    this.#secrets.keep('server', nextTrafficSecret(this.#suite.hash, this.#secrets.get('server')))
    records.setWriteSecret(this.#suite, this.#secrets.get('server'))
    configuration.observer.keyUpdate?.('sent', requestUpdate)
  }
}
