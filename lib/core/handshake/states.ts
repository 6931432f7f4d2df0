/**
 * The states of the server (RFC 8446 Appendix A.2) and all that may happen in them. The table is the truth: code asks it
 * which message may come and where it may go, and the tests walk it.
 *
 * POST_WAIT_CV and POST_WAIT_FINISHED are the middle of a client's answer to a post-handshake request, which must be
 * contiguous (§4.6.2).
 */
import { HandshakeType, nameOf } from '../constants.ts'
import { fail } from '../errors.ts'

export type State =
  | 'START' | 'RECVD_CH' | 'NEGOTIATED' | 'WAIT_EOED' | 'WAIT_CERT' | 'WAIT_CV' | 'WAIT_FINISHED'
  | 'CONNECTED' | 'POST_WAIT_CV' | 'POST_WAIT_FINISHED' | 'CLOSED'

interface Row {
  /** The handshake messages that a client may send in this state. */
  readonly accepts: readonly number[]
  /** May application data come? */
  readonly applicationData: boolean
  readonly next: readonly State[]
}

export const transitions: Readonly<Record<State, Row>> = {
  START: { accepts: [HandshakeType.client_hello], applicationData: false, next: ['RECVD_CH', 'CLOSED'] },
  // START again: a HelloRetryRequest was sent.
  RECVD_CH: { accepts: [], applicationData: false, next: ['START', 'NEGOTIATED', 'CLOSED'] },
  NEGOTIATED: { accepts: [], applicationData: false, next: ['WAIT_EOED', 'WAIT_CERT', 'WAIT_FINISHED', 'CLOSED'] },
  // Early data was accepted. No Certificate follows: it is a resumption.
  WAIT_EOED: { accepts: [HandshakeType.end_of_early_data], applicationData: true, next: ['WAIT_FINISHED', 'CLOSED'] },
  // WAIT_FINISHED directly: the Certificate was empty.
  WAIT_CERT: { accepts: [HandshakeType.certificate, HandshakeType.compressed_certificate], applicationData: false, next: ['WAIT_CV', 'WAIT_FINISHED', 'CLOSED'] },
  WAIT_CV: { accepts: [HandshakeType.certificate_verify], applicationData: false, next: ['WAIT_FINISHED', 'CLOSED'] },
  WAIT_FINISHED: { accepts: [HandshakeType.finished], applicationData: false, next: ['CONNECTED', 'CLOSED'] },
  // A Certificate only while a request is outstanding: post-handshake.ts sees to that.
  CONNECTED: {
    accepts: [HandshakeType.key_update, HandshakeType.certificate, HandshakeType.compressed_certificate],
    applicationData: true,
    next: ['POST_WAIT_CV', 'POST_WAIT_FINISHED', 'CLOSED']
  },
  POST_WAIT_CV: { accepts: [HandshakeType.certificate_verify], applicationData: false, next: ['POST_WAIT_FINISHED', 'CLOSED'] },
  POST_WAIT_FINISHED: { accepts: [HandshakeType.finished], applicationData: false, next: ['CONNECTED', 'CLOSED'] },
  CLOSED: { accepts: [], applicationData: false, next: [] }
}

/** The one value that says where a connection is, and its one writer. */
export class StateMachine {
  #state: State = 'START'

  get current (): State {
    return this.#state
  }

  /** @throws {TlsError} unexpected_message when the message may not come now */
  expect (messageType: number): void {
    if (transitions[this.#state].accepts.includes(messageType)) return
    fail('UNEXPECTED_MESSAGE', `${nameOf(HandshakeType, messageType) ?? 'a message of type ' + messageType} in ${this.#state}`)
  }

  /** @throws {TlsError} unexpected_message when application data may not come now */
  expectApplicationData (): void {
    if (!transitions[this.#state].applicationData) fail('UNEXPECTED_MESSAGE', `application data in ${this.#state}`)
  }

  /** @throws {Error} on a transition that the table does not have: an error of ours */
  to (state: State): void {
    if (!transitions[this.#state].next.includes(state)) throw new Error(`no transition from ${this.#state} to ${state}`)
    this.#state = state
  }
}
