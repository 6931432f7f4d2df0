/** OCSP stapling (RFC 6066 §8): from the option, or from whoever listens to a server's 'OCSPRequest', as in node:tls. */
import type { Server } from 'node:https'
import type { Credential } from '../../types/credentials.ts'
import type { Awaitable } from '../../types/crypto.ts'
import type { Tls13Options } from '../../types/options.ts'

type Option = NonNullable<Tls13Options['ocspResponse']>

export class Stapling {
  readonly #option: Option | null
  readonly #servers: Set<Server>

  constructor (option: Option | null) {
    this.#option = option
    this.#servers = new Set()
  }

  /** Listeners of this server are asked too. */
  add (server: Server): void {
    this.#servers.add(server)
  }

  /** For the configuration: the response to staple to a certificate, or null. */
  readonly respond = (credential: Credential): Awaitable<Uint8Array | null> => {
    const [certificate, issuer] = credential.chain.map((der) => Buffer.from(der.buffer, der.byteOffset, der.length))
    if (this.#option !== null) return this.#option(certificate!, issuer ?? null)
    for (const server of this.#servers) {
      if (server.listenerCount('OCSPRequest') > 0) return ask(server, certificate!, issuer ?? null)
    }
    return null
  }
}

function ask (server: Server, certificate: Buffer, issuer: Buffer | null): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    server.emit('OCSPRequest', certificate, issuer, (error: Error | null, response?: Buffer | null) => {
      if (error != null) reject(error)
      else resolve(response ?? null)
    })
  })
}
