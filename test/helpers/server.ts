/**
 * A ServerConfiguration for tests of the core: a clock that stands until it is moved, randomness that can be scripted, a
 * recorder of all that the observer and the sink are told.
 *
 *     const server = createServer({ keyType: 'ed25519', configuration: { numTickets: 1 } })
 *     const joint = server.pair({ serverName: 'localhost' }).handshake()
 *     joint.client.tickets.length                    // 1
 *     server.events                                  // [['handshakeStarted'], …]
 */
import { createHash, X509Certificate } from 'node:crypto'
import { ServerConnection } from '../../lib/core/connection.ts'
import { PskKeyExchangeMode } from '../../lib/core/constants.ts'
import type { ClientAuthResult, ConnectionSink } from '../../lib/core/connection.ts'
import type { TlsError } from '../../lib/core/errors.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { Awaitable, CryptoProvider, Signer } from '../../types/crypto.ts'
import type { ClientVerification, Credential, SecureContext } from '../../types/credentials.ts'
import type { Observer } from '../../types/observer.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import { pair, TestClient } from './client/index.ts'
import type { ClientCredential, ClientOptions, Pair, Random } from './client/index.ts'
import { createAuthority } from './pki.ts'
import type { Authority, Credential as Issued, KeyType } from './pki.ts'
import { PlainProtector, scripted, seeded } from './scripted.ts'

export { PlainProtector, seeded } from './scripted.ts'

export interface ServerOptions {
  /** Default `node`. */
  readonly provider?: 'node' | 'noble'
  /** Keys of the server's credentials, default `['P-256']`. */
  readonly keyTypes?: readonly KeyType[]
  /** Makes randomness, ephemeral keys included, a function of the seed. */
  readonly seed?: string
  /** Randomness of one's own, ephemeral keys included. */
  readonly randomBytes?: Random
  /** The verdict on a client's chain, default: authorized. */
  readonly verify?: (chain: readonly Uint8Array[]) => Awaitable<Partial<ClientVerification>>
  readonly context?: Partial<SecureContext>
  /** Wraps the signer of each credential. */
  readonly signer?: (signer: Signer) => Signer
  /** As the driver's, default: nobody waits. */
  readonly othersTurn?: () => Promise<void> | null
  readonly configuration?: Partial<ServerConfiguration>
}

/** Name of the callback and its arguments. */
export type RecordedEvent = readonly [string, ...unknown[]]

/** One connection of the server, and what its sink was told. */
export class Accepted implements ConnectionSink {
  readonly connection: ServerConnection
  readonly log: string[]
  readonly chunks: Uint8Array[]
  readonly clientAuth: ClientAuthResult[]
  readonly othersTurn: () => Promise<void> | null
  failure: TlsError | null

  constructor (configuration: ServerConfiguration, othersTurn: () => Promise<void> | null) {
    this.othersTurn = othersTurn
    this.log = []
    this.chunks = []
    this.clientAuth = []
    this.failure = null
    this.connection = new ServerConnection(configuration, this)
  }

  get plaintext (): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  onPlaintext (data: Uint8Array): void {
    this.#note('plaintext')
    this.chunks.push(data.slice())
  }

  onConnected (): void {
    this.#note('connected')
  }

  onPeerClosed (): void {
    this.#note('peerClosed')
  }

  onClientAuth (result: ClientAuthResult): void {
    this.#note('clientAuth')
    this.clientAuth.push(result)
  }

  onFailed (error: TlsError): void {
    this.#note('failed')
    this.failure = error
  }

  #note (what: string): void {
    if (this.log.includes('failed')) throw new Error(`the sink was told ${what} after the failure`)
    if (this.log.at(-1) !== what || what !== 'plaintext') this.log.push(what)
  }
}

export interface JointPair extends Pair { readonly accepted: Accepted }

export class TestServer {
  /** Move it by assignment. */
  readonly clock: { now: number }
  readonly events: RecordedEvent[]
  readonly keyLog: string[]
  readonly context: SecureContext
  readonly configuration: ServerConfiguration
  readonly #othersTurn: () => Promise<void> | null

