/** From options to what a server is under one name. */
import { createPublicKey, X509Certificate } from 'node:crypto'
import type { Credential, SecureContext } from '../../types/credentials.ts'
import type { CryptoProvider, Signer } from '../../types/crypto.ts'
import type { SecureContextOptions } from '../../types/options.ts'
import { invalidOption } from '../errors.ts'
import { createClientVerifier } from './chain/verifier.ts'
import { readMaterial } from './material.ts'
import type { CredentialMaterial, Material } from './material.ts'
import { policyOf } from './policy.ts'

/** The server that a context is for. */
export interface ContextEnvironment {
  readonly crypto: CryptoProvider
  /** Unix time in milliseconds. */
  readonly now: () => number
  /** What metrics call the context. */
  readonly name: string
}

/** @throws FST_TLS13_INVALID_OPTION with the option's name and the reason, and nothing secret */
export function createSecureContext (options: SecureContextOptions, environment: ContextEnvironment): SecureContext {
  return bindSecureContext(readMaterial(options), environment)
}

/** Hands the keys to the provider, which has to be able to sign with them. */
export function bindSecureContext (material: Material, { crypto, now, name }: ContextEnvironment): SecureContext {
  const several = material.credentials.length > 1
  return Object.freeze({
    name,
    credentials: Object.freeze(material.credentials.map((credential) =>
      bindCredential(credential, crypto, several ? `${name}/${credential.kind}` : name))),
    certificateAuthorities: material.certificateAuthorities,
    verifier: createClientVerifier({ trustAnchors: [...material.trustAnchors], crls: [...material.revocationLists], now }),
    policy: policyOf(material, crypto)
  })
}

function bindCredential ({ option, key, kind, chain, notAfter }: CredentialMaterial, crypto: CryptoProvider, name: string): Credential {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  let signer: Signer
  try {
    signer = crypto.signer(pkcs8)
  } catch {
    throw invalidOption(option, `the crypto provider ${crypto.name} cannot sign with a key of type ${kind}`)
  }
  if (!provesLeaf(signer, chain[0]!)) {
    throw invalidOption('crypto', `the provider ${crypto.name} made a signer of another public key than that of ${option}`)
  }
  return Object.freeze({ chain, signer, name, notAfter })
}

/** The last check before the world sees it, and the only one where a provider of one's own holds the key elsewhere. */
function provesLeaf (signer: Signer, leaf: Uint8Array): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(signer.publicKey), format: 'der', type: 'spki' })
  return publicKey.equals(new X509Certificate(leaf).publicKey)
}
