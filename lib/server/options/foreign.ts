/** Options of node:tls, node:https and Fastify that are not ours: which say nothing new, and why the others are refused. */
import type { Tls13Options } from '../../../types/options.ts'
import { invalidOption } from '../../errors.ts'
import { refuseUnknown } from '../../option-names.ts'
import { show } from './checks.ts'
import { table } from './table.ts'

/** @throws FST_TLS13_INVALID_OPTION for an option that would be given in vain */
export function refuseForeign (options: Tls13Options): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption('options', `must be an object, not ${show(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (versions.includes(name) && value !== 'TLSv1.3') {
      throw invalidOption(name, `must be 'TLSv1.3', the only version this server speaks, not ${show(value)}`)
    }
    const reason = reasons.get(name)
    if (reason !== undefined) throw invalidOption(name, reason)
  }
  refuseUnknown(options, [...Object.keys(table), ...versions, ...ofRegister])
}

const versions = ['minVersion', 'maxVersion']

/** What `app.register` and @fastify/autoload hand to every plugin. */
const ofRegister = ['prefix', 'logLevel', 'logSerializers']

const groups: ReadonlyArray<readonly [reason: string, ...names: string[]]> = [
  ['is about protocols before TLS 1.3, and this server speaks TLS 1.3 only', 'secureProtocol', 'dhparam', 'minDHSize'],
  ['are flags of OpenSSL, which is not used here: numTickets, ciphers and honorCipherOrder say what some of them say', 'secureOptions'],
  ['is TLS 1.2\'s way, and node:tls\'s, to pre-shared keys: use externalPsk', 'pskCallback', 'pskIdentityHint'],
  ['has no meaning here: a ticket is bound to the certificates, trust anchors and name it was issued under', 'sessionIdContext'],
  ['is not supported: list the protocols in ALPNProtocols', 'ALPNCallback'],
  ['is not supported: use keyLog with a packet capture, or observer', 'enableTrace'],
  ['is about engines of OpenSSL: a key that is kept elsewhere can sign through a crypto provider of your own',
    'clientCertEngine', 'privateKeyEngine', 'privateKeyIdentifier'],
  ['is a context of node:tls, whose keys nobody can read back: give key and cert', 'secureContext'],
  ['is not supported: a chain has to end at a certificate in ca', 'allowPartialTrustChain'],
  ['is an option of clients',
    'checkServerIdentity', 'servername', 'session', 'requestOCSP', 'host', 'port', 'path', 'timeout', 'lookup', 'isServer'],
  ['is an option of Fastify({ … }) or of app.listen({ … }), not of TLS',
    'requestTimeout', 'headersTimeout', 'keepAliveTimeout', 'connectionTimeout', 'connectionsCheckingInterval',
    'maxHeaderSize', 'maxRequestsPerSocket', 'insecureHTTPParser', 'joinDuplicateHeaders', 'requireHostHeader',
    'uniqueHeaders', 'IncomingMessage', 'ServerResponse', 'http', 'http2', 'https', 'serverFactory', 'backlog', 'exclusive'],
  ['is set by this server: HTTP/2 is offered by ALPNProtocols: [\'h2\', \'http/1.1\']', 'allowHTTP1'],
  ['is set by this server itself', 'allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive', 'keepAliveInitialDelay', 'highWaterMark']
]

const reasons: ReadonlyMap<string, string> = new Map(groups.flatMap(([reason, ...names]) => names.map((name) => [name, reason] as const)))
