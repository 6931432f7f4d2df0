/** Lists of names, `ciphers`, `ecdhCurve` and `sigalgs`, looked up in what the crypto provider has. */
import type { CipherSuite, CryptoProvider, NamedGroup } from '../../../types/crypto.ts'
import { CipherSuite as CipherSuiteRegistry } from '../../core/constants.ts'
import { cipherSuiteNamed, namedGroupNamed, signatureSchemesNamed } from '../../crypto/index.ts'
import { invalidOption } from '../../errors.ts'
import { show } from './checks.ts'

/** @param ciphers null for those that the provider has by default, in its order */
export function cipherSuites (crypto: CryptoProvider, ciphers: string | null): readonly CipherSuite[] {
  if (ciphers === null) return byDefault('ciphers', crypto, crypto.cipherSuites)
  return distinct('ciphers', namesIn('ciphers', ciphers).map((name) => {
    const suite = cipherSuiteNamed(crypto, name)
    if (suite !== undefined) return suite
    throw invalidOption('ciphers', name.toUpperCase() in CipherSuiteRegistry
      ? `the crypto provider ${crypto.name} does not have ${name}`
      : `${show(name)} is no cipher suite of TLS 1.3, and this server speaks TLS 1.3 only: ` +
        `choose from ${namesOf(crypto.cipherSuites)}`)
  }))
}

/** @param ecdhCurve `auto` for those that the provider has by default, in its order */
export function namedGroups (crypto: CryptoProvider, ecdhCurve: string): readonly NamedGroup[] {
  if (ecdhCurve === 'auto') return byDefault('ecdhCurve', crypto, crypto.namedGroups)
  return distinct('ecdhCurve', namesIn('ecdhCurve', ecdhCurve).map((name) => {
    const group = namedGroupNamed(crypto, name)
    if (group !== undefined) return group
    throw invalidOption('ecdhCurve', `${show(name)} is no group of the crypto provider ${crypto.name}: ` +
      `choose from ${namesOf(crypto.namedGroups)}, or auto`)
  }))
}

/**
 * Names of algorithms that sign certificates only (`RSA+SHA256`) are passed over, as OpenSSL does: lists that serve
 * TLS 1.2 too have them.
 * @param sigalgs null for all of the provider's, in its order
 */
export function signatureSchemes (crypto: CryptoProvider, sigalgs: string | null): readonly number[] {
  if (sigalgs === null) return crypto.signatureSchemes
  const schemes = namesIn('sigalgs', sigalgs).flatMap((name) => {
    const named = signatureSchemesNamed(name)
    if (named === undefined) {
      throw invalidOption('sigalgs', `${show(name)} is no signature algorithm of TLS 1.3: write RFC 8446's names ` +
        '(ecdsa_secp256r1_sha256) or OpenSSL\'s (ECDSA+SHA256, RSA-PSS+SHA256, ed25519)')
    }
    return named
  })
  const usable = schemes.filter((scheme) => crypto.signatureSchemes.includes(scheme))
  if (usable.length === 0) {
    throw invalidOption('sigalgs', `has none that signs a TLS 1.3 handshake with the crypto provider ${crypto.name} (RFC 8446 §4.2.3)`)
  }
  return [...new Set(usable)]
}

function byDefault<Item extends { readonly name: string, readonly byDefault: boolean }> (option: string, crypto: CryptoProvider, items: readonly Item[]): Item[] {
  const chosen = items.filter((item) => item.byDefault)
  if (chosen.length > 0) return chosen
  throw invalidOption(option, `must be given: the crypto provider ${crypto.name} has none by default; choose from ${namesOf(items)}`)
}

function namesIn (option: string, list: string): string[] {
  const names = list.split(':').map((name) => name.trim())
  if (names.includes('')) throw invalidOption(option, 'must be names with colons between them')
  return names
}

function distinct<Item extends { readonly name: string }> (option: string, items: Item[]): Item[] {
  const second = items.find((item, index) => items.indexOf(item) !== index)
  if (second !== undefined) throw invalidOption(option, `names ${second.name} a second time`)
  return items
}

function namesOf (items: ReadonlyArray<{ readonly name: string }>): string {
  return items.map(({ name }) => name).join(', ')
}
