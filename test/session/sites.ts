/** Servers that share ticket keys, or a store of sessions, and a clock: what is refused between them is refused by policy. */
import { randomBytes } from 'node:crypto'
import { Contexts } from '../../lib/credentials/contexts.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { MemorySessionStore } from '../../lib/session/memory-store.ts'
import { StoreAccess } from '../../lib/session/store-access.ts'
import { StoredTickets } from '../../lib/session/stored-tickets.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import type { SecureContextOptions } from '../../types/options.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import type { TicketProtector } from '../../types/session.ts'
import { resuming } from '../helpers/client/index.ts'
import type { AnswerOptions, ClientCredential, ClientOptions, Session } from '../helpers/client/index.ts'
import { createAuthority } from '../helpers/pki.ts'
import type { Credential } from '../helpers/pki.ts'
import { createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'

/** Clients of A are strangers to B, and of B to A. */
export const clientsOfA = createAuthority({ name: 'Clients of A' })
export const clientsOfB = createAuthority({ name: 'Clients of B' })
export const alice = clientsOfA.issueClient({ name: 'alice', notAfter: new Date('2026-06-01T00:00:00Z') })
export const bob = clientsOfB.issueClient({ name: 'bob' })

/** Who answers a request for a certificate, and how. */
export function as ({ certificate, privateKey }: Credential): { credential: ClientCredential } {
  return { credential: { chain: [certificate], privateKey } }
}

const servers = createAuthority({ name: 'Servers' })
const [first, second] = [servers.issueServer(), servers.issueServer()]
export const certificate = { key: first.keyPem, cert: first.pem }
export const anotherCertificate = { key: second.keyPem, cert: second.pem }

/** Two sorts of tickets, under the same rules. */
export const sorts = ['sealed', 'stored'] as const

export class Sites {
  readonly clock = { now: Date.parse('2026-01-01T00:00:00Z') }
  readonly #sort: (typeof sorts)[number]
  readonly #secret = new Uint8Array(randomBytes(48))
  readonly #store = new MemorySessionStore(10_000, () => this.clock.now)

  constructor (sort: (typeof sorts)[number]) {
    this.#sort = sort
  }

  /** A process of its own: it shares the keys, or the store, and the clock. */
  server (context: SecureContextOptions = {}, configuration: Partial<ServerConfiguration> = {}): Site {
    const crypto = cryptoProvider('node')
    const now = (): number => this.clock.now
    const contexts = new Contexts({ crypto, now, SNICallback: null })
    contexts.setDefault({ ...certificate, ca: clientsOfA.pem, ...context })
    const server = createServer({
      configuration: { crypto, now, tickets: this.#tickets(), resolveContext: contexts.resolve, numTickets: 30, ...configuration }
    })
    return Object.assign(server, { contexts })
  }

  #tickets (): TicketProtector {
    const crypto = cryptoProvider('node')
    if (this.#sort === 'stored') return new StoredTickets(crypto, new StoreAccess(this.#store, { timeout: 10_000, observer: {} }))
    return new TicketKeyRing({ crypto, now: () => this.clock.now, rotation: 43_200, lifetime: 7200, secret: this.#secret })
  }
}

export type Site = TestServer & { readonly contexts: Contexts }

/** A client with tickets of a full handshake, each of which is used once at most. */
export class Holder {
  readonly joint: JointPair
  readonly #left: Session[]

  constructor (server: TestServer, client: ClientOptions = {}, answer: AnswerOptions = {}) {
    this.joint = server.pair({ serverName: 'a.example', alpnProtocols: ['http/1.1'], postHandshakeAuth: true, ...client }).handshake(answer)
    this.#left = [...this.joint.client.tickets]
  }

  ticket (): Session {
    return this.#left.shift()!
  }

  /** A connection with one of the tickets; where it is refused the client answers as it did, or as it is told. */
  use (server: TestServer, client: ClientOptions = {}, answer: AnswerOptions = {}): JointPair {
    const session = this.ticket()
    return server.pair(resuming(this.joint.client, { psks: [{ session }], ...client })).handshake(answer)
  }

  /** Does one of the tickets resume there? */
  resumes (server: TestServer, client: ClientOptions = {}, answer: AnswerOptions = {}): boolean {
    return this.use(server, client, answer).client.facts.selectedIdentity !== null
  }
}
