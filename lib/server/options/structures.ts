/** Checks of the options that are more than one value. */
import type { CertificateCompression } from '../../../types/compression.ts'
import type { CryptoProvider } from '../../../types/crypto.ts'
import type { Observer } from '../../../types/observer.ts'
import type { MetricsOptions, Tls13Options } from '../../../types/options.ts'
import type { SessionStore } from '../../../types/session.ts'
import { CipherSuite, PskKeyExchangeMode } from '../../core/constants.ts'
import { certificateCompressions } from '../../credentials/compression.ts'
import { cryptoProvider } from '../../crypto/index.ts'
import { invalidOption } from '../../errors.ts'
import { observerEvents } from '../../metrics/observers.ts'
import { isPrometheusClient, isPrometheusRegistry } from '../../metrics/prometheus-client.ts'
import { refuseUnknown } from '../../option-names.ts'
import { ticketSecret } from '../../session/ticket-secret.ts'
import { functionOf, isObject, optional, show, string } from './checks.ts'
import type { Check } from './checks.ts'

type TicketKeys = NonNullable<Tls13Options['ticketKeys']>

/** The protocols that stand behind the server: Node's HTTP/1.1 and HTTP/2. */
export const applicationProtocols: Check<string[]> = (name, value) => {
  return namedItems(name, value, protocols, ', which are all that the HTTP server speaks')
}

/** Names of algorithms, or all and none. */
export const certificateCompression: Check<readonly CertificateCompression[]> = (name, value) => {
  const available = certificateCompressions()
  if (typeof value === 'boolean') return value ? available : []
  return namedItems(name, value, available.map((item) => item.name)).map((chosen) => available.find((item) => item.name === chosen)!)
}

export const pskKeyExchangeModes: Check<readonly number[]> = (name, value) => {
  return namedItems(name, value, Object.keys(PskKeyExchangeMode)).map((mode) => PskKeyExchangeMode[mode as keyof typeof PskKeyExchangeMode])
}

/** A secret, no secret, or what opens a store: `redisTicketKeys(…)`. */
export const ticketKeys: Check<TicketKeys> = (name, value) => {
  if (value === 'random' || typeof value === 'function') return value as TicketKeys
  if (value instanceof Uint8Array) return ticketSecret(name, value)
  throw invalidOption(name, `must be a Buffer or Uint8Array of 48 bytes, 'random' or redisTicketKeys(…), not ${show(value)}`)
}

/** Used as it is, for it may be an instance of a class. */
export const sessionStore: Check<SessionStore> = (name, value) => {
  if (!isObject(value)) throw invalidOption(name, `must be memorySessionStore(), redisSessionStore(client) or a SessionStore of your own, not ${show(value)}`)
  for (const method of ['put', 'take', 'claim']) functionOf('of the store')(`${name}.${method}`, value[method])
  if (typeof value.name === 'string' && /^\w{1,64}$/.test(value.name)) return value as unknown as SessionStore
  throw invalidOption(`${name}.name`, `must be 1 to 64 letters, digits and _, which metrics show, not ${show(value.name)}`)
}

export const crypto: Check<CryptoProvider> = (name, value) => {
  let provider: CryptoProvider
  try {
    provider = cryptoProvider(value as 'node' | 'noble' | CryptoProvider)
  } catch (error) {
    throw invalidOption(name, (error as Error).message)
  }
  if (provider.cipherSuites.some(({ id }) => id === CipherSuite.TLS_AES_256_GCM_SHA384)) return provider
  throw invalidOption(`${name}.cipherSuites`, 'must have TLS_AES_256_GCM_SHA384, which seals session tickets')
}

export const metrics: Check<boolean | MetricsOptions> = (name, value) => {
  if (typeof value === 'boolean') return value
  if (!isObject(value)) throw invalidOption(name, `must be true, false or an object, not ${show(value)}`)
  refuseUnknown(value, ['client', 'register', 'prefix', 'buckets'], `${name}.`)
  if (value.client !== undefined && !isPrometheusClient(value.client)) {
    throw invalidOption(`${name}.client`, 'must be the module prom-client, or have its Counter, Gauge, Histogram and register')
  }
  if (value.register !== undefined && !isPrometheusRegistry(value.register)) {
    throw invalidOption(`${name}.register`, 'must be a Registry of prom-client')
  }
  const prefix = optional(string)(`${name}.prefix`, value.prefix)
  if (prefix !== null && !/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix)) {
    throw invalidOption(`${name}.prefix`, 'must begin with a letter, _ or : and go on with these and digits, as Prometheus has it')
  }
  if (value.buckets !== undefined && !isIncreasing(value.buckets)) {
    throw invalidOption(`${name}.buckets`, 'must be an array of positive numbers of seconds, each greater than the one before')
  }
  return value
}

/** Members of other names are the observer's own: it may be an instance of a class. */
export const observer: Check<Observer> = (name, value) => {
  if (!isObject(value)) throw invalidOption(name, `must be an object of callbacks, not ${show(value)}`)
  for (const event of observerEvents) optional(functionOf('of the observer'))(`${name}.${event}`, value[event])
  return value
}

/** @param remark for the message, behind the names that may be chosen */
function namedItems (name: string, value: unknown, known: readonly string[], remark = ''): string[] {
  if (!Array.isArray(value)) throw invalidOption(name, `must be an array of names, not ${show(value)}`)
  for (const [index, item] of value.entries()) {
    if (!known.includes(item)) throw invalidOption(`${name}[${index}]`, `must be one of ${known.join(', ')}${remark}, not ${show(item)}`)
    if (value.indexOf(item) !== index) throw invalidOption(`${name}[${index}]`, `names ${item} a second time`)
  }
  return [...value]
}

function isIncreasing (value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 &&
    value.every((bucket, index) => Number.isFinite(bucket) && bucket > (index === 0 ? 0 : value[index - 1]))
}

const protocols = ['http/1.1', 'h2']
