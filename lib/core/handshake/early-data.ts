/**
 * Whether early data is let in (RFC 8446 §4.2.10, §8). It has no forward secrecy, and it may be a replay: so all has to be
 * as it was in the session, its age has to be what the client says, and the ClientHello must not have come before. Anything
 * else is no error: the client sends its data again when the handshake is complete.
 */
import type { CipherSuite } from '../../../types/crypto.ts'
import type { SecureContext } from '../../../types/credentials.ts'
import type { EarlyDataResult, HandshakeInfo } from '../../../types/observer.ts'
import type { ServerConfiguration } from '../../../types/server.ts'
import type { EarlyDataTerms } from '../../../types/session.ts'
import { earlyDataWindow } from '../limits.ts'
import type { ClientHello } from '../messages/client-hello.ts'
import type { OfferedPsks } from '../messages/client-hello-extensions.ts'
import type { ApplicationWriter } from './application-writer.ts'
import type { SelectedPsk } from './psk-selection.ts'
import type { SessionState } from './session-state.ts'
import type { Waiter } from './waiter.ts'

/** A connection between our Finished and the client's, on which early data was accepted: it is read, and may be answered. */
export interface EarlyPhase {
  readonly info: HandshakeInfo
  readonly context: SecureContext
  readonly writer: ApplicationWriter
}

/**
 * Tells the observer what became of the offer. Server name and protocol need no look: a session with others is not selected.
 * @param next is called with the bytes of early data that may come; null: it is not accepted
 */
export function admitEarlyData (configuration: ServerConfiguration, hello: ClientHello, suite: CipherSuite, psk: SelectedPsk | null, waiter: Waiter, next: (limit: number | null) => void): void {
  const { earlyData: terms, observer } = configuration
  const refuse = (result: EarlyDataResult): void => {
    observer.earlyDataOffered?.(result)
    next(null)
  }
  if (!hello.earlyData) return next(null)
  if (terms === null) return refuse('disabled')
  const session = psk?.session ?? null
  // §4.2.10: it goes with the first identity, and with no other.
  if (session === null || psk?.index !== 0) return refuse('no_ticket')
  const { identities: [{ obfuscatedTicketAge }], binders: [binder] } = hello.preSharedKey as OfferedPsks
  if (!allowsEarlyData(session, suite, terms)) return refuse('not_allowed')
  if (!isFresh(session, obfuscatedTicketAge, terms, configuration.now())) return refuse('stale')
  // §8.2: the binder stands for the ClientHello. Fresh means twice the window at most.
  waiter.then(terms.claim(binder, 2 * earlyDataWindow), (verdict) => {
    if (verdict !== 'first') return refuse(verdict)
    observer.earlyDataOffered?.('accepted')
    next(session.maxEarlyDataSize)
  })
}

/** Early data is anonymous: a session with a client's certificate has none, so that nothing is done twice in its name. */
function allowsEarlyData ({ maxEarlyDataSize, cipherSuite, chain }: SessionState, suite: CipherSuite, terms: EarlyDataTerms): boolean {
  return maxEarlyDataSize > 0 && maxEarlyDataSize <= terms.maxEarlyData && cipherSuite === suite.id && chain.length === 0
}

/**
 * §8.3: the age that the client tells has to be the ticket's age here. §8.2: what may have come before there was anything to
 * remember it is refused.
 */
function isFresh ({ issuedAt, ticketAgeAdd }: SessionState, obfuscatedTicketAge: number, terms: EarlyDataTerms, now: number): boolean {
  if (issuedAt < terms.since && now < terms.since + 2 * earlyDataWindow) return false
  const clientAge = (obfuscatedTicketAge - ticketAgeAdd) >>> 0 // modulo 2^32
  return Math.abs(now - issuedAt - clientAge) <= earlyDataWindow
}