  constructor (options: ServerOptions) {
    this.#othersTurn = options.othersTurn ?? (() => null)
    this.clock = { now: startOfTime }
    this.events = []
    this.keyLog = []
    const crypto = scripted(cryptoProvider(options.provider ?? 'node'), options.randomBytes ?? (options.seed === undefined ? null : seeded(options.seed)))
    this.context = createContext(crypto, options)
    this.configuration = {
      crypto,
      cipherSuites: crypto.cipherSuites.filter((suite) => suite.byDefault),
      namedGroups: crypto.namedGroups.filter((group) => group.byDefault),
      signatureSchemes: crypto.signatureSchemes,
      honorCipherOrder: true,
      alpnProtocols: [],
      resolveContext: () => this.context,
      certificateCompression: [],
      ocspResponse: null,
      externalPsk: null,
      pskKeyExchangeModes: [PskKeyExchangeMode.psk_dhe_ke],
      cookieKey: null,
      requestCert: false,
      rejectUnauthorized: true,
      numTickets: 2,
      ticketsOnResumption: 1,
      ticketsWithoutPskModes: false,
      tickets: new PlainProtector(crypto.random),
      ticketLifetime: 7200,
      sessionLifetime: 86400,
      onResume: null,
      earlyData: null,
      dynamicRecordSizes: true,
      observer: recorder(this.events),
      counters: { recordsReceived: 0, recordsSent: 0, plaintextReceived: 0, plaintextSent: 0, wireReceived: 0, wireSent: 0 },
      keyLog: (line) => { this.keyLog.push(line) },
      now: () => this.clock.now,
      ...options.configuration
    }
  }

  accept (): Accepted {
    return new Accepted(this.configuration, this.#othersTurn)
  }

  /** A fresh connection with a client on it. */
  pair (client: ClientOptions | TestClient = {}): JointPair {
    const accepted = this.accept()
    const joint = pair(accepted.connection, client instanceof TestClient ? client : new TestClient(client))
    return Object.assign(joint, { accepted })
  }

  /** What the observer was told under that name. */
  of (name: keyof Observer): unknown[][] {
    return this.events.filter((event) => event[0] === name).map((event) => event.slice(1))
  }
}

export function createServer (options: ServerOptions = {}): TestServer {
  return new TestServer(options)
}

/** A client's credential of any key type, issued by the tests' authority. */
export function clientCredential (keyType: KeyType = 'P-256'): ClientCredential {
  const issued = memo(clients, keyType, () => authority().issueClient({ name: `client ${keyType}`, keyType }))
  return { chain: [issued.certificate], privateKey: issued.privateKey }
}

export function authority (): Authority {
  return memo(authorities, 'root', () => createAuthority({ name: 'Test Root' }))
}

/** The leaf's SubjectPublicKeyInfo. */
export function publicKeyOf (certificate: Uint8Array): Uint8Array {
  return new Uint8Array(new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' }))
}

function createContext (crypto: CryptoProvider, options: ServerOptions): SecureContext {
  const verify = options.verify ?? (() => ({}))
  return {
    name: 'default',
    credentials: (options.keyTypes ?? ['P-256']).map((keyType) => serverCredential(crypto, keyType, options.signer)),
    certificateAuthorities: [],
    verifier: {
      verify (chain) {
        const verdict = verify(chain)
        const complete = (given: Partial<ClientVerification>): ClientVerification =>
          ({ authorized: true, authorizationError: null, alert: 0, ...given, publicKey: given.publicKey === undefined ? publicKeyOf(chain[0]!) : given.publicKey })
        return verdict instanceof Promise ? verdict.then(complete) : complete(verdict)
      }
    },
    policy: createHash('sha256').update('policy').digest(),
    ...options.context
  }
}

export function serverCredential (crypto: CryptoProvider, keyType: KeyType, wrap: (signer: Signer) => Signer = (signer) => signer): Credential {
  const issued = memo(servers, keyType, () => authority().issueServer({ keyType }))
  return {
    chain: [issued.certificate],
    signer: wrap(crypto.signer(issued.key)),
    name: 'default',
    notAfter: Date.parse(new X509Certificate(issued.certificate).validTo)
  }
}

function recorder (events: RecordedEvent[]): Observer {
  return new Proxy({}, {
    get: (_target, name) => (...values: unknown[]) => { events.push([String(name), ...values]) }
  })
}

function memo<T> (store: Map<string, T>, key: string, make: () => T): T {
  const found = store.get(key)
  if (found !== undefined) return found
  const made = make()
  store.set(key, made)
  return made
}

const authorities = new Map<string, Authority>()
const servers = new Map<string, Issued>()
const clients = new Map<string, Issued>()

/** 2026-01-01T00:00:00Z. */
const startOfTime = 1767225600000
