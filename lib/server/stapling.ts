/** OCSP stapling (RFC 6066 §8): from the option, or from whoever listens to a server's 'OCSPRequest', as in node:tls. */
import type { Server } from 'node:https'
import type { Credential } from '../../types/credentials.ts'
import type { Awaitable } from '../../types/crypto.ts'
import type { Tls13Options } from '../../types/options.ts'
import { invalidOption } from '../errors.ts'
import { show } from './options/checks.ts'

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
    // Copies: the chain is sent to every client, and a callback may do with its arguments what it likes.
    const [certificate, issuer = null] = credential.chain.slice(0, 2).map((der) => Buffer.from(der))
    const answer = this.#ask(certificate!, issuer)
    return answer instanceof Promise ? answer.then(readAnswer) : readAnswer(answer)
  }

  #ask (certificate: Buffer, issuer: Buffer | null): Awaitable<Uint8Array | null> {
    if (this.#option !== null) return this.#option(certificate, issuer)
    for (const server of this.#servers) {
      if (server.listenerCount('OCSPRequest') > 0) return ask(server, certificate, issuer)
    }
    return null
  }
}

/** RFC 6066 §8: `opaque OCSPResponse<1..2^24-1>`. */
function readAnswer (answer: Uint8Array | null): Uint8Array | null {
  if (answer === null || (answer instanceof Uint8Array && answer.length > 0)) return answer
  throw invalidOption('ocspResponse', `gave ${show(answer)}, and neither the bytes of an OCSP response nor null`)
}

function ask (server: Server, certificate: Buffer, issuer: Buffer | null): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    server.emit('OCSPRequest', certificate, issuer, (error: Error | null, response?: Buffer | null) => {
      if (error != null) reject(error)
      else resolve(response ?? null)
    })
  })
}
