/** Certificates in the two shapes in which node:tls shows them. */
import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls'

/**
 * A chain's certificates, parsed when first asked for and then kept as long as the chain.
 * @param chain DER, the leaf first
 * @returns undefined for an empty chain
 */
export function x509Certificate (chain: readonly Uint8Array[]): X509Certificate | undefined {
  if (chain.length === 0) return undefined
  let leaf = leaves.get(chain)
  if (leaf === undefined) leaves.set(chain, leaf = new X509Certificate(chain[0]!))
  return leaf
}

/**
 * The object of `tls.TLSSocket.getPeerCertificate()`.
 * @param detailed with each certificate's issuer as far as the chain has it; a self-signed one is its own issuer
 */
export function legacyCertificate (chain: readonly Uint8Array[], detailed: boolean): PeerCertificate | undefined {
  const leaf = x509Certificate(chain)
  if (leaf === undefined) return undefined
  if (!detailed) return leaf.toLegacyObject()
  const certificates = [leaf, ...chain.slice(1).map((der) => new X509Certificate(der))]
  const objects = certificates.map((certificate) => certificate.toLegacyObject() as DetailedPeerCertificate)
  objects.forEach((object, i) => {
    const issuer = isSelfIssued(certificates[i]!) ? object : objects[i + 1]
    if (issuer !== undefined) object.issuerCertificate = issuer
  })
  return objects[0]
}

function isSelfIssued (certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer
}

const leaves = new WeakMap<readonly Uint8Array[], X509Certificate>()
