/** From the options as a user writes them to the settings of a server: every choice made, or refused with a reason. */
import type { Observer, TrafficCounters } from '../../types/observer.ts'
import type { Tls13Options } from '../../types/options.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import type { EarlyDataTerms, TicketProtector } from '../../types/session.ts'
import { Contexts } from '../credentials/contexts.ts'
import { secureContextOptions } from '../credentials/material.ts'
import { invalidOption } from '../errors.ts'
import { createCounters } from '../metrics/counters.ts'
import { combineObservers } from '../metrics/observers.ts'
import { clusterTicketKeys } from '../session/cluster/worker.ts'
import { LongWrites } from '../sealing/long-writes.ts'
import { StoreAccess } from '../session/store-access.ts'
import { StoredTickets } from '../session/stored-tickets.ts'
import { claimsOfThisProcess, earlyDataTerms } from '../session/early-data.ts'
import { TicketKeyRing } from '../session/ticket-keys.ts'
import { EarlyRequests } from './early-requests.ts'
import { externalPskLookup } from './external-psk.ts'
import { resumptionCheck } from './resumption-check.ts'
import { Stapling } from './stapling.ts'
import { refuseForeign } from './options/foreign.ts'
import { cipherSuites, namedGroups, signatureSchemes } from './options/negotiation.ts'
import { checkOptions, ticketCount } from './options/table.ts'
import type { CheckedOptions } from './options/table.ts'

/** What a server is made of. */
export interface ServerSettings {
  readonly configuration: ServerConfiguration
  readonly contexts: Contexts
  readonly ticketKeys: TicketKeyRing
  readonly stapling: Stapling
  readonly earlyRequests: EarlyRequests
  readonly longWrites: LongWrites
  /** Milliseconds a handshake may take. */
  readonly handshakeTimeout: number
  /** Handshakes in progress at one time. */
  readonly maxPendingHandshakes: number
  /** Of those, from one address. */
  readonly maxPendingHandshakesPerAddress: number
  /** Milliseconds a client may take to answer a certificate request after the handshake. */
  readonly clientCertificateTimeout: number
  /** Bytes of body that are held while a certificate request is outstanding. */
  readonly maxBufferedBody: number
}

/** What stands beside the user's options. */
export interface Surroundings {
  /** They are called after `options.observer`. */
  observers?: readonly Observer[]
  counters?: TrafficCounters
}

/**
 * @throws FST_TLS13_INVALID_OPTION for the first option that is unknown, wrong or of no use: its name and the reason,
 *   and nothing secret
 */
export function configure (options: Tls13Options, surroundings: Surroundings = {}): ServerSettings {
  refuseForeign(options)
  const checked = checkOptions(options)
  const contexts = new Contexts({ crypto: checked.crypto, now: Date.now, SNICallback: checked.SNICallback })
  if (secureContextOptions.some((name) => options[name] !== undefined)) {
    contexts.setDefault(Object.fromEntries(secureContextOptions.map((name) => [name, options[name]])))
  } else if (checked.SNICallback === null) {
    throw invalidOption('key', 'is missing: give key and cert, or pfx, or SNICallback')
  }
  if (checked.sessionStore !== null && checked.ticketKeys !== null) {
    throw invalidOption('ticketKeys', 'has no use beside sessionStore: each stored session has a key of its own')
  }
  if (checked.antiReplay !== null && checked.maxEarlyData === 0) {
    throw invalidOption('antiReplay', 'has no use without maxEarlyData')
  }
  const observer = combineObservers([...(checked.observer === null ? [] : [checked.observer]), ...(surroundings.observers ?? [])])
  const ticketKeys = ticketKeysOf(checked, observer)
  const { handshakeTimeout, maxPendingHandshakes, maxPendingHandshakesPerAddress, clientCertificateTimeout, maxBufferedBody } = checked
  const stapling = new Stapling(checked.ocspResponse)
  const configuration = configurationOf(checked, { contexts, ticketKeys, stapling, observer }, surroundings)
  refuseIdleKeys(contexts, configuration.signatureSchemes)
  return Object.freeze({
    configuration,
    contexts,
    ticketKeys,
    stapling,
    earlyRequests: new EarlyRequests(),
    longWrites: longWritesOf(options.crypto, checked.sealWorkers),
    handshakeTimeout,
    maxPendingHandshakes,
    maxPendingHandshakesPerAddress,
    clientCertificateTimeout,
    maxBufferedBody
  })
}

