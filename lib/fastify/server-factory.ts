/** The server through Fastify's documented hook, for who needs it before the plugin is registered. */
import type { Server, ServerOptions } from 'node:https'
import type { FastifyServerFactory } from 'fastify'
import { Tls13Server } from '../server/tls13-server.ts'
import type { Tls13Options } from '../../types/options.ts'
import { prepare } from './preparation.ts'
import type { Preparation } from './preparation.ts'

/**
 * For `Fastify({ https: {}, serverFactory: serverFactory(options) })`. Then register the plugin, without options: it
 * adds `app.tls`, `request.tls` and `config.tls`.
 *
 * `connectionTimeout`, `keepAliveTimeout`, `requestTimeout` and `maxRequestsPerSocket` of Fastify count as they do for
 * its own servers.
 * @throws {FST_TLS13_INVALID_OPTION} at once, with the option's name and the reason
 */
export function serverFactory (options: Tls13Options): FastifyServerFactory<Server> {
  let checked: Preparation | null = prepare(options)
  return (handler, fastifyOptions) => {
    // each instance that shares the factory has contexts, ticket keys and counters of its own
    const preparation = checked ?? prepare(options)
    checked = null
    const { https, requestTimeout, keepAliveTimeout, connectionTimeout, maxRequestsPerSocket } = fastifyOptions as unknown as FastifyTimeouts
    const httpOptions = typeof https === 'object' ? https : {}
    const server = new Tls13Server(preparation.settings, { ...httpOptions, requestTimeout, keepAliveTimeout }, handler)
    server.setTimeout(connectionTimeout)
    // Fastify's 0 is "no limit", as is Node's default
    if (maxRequestsPerSocket > 0) server.maxRequestsPerSocket = maxRequestsPerSocket
    preparations.set(server, preparation)
    return server
  }
}

/** What a server of `serverFactory` was made with; undefined for any other server. */
export function preparationOf (server: unknown): Preparation | undefined {
  return typeof server === 'object' && server !== null ? preparations.get(server) : undefined
}

const preparations = new WeakMap<object, Preparation>()

/** What Fastify hands to a factory, every default filled in. */
interface FastifyTimeouts {
  https?: ServerOptions | boolean | null
  requestTimeout: number
  keepAliveTimeout: number
  connectionTimeout: number
  maxRequestsPerSocket: number
}
