/** The servers that are fuzzed: between them everything that the core can be told to do is switched on. */
import { createPrivateKey } from 'node:crypto'
import { createClientVerifier } from '../../lib/credentials/chain/verifier.ts'
import { certificateCompressions } from '../../lib/credentials/compression.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import type { CertificateCompression } from '../../types/compression.ts'
import type { CryptoProvider } from '../../types/crypto.ts'
import type { ClientIdentity, ClientVerification, ClientVerifier, SecureContext } from '../../types/credentials.ts'
import type { Observer } from '../../types/observer.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import type { TicketProtector } from '../../types/session.ts'
import { createAuthority } from '../helpers/pki.ts'
import type { CertificateOptions } from '../helpers/pki.ts'
import { createToy, Tap, toySignature } from './toy-crypto.ts'
import type { Toy } from './toy-crypto.ts'

export interface World {
  readonly name: string
  readonly configuration: ServerConfiguration
  readonly context: SecureContext
  /** null: real cryptography, whose keys nobody sees. */
  readonly toy: Toy | null
  readonly tap: Tap
  /** What a client of this world shows when it does everything right. */
  readonly clientChain: readonly Uint8Array[]
  /** May somebody be taken for this client? */
  legitimate (identity: ClientIdentity): boolean
  /** Do bytes arrive while the connection waits? */
  readonly hasty: boolean
  /** Makes randomness begin anew, so that a connection is a function of what it is given. */
  restart (): void
  /** CertificateVerify's signature, for the certificate that was verified last. */
  sign (content: Uint8Array): Uint8Array
}

/** A clock that stands; certificates of the tests are valid then. */
export const now = Date.UTC(2026, 0)

/** An identity that is an external PSK, and its key. */
export const externalIdentity = Uint8Array.of(0x65, 0x78, 0x74, 0x31)
export const externalKey = new Uint8Array(32).fill(0x33)

/** Nobody asks for a certificate in the handshake; after it, everybody may. */
export const plainWorld = (): World => toyWorld('plain', { requestCert: false })
/** The same, with early data, of which every ClientHello is the first. */
export const earlyWorld = (): World => toyWorld('early', { earlyData: { maxEarlyData: 16_384, since: 0, claim: () => 'first' } })
export const mutualWorld = (): World => toyWorld('mutual', { requestCert: true, cookieKey: null, externalPsk: null })
/** Certificates are looked at but not insisted on, and every answer comes by promise. */
export const lenientWorld = (): World => toyWorld('lenient', { requestCert: true, rejectUnauthorized: false, honorCipherOrder: true, keyLog: () => {} }, delayed)
/** The verifier and the decompression of production. */
export const certificateWorld = (): World => chainWorld()

function toyWorld (name: string, options: Partial<ServerConfiguration>, delay: Delay = immediately): World {
  const toy = createToy()
  const { tickets, restart } = ticketRing(toy, delay)
  const leaf = Uint8Array.of(0x30, 0x82, 1, 0, ...new Uint8Array(60).fill(7))
  const verifier = toyVerifier(toy, leaf, delay)
  const context = createContext(toy.provider, verifier)
  return {
    name,
    configuration: createConfiguration(toy.provider, context, { certificateCompression: [storing], tickets, observer: watching(toy), ...options }, delay),
    context,
    toy,
    tap: toy.tap,
    hasty: delay === delayed,
    restart,
    clientChain: [leaf],
    legitimate: ({ authorized, chain }) => !authorized || same(chain[0]!, leaf),
    sign: (content) => toySignature(toy.sha256, verifier.lastKey, content)
  }
}

function chainWorld (): World {
  const toy = createToy()
  const { tickets, restart } = ticketRing(toy, immediately)
  const root = createAuthority({ name: 'Fuzz Root', ...identified(1) })
  const intermediate = root.issueAuthority({ name: 'Fuzz Intermediate', ...identified(2) })
  const leaf = intermediate.issueClient({ name: 'fuzz client', ...identified(3) })
  const inner = createClientVerifier({ trustAnchors: [root.certificate], crls: [intermediate.issueCrl().der, root.issueCrl().der], now: () => now })
  const verifier = {
    lastKey: new Uint8Array(0),
    verify (chain: readonly Uint8Array[]): ClientVerification {
      const verification = inner.verify(chain)
      this.lastKey = Uint8Array.from(verification.publicKey ?? [])
      return verification
    }
  }
  const context = createContext(toy.provider, verifier)
  const body = signedPart(leaf.certificate)
  return {
    name: 'certificates',
    configuration: createConfiguration(toy.provider, context, {
      requestCert: true, certificateCompression: certificateCompressions(), tickets, observer: watching(toy)
    }, immediately),
    context,
    toy,
    tap: toy.tap,
    hasty: false,
    restart,
    clientChain: [leaf.certificate, intermediate.certificate],
    // What was signed is what was issued; what is around it may be encoded in more than one way.
    legitimate: ({ authorized, chain }) => !authorized || Buffer.from(chain[0]!).indexOf(body) !== -1,
    sign: (content) => toySignature(toy.sha256, verifier.lastKey, content)
  }
}

/** Key and serial number, and so the certificate, are the same in every process: an input's name would say nothing without. */
function identified (number: number): Pick<CertificateOptions, 'privateKey' | 'serial'> {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), new Uint8Array(32).fill(number)])
  return { privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }), serial: Uint8Array.of(number) }
}

