/** `config.tls` of a route: read once, when the route is added. */
import { invalidOption } from '../errors.ts'
import { refuseUnknown } from '../option-names.ts'
import { boolean, isObject, optional, show, withDefault } from '../server/options/checks.ts'
import type { Check } from '../server/options/checks.ts'
import { clientCertificateOptions, numTickets } from './checks.ts'
import type { ClientCertificateOptions } from '../../types/fastify.ts'

/** What a route asks of the connection, every default filled in. */
export interface RoutePolicy {
  /** null: the connection's number stays. */
  readonly numTickets: number | null
  /** null: no certificate is asked for. */
  readonly clientCertificate: ClientCertificatePolicy | null
  /** May a request be served that may be a replay? */
  readonly earlyData: boolean
}

export interface ClientCertificatePolicy {
  /** For requestClientCertificate; a missing certificate is judged by the two below. */
  readonly options: ClientCertificateOptions
  /** 403 for a client without a certificate? */
  readonly required: boolean
  /** 403 for a certificate that is not authorized? */
  readonly mustBeAuthorized: boolean
}

/**
 * @param config the route's `config.tls`
 * @param route what errors call the route: `GET /admin`
 * @throws {FST_TLS13_INVALID_OPTION} names the route and the member
 */
export function readRouteConfig (config: unknown, route: string): RoutePolicy {
  const name = `route ${route}, config.tls`
  if (!isObject(config)) throw invalidOption(name, `must be an object, not ${show(config)}`)
  refuseUnknown(config, ['clientCertificate', 'numTickets', 'earlyData'], `${name}.`)
  const earlyData = withDefault(false, boolean)(`${name}.earlyData`, config.earlyData)
  if (earlyData && config.clientCertificate !== undefined) {
    throw invalidOption(`${name}.earlyData`, 'must not be true beside clientCertificate: who sent early data is not proved before the handshake is complete')
  }
  return {
    earlyData,
    numTickets: optional(numTickets)(`${name}.numTickets`, config.numTickets),
    clientCertificate: optional(clientCertificate)(`${name}.clientCertificate`, config.clientCertificate)
  }
}

const clientCertificate: Check<ClientCertificatePolicy> = (name, value) => {
  if (value === 'request') return { options: {}, required: false, mustBeAuthorized: false }
  if (value === 'require') return { options: {}, required: true, mustBeAuthorized: true }
  if (!isObject(value)) throw invalidOption(name, `must be 'request', 'require' or an object, not ${show(value)}`)
  const options = clientCertificateOptions(name, value)
  const required = options.required === true || options.required === 'fatal'
  return {
    options: { ...options, required: options.required === 'fatal' ? 'fatal' : false },
    required,
    // who writes `rejectUnauthorized: false` beside `required` wants to judge the certificate himself
    mustBeAuthorized: required && options.rejectUnauthorized !== false
  }
}
