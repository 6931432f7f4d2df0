/**
 * A client's answer to a CertificateRequest (RFC 8446 §4.4): Certificate, CertificateVerify and Finished, in the handshake
 * and after it alike. The identity is a candidate until Finished was verified; only then does the caller publish it.
 */
import type { ClientIdentity, ClientVerification, SecureContext } from '../../../types/credentials.ts'
import type { ClientAuthOutcome, ClientAuthPhase } from '../../../types/observer.ts'
import type { ServerConfiguration } from '../../../types/server.ts'
import { HandshakeType, SignatureScheme } from '../constants.ts'
import { fail, failWithAlert } from '../errors.ts'
import { decodeCertificate } from '../messages/certificate.ts'
import { decodeCompressedCertificate } from '../messages/compressed-certificate.ts'
import { decodeCertificateVerify, signedContent } from '../messages/certificate-verify.ts'
import type { CertificateRequest } from '../messages/certificate-request.ts'
import { equalBytes, noBytes } from '../wire/bytes.ts'
import type { Transcript } from '../schedule/transcript.ts'
import type { Waiter } from './waiter.ts'

export interface ClientAuthenticationTerms {
  readonly phase: ClientAuthPhase
  readonly context: SecureContext
  /** certificate_request_context: empty in the handshake. */
  readonly requestContext: Uint8Array
  /** End the connection when the client has no certificate? */
  readonly failIfNoCertificate: boolean
  /** End it when its chain is not authorized? */
  readonly rejectUnauthorized: boolean
}

export class ClientAuthentication {
  /** Holds ClientHello…CertificateRequest at first, and takes in the client's messages. */
  readonly transcript: Transcript
  readonly #configuration: ServerConfiguration
  readonly #terms: ClientAuthenticationTerms
  readonly #waiter: Waiter
  readonly #startedAt: number
  #candidate: ClientIdentity | null = null
  #publicKey: Uint8Array = noBytes
  #outcome: ClientAuthOutcome = 'aborted'
  #reported = false

  constructor (configuration: ServerConfiguration, terms: ClientAuthenticationTerms, transcript: Transcript, waiter: Waiter) {
    this.transcript = transcript
    this.#configuration = configuration
    this.#terms = terms
    this.#waiter = waiter
    this.#startedAt = configuration.now()
  }

  /** The request that asks for it. */
  request (): CertificateRequest {
    return {
      context: this.#terms.requestContext,
      signatureSchemes: [...this.#configuration.signatureSchemes, ...schemesOfCertificates],
      compressionAlgorithms: this.#configuration.certificateCompression.map((compression) => compression.algorithm),
      certificateAuthorities: this.#terms.context.certificateAuthorities
    }
  }

  /**
   * @param message Certificate or CompressedCertificate
   * @param next is called with true when a CertificateVerify must follow
   */
  receiveCertificate (message: Uint8Array, next: (verifyFollows: boolean) => void): void {
    const { context, chain } = decodeCertificate(this.#certificateBody(message))
    if (!equalBytes(context, this.#terms.requestContext)) fail('BAD_CERTIFICATE_CONTEXT', 'certificate_request_context is not the one asked with')
    this.transcript.update(message)
    if (chain.length === 0) {
      this.#outcome = 'empty'
      if (this.#terms.failIfNoCertificate) fail('CERTIFICATE_REQUIRED', 'the client has no certificate')
      return next(false)
    }
    this.#waiter.then(this.#terms.context.verifier.verify(chain), (verification) => {
      this.#judge(chain, verification)
      next(true)
    })
  }

  receiveCertificateVerify (message: Uint8Array): void {
    const { algorithm, signature } = decodeCertificateVerify(message)
    // §4.4.3: one that we offered; the PKCS #1 schemes were offered for certificates only.
    if (!this.#configuration.signatureSchemes.includes(algorithm)) fail('BAD_SIGNATURE_SCHEME', `SignatureScheme ${algorithm} was not offered for CertificateVerify`)
    const content = signedContent('client', this.transcript.hash())
    const verified = this.#configuration.crypto.verify(algorithm, this.#publicKey, content, signature)
    // §4.2.3, §4.4.3: a scheme is for one type of key; another one's is not a bad signature but a bad parameter.
    if (verified === null) fail('BAD_SIGNATURE_SCHEME', `SignatureScheme ${algorithm} is not for the key of the certificate`)
    if (!verified) fail('BAD_SIGNATURE', 'CertificateVerify does not verify')
    this.transcript.update(message)
  }

  /** Call it when Finished was verified. @returns who the client is; null when it sent no certificate */
  conclude (): { outcome: 'verified' | 'empty' | 'rejected', identity: ClientIdentity | null } {
    const identity = this.#candidate
    const outcome = identity === null ? 'empty' : identity.authorized ? 'verified' : 'rejected'
    this.#outcome = outcome
    this.report()
    return { outcome, identity }
  }

  /** Tells the observer how it ended, once. */
  report (outcome: ClientAuthOutcome = this.#outcome): void {
    if (this.#reported) return
    this.#reported = true
    this.#configuration.observer.clientAuthCompleted?.(this.#terms.phase, outcome, this.#configuration.now() - this.#startedAt)
  }

  #certificateBody (message: Uint8Array): Uint8Array {
    return message[0] === HandshakeType.compressed_certificate
      ? decodeCompressedCertificate(message, this.#configuration.certificateCompression)
      : message.subarray(4)
  }

  #judge (chain: readonly Uint8Array[], verification: ClientVerification): void {
    const { authorized, authorizationError, alert, publicKey } = verification
    this.#outcome = 'rejected'
    if (publicKey === null) fail('BAD_CERTIFICATE', 'the certificate cannot be read')
    if (!authorized && this.#terms.rejectUnauthorized) failWithAlert('BAD_CERTIFICATE', alert, `the certificate is not authorized: ${authorizationError}`)
    this.#outcome = 'aborted'
    this.#publicKey = publicKey
    this.#candidate = { chain, authorized, authorizationError }
  }
}

/** §4.2.3: signatures in certificates that a client may show, which CertificateVerify may not use. */
const schemesOfCertificates = [SignatureScheme.rsa_pkcs1_sha256, SignatureScheme.rsa_pkcs1_sha384, SignatureScheme.rsa_pkcs1_sha512]
