/**
 * The choice of a cryptographic library. Each provider is whole, so that the core never asks which one it has; where a
 * library lacks an algorithm, that algorithm alone comes from the other one:
 *
 * - ML-KEM is @noble/post-quantum's before Node 24.7;
 * - AES-CCM is node:crypto's always;
 * - RSA is node:crypto's always: under `crypto: 'noble'` a server with an RSA certificate signs with node:crypto, and
 *   RSA client certificates are verified with it.
 */
import { readPrivateKey } from './keys.ts'
import { nobleMlKem } from './noble-groups.ts'
import { createNobleProvider } from './noble.ts'
import { aesCcm, createNodeProvider } from './node.ts'
import type { CipherSuite, CryptoProvider, NamedGroup } from '../../types/crypto.ts'

export { cipherSuiteNamed, namedGroupNamed, signatureSchemesNamed } from './names.ts'

/**
 * @param choice `node`, `noble`, or an object of the shape of `CryptoProvider` (types/crypto.ts), returned as it is
 * @throws {Error} when the name is unknown, or the object lacks a member, which the message names
 */
export function cryptoProvider (choice: 'node' | 'noble' | CryptoProvider): CryptoProvider {
  if (choice === 'node') return node
  if (choice === 'noble') return noble
  const missing = missingMember(choice)
  if (missing !== null) throw new Error(`the crypto provider must be 'node', 'noble' or a CryptoProvider: ${missing}`)
  return choice
}

/** @returns `provider` with RSA from another one that has it */
function withRsaOf (rsa: CryptoProvider, provider: CryptoProvider): CryptoProvider {
  const own = new Set(provider.signatureSchemes)
  return Object.freeze({
    ...provider,
    signatureSchemes: Object.freeze([...provider.signatureSchemes, ...rsa.signatureSchemes.filter((scheme) => !own.has(scheme))]),
    signer (pkcs8: Uint8Array) {
      const { type } = readPrivateKey(pkcs8)
      return type === 'rsa' || type === 'rsa-pss' ? rsa.signer(pkcs8) : provider.signer(pkcs8)
    },
    verify (scheme: number, publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array) {
      return (own.has(scheme) ? provider : rsa).verify(scheme, publicKey, content, signature)
    }
  })
}

/** @returns what is wrong with a provider of the application's own, or null */
function missingMember (provider: unknown): string | null {
  if (typeof provider !== 'object' || provider === null) return `it is ${provider === null ? 'null' : `of type ${typeof provider}`}`
  const candidate = provider as CryptoProvider
  return lacking('provider', candidate, providerShape) ??
    lacking('sha256', candidate.sha256, hashShape) ??
    lacking('sha384', candidate.sha384, hashShape) ??
    firstOf('cipherSuites', candidate.cipherSuites, (where, suite: CipherSuite) => lacking(where, suite, suiteShape) ?? lacking(`${where}.hash`, suite.hash, hashShape)) ??
    firstOf('namedGroups', candidate.namedGroups, (where, group: NamedGroup) => lacking(where, group, groupShape)) ??
    firstOf('signatureSchemes', candidate.signatureSchemes, (where, scheme: number) => Number.isInteger(scheme) ? null : `${where} is not a number`)
}

function lacking (where: string, value: unknown, shape: Readonly<Record<string, string>>): string | null {
  if (typeof value !== 'object' || value === null) return `${where} is not an object`
  for (const [name, type] of Object.entries(shape)) {
    const found: string = typeof (value as Record<string, unknown>)[name]
    if (found !== type) return `${where}.${name} is ${found === 'undefined' ? 'missing' : `not a ${type}`}`
  }
  return null
}

function firstOf<T> (where: string, list: readonly T[], check: (where: string, item: T) => string | null): string | null {
  if (!Array.isArray(list) || list.length === 0) return `${where} is not an array with members`
  for (const [index, item] of list.entries()) {
    const wrong = check(`${where}[${index}]`, item)
    if (wrong !== null) return wrong
  }
  return null
}

const providerShape = { name: 'string', random: 'function', timingSafeEqual: 'function', signer: 'function', verify: 'function' }
const hashShape = { name: 'string', length: 'number', digest: 'function', hmac: 'function', start: 'function' }
const suiteShape = { id: 'number', name: 'string', keyLength: 'number', tagLength: 'number', recordLimit: 'number', byDefault: 'boolean', aead: 'function' }
const groupShape = { id: 'number', name: 'string', byDefault: 'boolean', encapsulate: 'function' }

const node = createNodeProvider(nobleMlKem)
const noble = withRsaOf(node, createNobleProvider(aesCcm))
