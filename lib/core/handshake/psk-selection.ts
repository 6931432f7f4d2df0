/**
 * Chooses the PSK of a handshake (RFC 8446 §4.2.11): a key that was agreed on outside of TLS, or the session of a ticket,
 * which is held against what is true now. The first identity that passes has its binder verified. One that does not pass is
 * no error: a full handshake follows.
 */
import type { CipherSuite } from '../../../types/crypto.ts'
import type { ClientIdentity, SecureContext } from '../../../types/credentials.ts'
import type { OpenedTicket } from '../../../types/session.ts'
import type { TicketResult } from '../../../types/observer.ts'
import type { ExternalPsk, ServerConfiguration } from '../../../types/server.ts'
import { fail } from '../errors.ts'
import { maxPskIdentities } from '../limits.ts'
import type { ClientHello } from '../messages/client-hello.ts'
import type { OfferedPsks } from '../messages/client-hello-extensions.ts'
import { equalBytes } from '../wire/bytes.ts'
import { wipe } from '../wire/memory.ts'
import { EarlySecret, finishedVerifyData } from '../schedule/key-schedule.ts'
import type { Transcript } from '../schedule/transcript.ts'
import { canResume } from './negotiate.ts'
import { decodeSessionState, type SessionState } from './session-state.ts'
import type { Waiter } from './waiter.ts'

/** What the new handshake is, for a session to fit it. */
export interface ResumptionTarget {
  readonly hello: ClientHello
  readonly suite: CipherSuite
  readonly context: SecureContext
  readonly policy: Uint8Array
  readonly alpnProtocol: string | null
  /** The transcript before this ClientHello. */
  readonly transcript: Transcript
}

export interface SelectedPsk {
  /** Was the key agreed on outside of TLS? */
  readonly external: boolean
  /** Which identity of those offered. */
  readonly index: number
  readonly earlySecret: EarlySecret
  /** The ticket's; null of a key that was agreed on outside of TLS. */
  readonly session: SessionState | null
  readonly identity: ClientIdentity | null
  /** When the full handshake was that this goes back to, Unix time in milliseconds. */
  readonly authenticatedAt: number
}

export class PskSelection {
  readonly #configuration: ServerConfiguration
  readonly #target: ResumptionTarget
  readonly #waiter: Waiter
  readonly #next: (session: SelectedPsk | null) => void

  constructor (configuration: ServerConfiguration, target: ResumptionTarget, waiter: Waiter, next: (session: SelectedPsk | null) => void) {
    this.#configuration = configuration
    this.#target = target
    this.#waiter = waiter
    this.#next = next
  }