/** A thread is told the name of a provider. */
function longWritesOf (crypto: Tls13Options['crypto'] = 'node', sealWorkers: number): LongWrites {
  if (typeof crypto === 'string') return new LongWrites(sealWorkers, { crypto })
  if (sealWorkers > 0) throw invalidOption('sealWorkers', 'has threads, to which a crypto provider of your own cannot be handed')
  return new LongWrites(0, { crypto: 'node' })
}

/** Where nothing else was asked for, the workers of a cluster are one server to their clients. */
function ticketKeysOf ({ crypto, ticketKeys, ticketKeyRotation, sessionTimeout, sessionStore }: CheckedOptions, observer: Observer): TicketKeyRing {
  const open = ticketKeys ?? (sessionStore === null ? clusterTicketKeys() : null)
  return new TicketKeyRing({
    crypto,
    now: Date.now,
    rotation: ticketKeyRotation,
    lifetime: sessionTimeout,
    secret: open instanceof Uint8Array ? open : null,
    store: typeof open === 'function' ? open(crypto) : null,
    observer
  })
}

interface Parts extends Pick<ServerSettings, 'contexts' | 'ticketKeys' | 'stapling'> {
  readonly observer: Observer
}

/** Frozen but for `numTickets`, which is checked as the option is. */
function configurationOf (options: CheckedOptions, { contexts, ticketKeys, stapling, observer }: Parts, surroundings: Surroundings): ServerConfiguration {
  const { crypto, externalPsk, onResume } = options
  let { numTickets } = options
  return Object.freeze({
    crypto,
    cipherSuites: Object.freeze([...cipherSuites(crypto, options.ciphers)]),
    namedGroups: Object.freeze([...namedGroups(crypto, options.ecdhCurve)]),
    signatureSchemes: Object.freeze([...signatureSchemes(crypto, options.sigalgs)]),
    honorCipherOrder: options.honorCipherOrder,
    alpnProtocols: Object.freeze(options.ALPNProtocols),
    resolveContext: contexts.resolve,
    certificateCompression: Object.freeze([...options.certificateCompression]),
    ocspResponse: stapling.respond,
    externalPsk: externalPsk === null ? null : externalPskLookup(externalPsk),
    pskKeyExchangeModes: Object.freeze([...options.pskKeyExchangeModes]),
    cookieKey: options.helloRetryRequestCookie ? crypto.random(32) : null,
    requestCert: options.requestCert,
    rejectUnauthorized: options.rejectUnauthorized,
    get numTickets () {
      return numTickets
    },
    set numTickets (value: number) {
      numTickets = ticketCount('numTickets', value)
    },
    ticketsOnResumption: options.ticketsOnResumption,
    ticketsWithoutPskModes: options.ticketsWithoutPskModes,
    tickets: ticketProtector(options, ticketKeys, observer),
    ticketLifetime: options.sessionTimeout,
    sessionLifetime: options.sessionLifetime,
    onResume: onResume === null ? null : resumptionCheck(onResume),
    earlyData: earlyData(options, observer),
    dynamicRecordSizes: options.dynamicRecordSizes,
    observer,
    counters: surroundings.counters ?? createCounters(),
    keyLog: options.keyLog,
    now: Date.now
  })
}

/** A ticket is a session that is sealed, or a handle of one that is stored. */
function ticketProtector ({ crypto, sessionStore, sessionStoreTimeout }: CheckedOptions, ticketKeys: TicketKeyRing, observer: Observer): TicketProtector {
  if (sessionStore === null) return ticketKeys
  return new StoredTickets(crypto, new StoreAccess(sessionStore, { timeout: sessionStoreTimeout, observer }))
}

/** With a store of sessions a ticket is used once already; claims are made all the same. */
function earlyData ({ maxEarlyData, antiReplay, sessionStoreTimeout }: CheckedOptions, observer: Observer): EarlyDataTerms | null {
  if (maxEarlyData === 0) return null
  const store = new StoreAccess(antiReplay ?? claimsOfThisProcess, { timeout: sessionStoreTimeout, observer })
  return earlyDataTerms({ maxEarlyData, store, now: Date.now })
}

/** A list of signature algorithms that leaves every key idle would fail each handshake. */
function refuseIdleKeys (contexts: Contexts, schemes: readonly number[]): void {
  const { credentials } = contexts
  if (credentials.length === 0 || credentials.some(({ signer }) => signer.signatureSchemes.some((scheme) => schemes.includes(scheme)))) return
  throw invalidOption('sigalgs', `has none that a key of type ${credentials.map(({ signer }) => signer.keyType).join(', ')} can make`)
}