/** node:crypto, every group it has, and tickets as in production. */
export function realWorld (): World {
  const provider = { ...cryptoProvider('node') }
  const context = createContext(provider, { verify: () => refused })
  const tickets = new TicketKeyRing({ crypto: provider, now: () => now, rotation: 3600, lifetime: 7200, secret: new Uint8Array(48).fill(5) })
  return {
    name: 'real',
    configuration: createConfiguration(provider, context, { tickets }, immediately),
    context,
    toy: null,
    tap: new Tap(),
    clientChain: [],
    legitimate: ({ authorized }) => !authorized,
    hasty: false,
    restart: () => {},
    sign: () => new Uint8Array(64)
  }
}

function createConfiguration (crypto: CryptoProvider, context: SecureContext, options: Partial<ServerConfiguration>, delay: Delay): ServerConfiguration {
  return {
    crypto,
    cipherSuites: crypto.cipherSuites,
    namedGroups: crypto.namedGroups,
    signatureSchemes: crypto.signatureSchemes,
    honorCipherOrder: false,
    alpnProtocols: ['h2', 'http/1.1'],
    resolveContext: ({ serverName }) => delay(serverName === 'nobody.example' ? null : serverName === 'broken.example' && delay === delayed ? broken : context),
    certificateCompression: [],
    ocspResponse: () => delay(Uint8Array.of(1, 2, 3)),
    externalPsk: (identity) => delay(same(identity, externalIdentity) ? { key: externalKey, hash: 'sha256' as const } : null),
    pskKeyExchangeModes: [1, 0],
    cookieKey: new Uint8Array(32).fill(1),
    requestCert: false,
    rejectUnauthorized: true,
    numTickets: 1,
    ticketsOnResumption: 1,
    ticketsWithoutPskModes: false,
    tickets: null,
    ticketLifetime: 7200,
    sessionLifetime: 86400,
    onResume: null,
    earlyData: null,
    dynamicRecordSizes: true,
    observer: {},
    counters: { recordsReceived: 0, recordsSent: 0, plaintextReceived: 0, plaintextSent: 0, wireReceived: 0, wireSent: 0 },
    keyLog: null,
    now: () => now,
    ...options
  }
}

/** With a provider of its own, whose work does not count as the connection's. */
function ticketRing (toy: Toy, delay: Delay): { tickets: TicketProtector, restart: () => void } {
  const { provider, tap } = createToy()
  const ring = new TicketKeyRing({ crypto: provider, now: () => now, rotation: 3600, lifetime: 7200, secret: new Uint8Array(48).fill(5) })
  return {
    tickets: { seal: (state, policy) => ring.seal(state, policy), open: (ticket, policy) => delay(ring.openNow(ticket, policy)) },
    restart () {
      tap.reset()
      toy.tap.reset()
    }
  }
}

function watching (toy: Toy): Observer {
  return {
    keyUpdate (direction) {
      if (direction === 'received') toy.tap.readKeysChanged()
    }
  }
}

function createContext (crypto: CryptoProvider, verifier: ClientVerifier): SecureContext {
  const signer = { keyType: 'ec', signatureSchemes: [0x0403], publicKey: new Uint8Array(8), sign: (_scheme: number, content: Uint8Array) => crypto.sha256.digest(content) }
  return {
    name: 'default',
    credentials: [{ chain: [new Uint8Array(80).fill(3)], signer, name: 'default', notAfter: now + 1e9 }],
    certificateAuthorities: [Uint8Array.of(0x30, 0)],
    verifier,
    policy: new Uint8Array(32).fill(4)
  }
}

function toyVerifier (toy: Toy, leaf: Uint8Array, delay: Delay): ClientVerifier & { lastKey: Uint8Array } {
  return {
    lastKey: new Uint8Array(0),
    verify (chain) {
      const key = toy.sha256.digest(chain[0]!)
      this.lastKey = key
      const authorized = same(chain[0]!, leaf)
      return delay({ authorized, authorizationError: authorized ? null : 'UNSPECIFIED', alert: 48, publicKey: chain[0]!.length < 4 ? null : key })
    }
  }
}

/** A compression that compresses nothing: what is around it is what is looked at. */
const storing: CertificateCompression = {
  algorithm: 1,
  name: 'zlib',
  compress: (data) => data,
  decompress: (data, length) => data.length === length ? data.slice() : null
}

/** How a value comes that may take its time. */
type Delay = <T>(value: T) => T | Promise<T>

/** What a rejected promise would bring. */
const broken = new Error('no context today') as unknown as SecureContext

const immediately: Delay = (value) => value

/** A promise that tells what it will bring: the driver resumes at once, and no turn of the event loop is spent. */
const delayed: Delay = <T>(value: T) => Object.assign(Promise.resolve(value), { brings: value })

/** The tbsCertificate: the first value inside. */
function signedPart (certificate: Uint8Array): Uint8Array {
  const start = 4 // a certificate is longer than 255 bytes
  return certificate.slice(start, start + 4 + (certificate[start + 2]! << 8 | certificate[start + 3]!))
}

function same (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

const refused: ClientVerification = { authorized: false, authorizationError: 'UNSPECIFIED', alert: 48, publicKey: null }
