/**
 * The names that options know algorithms by: IANA's, and OpenSSL's where it has its own (`ciphers`, `ecdhCurve` and
 * `sigalgs` of node:tls). Case does not matter, as in OpenSSL.
 */
import { SignatureScheme } from '../core/constants.ts'
import type { CipherSuite, CryptoProvider, NamedGroup } from '../../types/crypto.ts'

/** @returns the provider's suite of that name, such as `TLS_AES_128_GCM_SHA256`; undefined when it has none */
export function cipherSuiteNamed (provider: CryptoProvider, name: string): CipherSuite | undefined {
  const wanted = name.toLowerCase()
  return provider.cipherSuites.find((suite) => suite.name.toLowerCase() === wanted)
}

/** @returns the provider's group of that name: `x25519`, `P-256`, `prime256v1`; undefined when it has none */
export function namedGroupNamed (provider: CryptoProvider, name: string): NamedGroup | undefined {
  const wanted = groupAliases.get(name.toLowerCase()) ?? name.toLowerCase()
  return provider.namedGroups.find((group) => group.name.toLowerCase() === wanted)
}

/**
 * @param name a SignatureScheme's (`rsa_pss_rsae_sha256`) or OpenSSL's pair of algorithm and digest (`ECDSA+SHA256`)
 * @returns its SignatureSchemes, two for RSA-PSS, which TLS 1.3 splits by the type of key; undefined when the name is
 *   unknown. Those that sign certificates only (`rsa_pkcs1_*`) have names too: whether a scheme may be used is the
 *   provider's to say.
 */
export function signatureSchemesNamed (name: string): number[] | undefined {
  return schemesByName.get(name.toLowerCase())?.slice()
}

/** FIPS 186-4, and X9.62 for the one curve that has a name there (RFC 8422 Appendix A). */
const groupAliases: ReadonlyMap<string, string> = new Map([
  ['p-256', 'secp256r1'],
  ['prime256v1', 'secp256r1'],
  ['p-384', 'secp384r1'],
  ['p-521', 'secp521r1']
])

const { ecdsa_secp256r1_sha256: p256, ecdsa_secp384r1_sha384: p384, ecdsa_secp521r1_sha512: p521 } = SignatureScheme

const schemesByName: ReadonlyMap<string, readonly number[]> = new Map([
  ...Object.entries(SignatureScheme).map(([name, scheme]): [string, readonly number[]] => [name, [scheme]]),
  ['ecdsa+sha256', [p256]],
  ['ecdsa+sha384', [p384]],
  ['ecdsa+sha512', [p521]],
  ...rsaPss('rsa-pss'),
  ...rsaPss('pss'),
  ['rsa+sha256', [SignatureScheme.rsa_pkcs1_sha256]],
  ['rsa+sha384', [SignatureScheme.rsa_pkcs1_sha384]],
  ['rsa+sha512', [SignatureScheme.rsa_pkcs1_sha512]]
])

function rsaPss (algorithm: string): Array<[string, readonly number[]]> {
  return [
    [`${algorithm}+sha256`, [SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pss_pss_sha256]],
    [`${algorithm}+sha384`, [SignatureScheme.rsa_pss_rsae_sha384, SignatureScheme.rsa_pss_pss_sha384]],
    [`${algorithm}+sha512`, [SignatureScheme.rsa_pss_rsae_sha512, SignatureScheme.rsa_pss_pss_sha512]]
  ]
}
