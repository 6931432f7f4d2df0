/** Building the path from a leaf to a trust anchor, the way OpenSSL does: trusted first, never going back. */
import { isInForce, mayHaveIssued, sameCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { maxIntermediates } from './limits.ts'
import type { Problems } from './problems.ts'

export interface Path {
  /** The leaf first. */
  readonly certificates: readonly Certificate[]
  /** The last one is a trust anchor: a self-signed certificate of the trust store. */
  readonly trusted: boolean
}

/**
 * One certificate after the other, the next is looked for in the trust store and then among those sent; from the first
 * trusted one on only in the store. Each choice is final, so the effort grows with the length of the path alone.
 *
 * @param sent what the client sent after the leaf, in any order
 * @param store the configured certificates; a self-signed one is a trust anchor, others help to build
 */
export function buildPath (
  leaf: Certificate, sent: readonly Certificate[], store: readonly Certificate[], now: number, problems: Problems
): Path {
  const path = [leaf]
  let numTrusted = 0
  while (path.length <= maxLength) {
    const current = path.at(-1)!
    const trusted = findIssuer(current, store, now)
    if (current.selfSigned) {
      // A certificate that has an anchor's name, but is not that anchor, is a mimic.
      if (trusted !== undefined && sameCertificate(current, trusted)) return { certificates: path, trusted: true }
      break
    }
    const issuer = trusted ?? (numTrusted === 0 ? findIssuer(current, notYetIn(path, sent), now) : undefined)
    if (issuer === undefined) break
    path.push(issuer)
    if (issuer !== trusted) continue
    numTrusted++
    if (issuer.selfSigned) return { certificates: path, trusted: true }
  }
  reportUntrusted(path, numTrusted, problems)
  return { certificates: path, trusted: false }
}

/** One in force, else the one that was in force last. */
function findIssuer (subject: Certificate, candidates: readonly Certificate[], now: number): Certificate | undefined {
  let latest: Certificate | undefined
  for (const candidate of candidates) {
    if (!mayHaveIssued(candidate, subject)) continue
    if (isInForce(candidate, now)) return candidate
    if (latest === undefined || candidate.notAfter > latest.notAfter) latest = candidate
  }
  return latest
}

/** Stops loops: what is in the path is no candidate again. */
function notYetIn (path: readonly Certificate[], sent: readonly Certificate[]): readonly Certificate[] {
  return sent.filter((candidate) => !path.some((member) => sameCertificate(member, candidate)))
}

function reportUntrusted (path: readonly Certificate[], numTrusted: number, problems: Problems): void {
  const depth = path.length - 1
  if (path.length > maxLength) problems.add('CERT_CHAIN_TOO_LONG', depth)
  if (path.at(-1)!.selfSigned) {
    problems.add(depth === 0 ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : 'SELF_SIGNED_CERT_IN_CHAIN', depth)
  } else {
    problems.add(numTrusted > 0 ? 'UNABLE_TO_GET_ISSUER_CERT' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', depth)
  }
}

/** The leaf and the intermediates; one more may be the trust anchor. */
const maxLength = maxIntermediates + 1
