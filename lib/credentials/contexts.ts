/** Which secure context answers a ClientHello. */
import type { ClientHelloInfo, ContextResolver, Credential, SecureContext } from '../../types/credentials.ts'
import type { Awaitable, CryptoProvider } from '../../types/crypto.ts'
import type { SecureContextOptions, Tls13Options, Tls13SecureContext } from '../../types/options.ts'
import { invalidOption } from '../errors.ts'
import { OpaqueSecureContext } from './opaque-context.ts'
import type { Server } from './opaque-context.ts'
import { createSecureContext } from './secure-context.ts'
import { ServerNames, isAddress } from './server-names.ts'

export interface ContextsOptions {
  readonly crypto: CryptoProvider
  /** Unix time in milliseconds. */
  readonly now: () => number
  readonly SNICallback: Tls13Options['SNICallback'] | null
}

/**
 * The contexts of one server. A name that was added wins; then SNICallback is asked, and where it has none the default
 * answers. A client that sends no name gets the default. What is replaced serves new connections only.
 */
export class Contexts {
  /** null refuses the name: there is no default. */
  readonly resolve: ContextResolver
  readonly #server: Server
  readonly #sniCallback: NonNullable<Tls13Options['SNICallback']> | null
  readonly #names: ServerNames<SecureContext>
  #default: SecureContext | null

  constructor ({ crypto, now, SNICallback }: ContextsOptions) {
    const resolve: ContextResolver = (hello) => this.#resolve(hello)
    this.resolve = resolve
    this.#server = Object.freeze({ crypto, now })
    this.#sniCallback = SNICallback ?? null
    this.#names = new ServerNames()
    this.#default = null
  }

  /** The context of clients that name no server we know; null until it is set. */
  get default (): SecureContext | null {
    return this.#default
  }

  /** Every credential of the default and of the added names, for metrics and expiry. */
  get credentials (): readonly Credential[] {
    const contexts = new Set([...(this.#default === null ? [] : [this.#default]), ...this.#names.values()])
    return [...contexts].flatMap(({ credentials }) => credentials)
  }

  /** @throws FST_TLS13_INVALID_OPTION, and then the old one stays */
  setDefault (context: SecureContextOptions | Tls13SecureContext): void {
    this.#default = this.#materialize(context, 'default')
  }

  /**
   * @param serverName a host name, or `*.example.com` for one label; a second context for a name replaces the first
   * @throws FST_TLS13_INVALID_OPTION, and then the old one stays
   */
  add (serverName: string, context: SecureContextOptions | Tls13SecureContext): void {
    this.#names.set(serverName, this.#materialize(context, serverName))
  }

  /** May a client that names this host get another context than one that names none? */
  isSeparate (host: string): boolean {
    return this.#names.get(host) !== undefined || (this.#sniCallback !== null && !isAddress(host))
  }

  #resolve ({ serverName }: ClientHelloInfo): Awaitable<SecureContext | null> {
    if (serverName === null) return this.#default
    const context = this.#names.get(serverName)
    if (context !== undefined || this.#sniCallback === null) return context ?? this.#default
    return this.#ask(this.#sniCallback, serverName)
  }

  /** The promise takes the first answer only, and what the callback throws as an answer too. */
  #ask (callback: NonNullable<Tls13Options['SNICallback']>, serverName: string): Promise<SecureContext | null> {
    return new Promise((resolve, reject) => {
      callback(serverName, (error, context) => {
        if (error != null) return reject(error)
        try {
          resolve(context == null ? this.#default : this.#bind(context))
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #bind (context: Tls13SecureContext): SecureContext {
    if (context instanceof OpaqueSecureContext) return context.contextFor(this.#server)
    throw invalidOption('SNICallback', 'gave a context that createSecureContext of fastify-tls13 did not make')
  }

  #materialize (context: SecureContextOptions | Tls13SecureContext, name: string): SecureContext {
    if (context instanceof OpaqueSecureContext) return context.bind(this.#server, name)
    return createSecureContext(context as SecureContextOptions, { ...this.#server, name })
  }
}
