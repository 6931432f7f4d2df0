/** What a finished handshake leaves behind: the facts, and the secrets that are needed later. */
import type { CipherSuite } from '../../../types/crypto.ts'
import type { ClientIdentity, SecureContext } from '../../../types/credentials.ts'
import type { HandshakeInfo } from '../../../types/observer.ts'
import type { ApplicationSecrets } from './application-secrets.ts'
import type { ApplicationWriter } from './application-writer.ts'
import type { Transcript } from '../schedule/transcript.ts'

export interface Established {
  readonly suite: CipherSuite
  readonly context: SecureContext
  readonly policy: Uint8Array
  readonly info: HandshakeInfo
  /** Who the client is, by its certificate in this handshake or in the session resumed. */
  readonly identity: ClientIdentity | null
  /** When the full handshake was that this session goes back to, Unix time in milliseconds. */
  readonly authenticatedAt: number
  /** How many tickets the client asked for this kind of handshake (RFC 9149); null: it did not say. */
  readonly ticketsAsked: number | null
  /** Can the client use tickets at all (§4.2.9)? */
  readonly canResume: boolean
  /** ClientHello…client Finished, to fork post-handshake authentications from; null when the client did not offer any. */
  readonly transcript: Transcript | null
  readonly secrets: ApplicationSecrets
  readonly writer: ApplicationWriter
}
