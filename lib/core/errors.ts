/**
 * Why a connection fails: one table from the reason to the alert the RFC names. The core throws `TlsError` and nothing
 * else; `connection.ts` is the one that catches it, sends the alert and reports the reason.
 */
import type { Limit } from '../../types/observer.ts'
import { AlertDescription, nameOf } from './constants.ts'

/** Reason → alert. The reasons are the log codes; the alert's name is the metric label. */
const reasons = {
  // Reading what a peer wrote (RFC 8446 §6: "could not be parsed").
  DECODE_ERROR: AlertDescription.decode_error,
  TRAILING_DATA: AlertDescription.decode_error,
  DUPLICATE_EXTENSION: AlertDescription.illegal_parameter,
  EXTENSION_NOT_ALLOWED: AlertDescription.illegal_parameter,
  UNSUPPORTED_EXTENSION: AlertDescription.unsupported_extension,
  PRE_SHARED_KEY_NOT_LAST: AlertDescription.illegal_parameter,

  // Records (§5).
  NOT_TLS: AlertDescription.unexpected_message,
  RECORD_OVERFLOW: AlertDescription.record_overflow,
  RECORD_TYPE: AlertDescription.unexpected_message,
  EMPTY_RECORD: AlertDescription.unexpected_message,
  EMPTY_RECORDS: AlertDescription.unexpected_message,
  NO_CONTENT_TYPE: AlertDescription.unexpected_message,
  BAD_RECORD_MAC: AlertDescription.bad_record_mac,
  INTERLEAVED: AlertDescription.unexpected_message,
  KEY_CHANGE_INSIDE_RECORD: AlertDescription.unexpected_message,
  BAD_CHANGE_CIPHER_SPEC: AlertDescription.unexpected_message,
  BAD_ALERT: AlertDescription.illegal_parameter,
  ALERT_LENGTH: AlertDescription.decode_error,
  WARNING_ALERTS: AlertDescription.unexpected_message,
  MESSAGE_TOO_LONG: AlertDescription.decode_error,
  UNEXPECTED_MESSAGE: AlertDescription.unexpected_message,
  EARLY_DATA_TOO_LONG: AlertDescription.unexpected_message,

  // Negotiation (§4.1, §4.2).
  PROTOCOL_VERSION: AlertDescription.protocol_version,
  LEGACY_PARAMETER: AlertDescription.illegal_parameter,
  NO_SHARED_CIPHER_SUITE: AlertDescription.handshake_failure,
  NO_SHARED_GROUP: AlertDescription.handshake_failure,
  NO_SUITABLE_CERTIFICATE: AlertDescription.handshake_failure,
  NO_APPLICATION_PROTOCOL: AlertDescription.no_application_protocol,
  UNRECOGNIZED_NAME: AlertDescription.unrecognized_name,
  MISSING_EXTENSION: AlertDescription.missing_extension,
  BAD_KEY_SHARE: AlertDescription.illegal_parameter,
  BAD_SECOND_CLIENT_HELLO: AlertDescription.illegal_parameter,
  BAD_PSK: AlertDescription.illegal_parameter,
  BAD_RECORD_SIZE_LIMIT: AlertDescription.illegal_parameter,
  BAD_BINDER: AlertDescription.decrypt_error,

  // Authentication (§4.4).
  BAD_FINISHED: AlertDescription.decrypt_error,
  BAD_SIGNATURE: AlertDescription.decrypt_error,
  BAD_SIGNATURE_SCHEME: AlertDescription.illegal_parameter,
  BAD_CERTIFICATE_CONTEXT: AlertDescription.illegal_parameter,
  BAD_CERTIFICATE: AlertDescription.bad_certificate,
  BAD_COMPRESSION_ALGORITHM: AlertDescription.illegal_parameter,
  BAD_COMPRESSED_CERTIFICATE: AlertDescription.bad_certificate,
  CERTIFICATE_CHAIN_TOO_LONG: AlertDescription.bad_certificate,
  CERTIFICATE_REQUIRED: AlertDescription.certificate_required,

  // After the handshake (§4.6).
  BAD_KEY_UPDATE: AlertDescription.illegal_parameter,
  KEY_UPDATES: AlertDescription.unexpected_message,

  // Ours.
  HANDSHAKE_TIMEOUT: AlertDescription.user_canceled,
  INTERNAL_ERROR: AlertDescription.internal_error
} as const satisfies Record<string, number>

export type Reason = keyof typeof reasons

/** The reasons that are a limit, by the name under which it is counted. */
const limits: { readonly [reason in Reason]?: Limit } = {
  RECORD_OVERFLOW: 'record_size',
  EMPTY_RECORDS: 'empty_records',
  WARNING_ALERTS: 'warning_alerts',
  MESSAGE_TOO_LONG: 'message_size',
  EARLY_DATA_TOO_LONG: 'early_data',
  CERTIFICATE_CHAIN_TOO_LONG: 'certificate_chain',
  KEY_UPDATES: 'key_updates',
  HANDSHAKE_TIMEOUT: 'handshake_time'
}

/**
 * A connection's end for a reason. `code` is `TLS13_` and the reason, `alert` the AlertDescription.
 * `origin` says who gave it: `local`, we refuse the peer; `peer`, it sent us the alert.
 */
export class TlsError extends Error {
  override readonly name = 'TlsError'
  readonly code: string
  readonly alert: number
  readonly origin: 'local' | 'peer'

  constructor (code: string, alert: number, origin: 'local' | 'peer', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.alert = alert
    this.origin = origin
  }

  /** The alert's name, bounded, as logs and metrics show it. */
  get alertName (): string {
    return alertName(this.alert)
  }
}

/** @returns the limit that the peer ran into; null where it is none */
export function limitOf ({ code }: TlsError): Limit | null {
  return limits[code.slice('TLS13_'.length) as Reason] ?? null
}

/** Ends the connection for a reason of ours. */
export function fail (reason: Reason, detail: string): never {
  throw new TlsError('TLS13_' + reason, reasons[reason], 'local', detail)
}

/** Ends the connection with an alert that a verdict named (a client's chain). */
export function failWithAlert (reason: Reason, alert: number, detail: string): never {
  throw new TlsError('TLS13_' + reason, alert, 'local', detail)
}

/** Something of ours threw: the peer learns `internal_error` and nothing else. */
export function internalError (cause: unknown): TlsError {
  if (cause instanceof TlsError) return cause
  return new TlsError('TLS13_INTERNAL_ERROR', AlertDescription.internal_error, 'local', 'internal error', cause)
}

/** The peer ended the connection with an alert. */
export function peerAlert (alert: number): TlsError {
  return new TlsError('TLS13_PEER_ALERT', alert, 'peer', `the peer sent the alert ${alertName(alert)}`)
}

/** @returns the alert's name, `unknown` where the number has none */
export function alertName (alert: number): string {
  return nameOf(AlertDescription, alert) ?? 'unknown'
}

/** A call that the connection refuses in its present state; the connection itself is unharmed. */
export type Refusal =
  | 'NOT_OFFERED' | 'PENDING' | 'HANDSHAKE_IN_PROGRESS' | 'HTTP2' | 'EXTERNAL_PSK' | 'CLOSED' | 'NO_TICKETS' | 'TOO_MANY_TICKETS'

/** Thrown by the calls of `ServerConnection`, never by `receive`. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly refusal: Refusal

  constructor (refusal: Refusal, message: string) {
    super(message)
    this.refusal = refusal
  }
}
