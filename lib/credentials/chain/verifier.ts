/**
 * Verification of a TLS client's chain (RFC 5280 §6.1) as OpenSSL 3.0 does it for a TLS server: purpose `sslclient`,
 * security level 1, no partial chains, and CRLs, where there are any, for every certificate. `openssl verify` is the
 * oracle that the tests hold this to.
 *
 * Where this is stricter on purpose: the leaf's key usage must have digitalSignature (RFC 8446 §4.4.2.2), extensions
 * must be DER and stand once (RFC 5280 §4.2), DSA is unknown, RFC 3779 resources are refused, internationalized
 * mailboxes are not compared with name constraints, delta CRLs are refused when they are configured.
 */
import { createHash } from 'node:crypto'
import type { ClientVerification, ClientVerifier } from '../../../types/credentials.ts'
import { AlertDescription } from '../../core/constants.ts'
import { readCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { Crl } from './crl.ts'
import { maxCachedCertificates, maxCachedVerdicts, maxCertificates, maxValues } from './limits.ts'
import { LruMap } from './lru.ts'
import { checkNameConstraints } from './name-constraints.ts'
import { buildPath } from './path.ts'
import { Problems, alertFor } from './problems.ts'
import type { ProblemCode } from './problems.ts'
import { checkRevocation } from './revocation.ts'
import { checkSignatures } from './signatures.ts'
import { checkLeafKey, checkStrength, checkUsage } from './usage.ts'

export interface ClientVerifierOptions {
  /** DER certificates. The self-signed ones are trusted; others help to build a path. */
  readonly trustAnchors: readonly Uint8Array[]
  /** DER CRLs. With any, every certificate of a path must be covered by one. */
  readonly crls: readonly Uint8Array[]
  /** Unix time in milliseconds. */
  readonly now: () => number
}

/** A ClientVerifier that never makes one wait. */
export interface SyncClientVerifier extends ClientVerifier {
  verify (chain: readonly Uint8Array[]): ClientVerification
}

/**
 * A verifier whose `verify` answers synchronously and never throws.
 *
 * @throws {TypeError} when a trust anchor or a CRL cannot be read
 */
export function createClientVerifier (options: ClientVerifierOptions): SyncClientVerifier {
  return new ChainVerifier(options)
}

class ChainVerifier implements SyncClientVerifier {
  readonly #store: readonly Certificate[]
  readonly #crls: readonly Crl[]
  readonly #now: () => number
  readonly #verdicts = new LruMap<CachedVerdict>(maxCachedVerdicts)
  readonly #intermediates = new LruMap<Certificate>(maxCachedCertificates)

  constructor ({ trustAnchors, crls, now }: ClientVerifierOptions) {
    this.#store = trustAnchors.map(readTrustAnchor)
    this.#crls = crls.map(readCrl)
    this.#now = now
  }

  verify (chain: readonly Uint8Array[]): ClientVerification {
    const now = this.#now()
    try {
      const key = digest(...chain)
      const cached = this.#verdicts.get(key)
      if (cached !== undefined && cached.from <= now && now < cached.until) return cached.verdict
      return this.#decide(chain, key, now)
    } catch {
      // Nothing above is known to throw. Should it, nobody is let in for it.
      return refused('UNSPECIFIED', null)
    }
  }

  #decide (chain: readonly Uint8Array[], key: string, now: number): ClientVerification {
    if (chain.length > maxCertificates) return refused('CERT_CHAIN_TOO_LONG', readCertificate(chain[0]!))
    const share = Math.floor(maxValues / chain.length)
    const [leaf, ...sent] = chain.map((der) => this.#intermediates.get(digest(der)) ?? readCertificate(der, share))
    if (leaf == null || !sent.every((certificate) => certificate !== null)) return unreadable
    const problem = findProblems(leaf, sent, this.#store, this.#crls, now).last
    if (problem !== null) return refused(problem, leaf)
    const verdict = { authorized: true, authorizationError: null, alert: 0, publicKey: publicKeyOf(leaf) }
    this.#verdicts.set(key, { verdict, ...this.#validity([leaf, ...sent], now) })
    for (const certificate of sent) this.#intermediates.set(digest(certificate.der), certificate)
    return verdict
  }

  /** How long a verdict stands: until the next date of anything that it could depend on. */
  #validity (certificates: readonly Certificate[], now: number): { from: number, until: number } {
    const dates = [
      ...[...certificates, ...this.#store].flatMap(({ notBefore, notAfter }) => [notBefore, notAfter]),
      ...this.#crls.flatMap(({ thisUpdate, nextUpdate }) => [thisUpdate, nextUpdate])
    ]
    return {
      from: Math.max(-Infinity, ...dates.filter((date) => date <= now)),
      until: Math.min(Infinity, ...dates.filter((date) => date > now))
    }
  }
}

interface CachedVerdict {
  readonly verdict: ClientVerification
  readonly from: number
  readonly until: number
}

/**
 * All that is wrong with a chain, in OpenSSL's order. What costs signatures comes before what costs more: CRLs, which
 * may be long, are not hashed for a path whose own signatures do not stand.
 */
export function findProblems (
  leaf: Certificate, sent: readonly Certificate[], store: readonly Certificate[], crls: readonly Crl[], now: number
): Problems {
  const problems = new Problems()
  checkLeafKey(leaf, problems)
  const path = buildPath(leaf, sent, store, now, problems)
  checkUsage(path, problems)
  checkStrength(path, problems)
  const found = new Problems()
  const stands = checkSignatures(path, now, found)
  if (stands && path.trusted && crls.length > 0) checkRevocation(path, crls, now, problems)
  problems.list.push(...found.list)
  if (stands) checkNameConstraints(path, problems)
  return problems
}

function readTrustAnchor (der: Uint8Array, index: number): Certificate {
  const certificate = readCertificate(der)
  if (certificate === null) throw new TypeError(`certificate ${index} of the trust anchors cannot be read`)
  return certificate
}

function readCrl (der: Uint8Array, index: number): Crl {
  try {
    return new Crl(der)
  } catch (error) {
    throw new TypeError(`CRL ${index} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function refused (code: ProblemCode, leaf: Certificate | null): ClientVerification {
  return { authorized: false, authorizationError: code, alert: alertFor(code), publicKey: leaf && publicKeyOf(leaf) }
}

function publicKeyOf ({ publicKey }: Certificate): Uint8Array | null {
  return publicKey && publicKey.export({ format: 'der', type: 'spki' })
}

/** SHA-256 over the certificates, each after its length, so that no two chains run into one. */
function digest (...certificates: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const der of certificates) hash.update(String(der.length) + ':').update(der)
  return hash.digest('base64')
}

const unreadable: ClientVerification = {
  authorized: false, authorizationError: 'UNSPECIFIED', alert: AlertDescription.bad_certificate, publicKey: null
}
