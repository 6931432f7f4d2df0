/** The context that a user makes and hands back to us, in `SNICallback` and `addContext`. */
import type { SecureContext } from '../../types/credentials.ts'
import type { SecureContextOptions, Tls13SecureContext } from '../../types/options.ts'
import { readMaterial } from './material.ts'
import type { Material } from './material.ts'
import { bindSecureContext } from './secure-context.ts'
import type { ContextEnvironment } from './secure-context.ts'

/**
 * Made before it is known which server, and hence which crypto provider, it will serve: so the options are read and
 * checked at once, and the keys are handed to a provider when a server first uses them.
 */
export class OpaqueSecureContext implements Tls13SecureContext {
  readonly name: string
  readonly #material: Material
  readonly #contexts: WeakMap<Server, SecureContext>

  constructor (options: SecureContextOptions, name: string) {
    this.name = name
    this.#material = readMaterial(options)
    this.#contexts = new WeakMap()
  }

  bind (server: Server, name: string): SecureContext {
    return bindSecureContext(this.#material, { ...server, name })
  }

  /** For SNICallback, which may give this for every connection: one context for one server. */
  contextFor (server: Server): SecureContext {
    let context = this.#contexts.get(server)
    if (context === undefined) {
      context = this.bind(server, this.name)
      this.#contexts.set(server, context)
    }
    return context
  }
}

/** One object for each server. */
export type Server = Omit<ContextEnvironment, 'name'>

/**
 * Reads keys, certificates and trust anchors once, for any number of connections: what `tls.createSecureContext` is
 * to node:tls. Make it once and keep it; what SNICallback makes anew is parsed anew.
 * @param name what metrics call it, default `sni`; `addContext` calls it by the server name
 * @throws FST_TLS13_INVALID_OPTION at once, with the option's name and the reason
 */
export function createOpaqueContext (options: SecureContextOptions, { name = 'sni' }: { name?: string } = {}): Tls13SecureContext {
  return Object.freeze(new OpaqueSecureContext(options, name))
}
