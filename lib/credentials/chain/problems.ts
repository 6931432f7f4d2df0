/** Why a chain is refused: OpenSSL's verification errors, and the alert that each becomes. */
import { AlertDescription } from '../../core/constants.ts'

/** OpenSSL's `X509_V_ERR_…` without the prefix, as node:tls reports it in `authorizationError`. */
export type ProblemCode = keyof typeof alerts

/** A problem of the certificate at `depth` of the path, the leaf being 0. */
export interface Problem {
  readonly code: ProblemCode
  readonly depth: number
}

/** Collects what is wrong with a path, in the order in which OpenSSL finds it. */
export class Problems {
  readonly list: Problem[] = []

  add (code: ProblemCode, depth: number): void {
    this.list.push({ code, depth })
  }

  /**
   * The one that is reported. node:tls lets OpenSSL go on after an error and reports the last one it met: an expired
   * certificate of an unknown issuer is `CERT_HAS_EXPIRED`.
   */
  get last (): ProblemCode | null {
    return this.list.at(-1)?.code ?? null
  }
}

/** The AlertDescription for a problem. */
export function alertFor (code: ProblemCode): number {
  return alerts[code]
}

/** As OpenSSL maps them (`ssl_x509err2alert`); what it has no line for is certificate_unknown there and here. */
const alerts = {
  CA_KEY_TOO_SMALL: AlertDescription.bad_certificate,
  CA_MD_TOO_WEAK: AlertDescription.bad_certificate,
  CERT_CHAIN_TOO_LONG: AlertDescription.unknown_ca,
  CERT_HAS_EXPIRED: AlertDescription.certificate_expired,
  CERT_NOT_YET_VALID: AlertDescription.bad_certificate,
  CERT_REVOKED: AlertDescription.certificate_revoked,
  CERT_SIGNATURE_FAILURE: AlertDescription.decrypt_error,
  CRL_HAS_EXPIRED: AlertDescription.certificate_expired,
  CRL_NOT_YET_VALID: AlertDescription.bad_certificate,
  CRL_SIGNATURE_FAILURE: AlertDescription.decrypt_error,
  DEPTH_ZERO_SELF_SIGNED_CERT: AlertDescription.unknown_ca,
  DIFFERENT_CRL_SCOPE: AlertDescription.certificate_unknown,
  EC_KEY_EXPLICIT_PARAMS: AlertDescription.bad_certificate,
  EE_KEY_TOO_SMALL: AlertDescription.bad_certificate,
  ERROR_IN_CERT_NOT_AFTER_FIELD: AlertDescription.bad_certificate,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: AlertDescription.bad_certificate,
  EXCLUDED_VIOLATION: AlertDescription.certificate_unknown,
  INVALID_CA: AlertDescription.unknown_ca,
  INVALID_PURPOSE: AlertDescription.unsupported_certificate,
  KEYUSAGE_NO_CERTSIGN: AlertDescription.certificate_unknown,
  KEYUSAGE_NO_CRL_SIGN: AlertDescription.certificate_unknown,
  PATH_LENGTH_EXCEEDED: AlertDescription.unknown_ca,
  PERMITTED_VIOLATION: AlertDescription.certificate_unknown,
  PROXY_CERTIFICATES_NOT_ALLOWED: AlertDescription.certificate_unknown,
  SELF_SIGNED_CERT_IN_CHAIN: AlertDescription.unknown_ca,
  SUBTREE_MINMAX: AlertDescription.certificate_unknown,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: AlertDescription.bad_certificate,
  UNABLE_TO_GET_CRL: AlertDescription.unknown_ca,
  UNABLE_TO_GET_ISSUER_CERT: AlertDescription.unknown_ca,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AlertDescription.unknown_ca,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AlertDescription.unknown_ca,
  UNHANDLED_CRITICAL_CRL_EXTENSION: AlertDescription.certificate_unknown,
  UNHANDLED_CRITICAL_EXTENSION: AlertDescription.certificate_unknown,
  UNSPECIFIED: AlertDescription.internal_error,
  UNSUPPORTED_CONSTRAINT_TYPE: AlertDescription.certificate_unknown,
  UNSUPPORTED_NAME_SYNTAX: AlertDescription.certificate_unknown
} as const