  /** A server that demands a verified client resumes none without, whatever a session says of itself. */
  #demandsClient (): boolean {
    return this.#configuration.requestCert && this.#configuration.rejectUnauthorized
  }

  /** Calls `next` with the session, or with null for a full handshake. */
  start (): void {
    const { hello } = this.#target
    if (hello.preSharedKey === null || !canResume(hello, this.#configuration)) this.#next(null)
    else this.#try(hello.preSharedKey, 0)
  }

  #try (offer: OfferedPsks, index: number): void {
    const { externalPsk, observer } = this.#configuration
    if (index === offer.identities.length) return this.#next(null)
    if (index === maxPskIdentities) {
      observer.limitReached?.('psk_identities')
      return this.#next(null)
    }
    if (externalPsk === null) return this.#openTicket(offer, index)
    this.#waiter.then(externalPsk(offer.identities[index].identity), (psk) => {
      if (psk === null) this.#openTicket(offer, index)
      else this.#useExternal(offer, index, psk)
    })
  }

  /** A key that proves no certificate is none where a certificate is demanded. */
  #useExternal (offer: OfferedPsks, index: number, { key, hash }: ExternalPsk): void {
    const { now } = this.#configuration
    if (hash !== this.#target.suite.hash.name || this.#demandsClient()) return this.#try(offer, index + 1)
    this.#select(offer, index, key, { external: true, session: null, identity: null, authenticatedAt: now() })
  }

  #openTicket (offer: OfferedPsks, index: number): void {
    const { tickets } = this.#configuration
    if (tickets === null) return this.#try(offer, index + 1)
    this.#waiter.then(tickets.open(offer.identities[index].identity, this.#target.policy), (opened) => this.#onOpened(offer, index, opened))
  }

  #onOpened (offer: OfferedPsks, index: number, opened: OpenedTicket): void {
    if (opened.state === null) return this.#refuse(offer, index, opened.refused)
    const session = decodeSessionState(opened.state)
    if (session === null) return this.#refuse(offer, index, 'unknown')
    const refusal = this.#refusal(session)
    if (refusal !== null) return this.#refuse(offer, index, refusal)
    if (session.chain.length === 0) return this.#consult(offer, index, session, null)
    // The chain is verified against what is trusted today; the ticket's own word is not enough.
    this.#waiter.then(this.#target.context.verifier.verify(session.chain), ({ authorized, authorizationError }) => {
      if (!authorized && (session.authorized || this.#demandsClient())) this.#refuse(offer, index, 'rejected')
      else this.#consult(offer, index, session, { chain: session.chain, authorized, authorizationError })
    })
  }

  /** Everything a session is bound to, but its binder and its client's chain. */
  #refusal (session: SessionState): TicketResult | null {
    const { hello, suite, policy, alpnProtocol } = this.#target
    const { now, sessionLifetime } = this.#configuration
    const time = now()
    if (time > session.issuedAt + session.lifetime * 1000) return 'expired'
    if (time > session.authenticatedAt + sessionLifetime * 1000) return 'expired'
    if (!equalBytes(session.policy, policy)) return 'rejected'
    if (session.serverName !== (hello.serverName ?? '')) return 'rejected'
    if (session.alpnProtocol !== (alpnProtocol ?? '')) return 'rejected'
    // §4.2.11: the suite may be another, its hash may not.
    if (this.#configuration.cipherSuites.find((ours) => ours.id === session.cipherSuite)?.hash !== suite.hash) return 'rejected'
    if (this.#demandsClient() && session.chain.length === 0) return 'rejected'
    return null
  }

  /**
   * The application has the last word. It comes before the binder, because §4.2.11 wants one PSK chosen and its binder
   * verified, and no other.
   */
  #consult (offer: OfferedPsks, index: number, session: SessionState, identity: ClientIdentity | null): void {
    const { onResume } = this.#configuration
    if (onResume === null) return this.#accept(offer, index, session, identity)
    const { hello: { serverName }, alpnProtocol } = this.#target
    const { issuedAt, authenticatedAt } = session
    this.#waiter.then(onResume({ serverName, alpnProtocol, issuedAt, authenticatedAt, identity }), (agreed) => {
      if (agreed) this.#accept(offer, index, session, identity)
      else this.#refuse(offer, index, 'denied')
    })
  }

  #refuse (offer: OfferedPsks, index: number, result: TicketResult): void {
    this.#configuration.observer.ticketRedeemed?.(result)
    this.#try(offer, index + 1)
  }

  #accept (offer: OfferedPsks, index: number, session: SessionState, identity: ClientIdentity | null): void {
    this.#select(offer, index, session.psk, { external: false, session, identity, authenticatedAt: session.authenticatedAt })
  }

  #select (offer: OfferedPsks, index: number, psk: Uint8Array, facts: Pick<SelectedPsk, 'external' | 'session' | 'identity' | 'authenticatedAt'>): void {
    const earlySecret = new EarlySecret(this.#target.suite.hash, psk)
    if (!facts.external) wipe(psk)
    this.#verifyBinder(offer, index, earlySecret.binderKey(facts.external))
    if (!facts.external) this.#configuration.observer.ticketRedeemed?.('accepted')
    const { external, session, identity, authenticatedAt } = facts
    this.#next({ external, index, earlySecret, session, identity, authenticatedAt })
  }

  /** §4.2.11.2: over the transcript up to the list of binders, which is not in it. */
  #verifyBinder (offer: OfferedPsks, index: number, binderKey: Uint8Array): void {
    const { hello, suite, transcript } = this.#target
    const partialHash = transcript.hashWith(hello.message.subarray(0, offer.bindersOffset))
    const expected = finishedVerifyData(suite.hash, binderKey, partialHash)
    if (!this.#configuration.crypto.timingSafeEqual(expected, offer.binders[index])) fail('BAD_BINDER', 'the binder does not fit the ticket')
  }
}
