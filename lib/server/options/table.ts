/** Every option: its default, and what it may be. docs/options.md says what each means. */
import type { Tls13Options } from '../../../types/options.ts'
import { PskKeyExchangeMode } from '../../core/constants.ts'
import { certificateCompressions } from '../../credentials/compression.ts'
import { anything, boolean, functionOf, integer, optional, string, withDefault } from './checks.ts'
import type { Check } from './checks.ts'
import { applicationProtocols, certificateCompression, crypto, metrics, observer, pskKeyExchangeModes, sessionStore, ticketKeys } from './structures.ts'

/** The longest a timer of Node waits; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1
const year = 31_536_000

/** SSL_set_num_tickets takes any size_t; ours is one byte. */
export const ticketCount = integer(0, 255)

export const table = {
  // Keys, certificates and whom to trust: lib/credentials reads and checks them.
  key: anything,
  cert: anything,
  pfx: anything,
  passphrase: anything,
  ca: anything,
  crl: anything,

  // Session tickets.
  numTickets: withDefault(2, ticketCount),
  ticketsOnResumption: withDefault(1, ticketCount),
  ticketsWithoutPskModes: withDefault(false, boolean),
  // RFC 8446 §4.6.1: servers MUST NOT use any value greater than 604800 seconds (7 days).
  sessionTimeout: withDefault(7200, integer(1, 604_800, ' seconds')),
  sessionLifetime: withDefault(86_400, integer(1, year, ' seconds')),
  ticketKeys: optional(ticketKeys),
  ticketKeyRotation: withDefault(43_200, integer(1, year, ' seconds')),
  sessionStore: optional(sessionStore),
  sessionStoreTimeout: withDefault(500, integer(1, longestTimer, ' milliseconds')),
  onResume: optional(functionOf<NonNullable<Tls13Options['onResume']>>('(session)')),
  maxEarlyData: withDefault(0, integer(0, 2 ** 31 - 1, ' bytes')),
  antiReplay: optional(sessionStore),
  externalPsk: optional(functionOf<NonNullable<Tls13Options['externalPsk']>>('(identity)')),
  pskKeyExchangeModes: withDefault([PskKeyExchangeMode.psk_dhe_ke], pskKeyExchangeModes),

  // Client certificates.
  requestCert: withDefault(false, boolean),
  rejectUnauthorized: withDefault(true, boolean),
  clientCertificateTimeout: withDefault(30_000, integer(1, longestTimer, ' milliseconds')),
  maxBufferedBody: withDefault(1_048_576, integer(0, 2 ** 31 - 1, ' bytes')),

  // Negotiation; the lists of names are looked up in negotiation.ts, where the provider is known.
  ALPNProtocols: withDefault(['http/1.1'], applicationProtocols),
  SNICallback: optional(functionOf<NonNullable<Tls13Options['SNICallback']>>('(serverName, callback)')),
  ciphers: optional(string),
  honorCipherOrder: withDefault(true, boolean),
  ecdhCurve: withDefault('auto', string),
  sigalgs: optional(string),
  certificateCompression: withDefault(certificateCompressions(), certificateCompression),
  ocspResponse: optional(functionOf<NonNullable<Tls13Options['ocspResponse']>>('(certificate, issuer)')),
  helloRetryRequestCookie: withDefault(false, boolean),
  crypto: (name, value: unknown = 'node') => crypto(name, value),

  // How application data leaves.
  dynamicRecordSizes: withDefault(true, boolean),
  sealWorkers: withDefault(0, integer(0, 64, ' threads')),

  // Before HTTP sees a connection.
  handshakeTimeout: withDefault(10_000, integer(1, longestTimer, ' milliseconds')),
  maxPendingHandshakes: withDefault(2000, integer(1, 2 ** 31 - 1)),
  maxPendingHandshakesPerAddress: withDefault(500, integer(1, 2 ** 31 - 1)),

  // What others see of it.
  keyLog: optional(functionOf<NonNullable<Tls13Options['keyLog']>>('(line)')),
  metrics: optional(metrics),
  observer: optional(observer)
} satisfies Record<keyof Tls13Options, Check<unknown>>

/** The options with every default filled in. */
export type CheckedOptions = { [Name in keyof typeof table]: ReturnType<(typeof table)[Name]> }

/** @throws FST_TLS13_INVALID_OPTION for the first that is wrong, in the order above */
export function checkOptions (options: Tls13Options): CheckedOptions {
  const entries = Object.entries(table) as Array<[keyof Tls13Options, Check<unknown>]>
  return Object.fromEntries(entries.map(([name, check]) => [name, check(name, options[name])])) as CheckedOptions
}
