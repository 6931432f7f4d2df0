import type { Server } from 'node:https'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyServerFactory, FastifyServerOptions } from 'fastify'
import { configure } from '../../lib/server/configuration.ts'
import { Tls13Server } from '../../lib/server/tls13-server.ts'
import type { Tls13Options } from '../../types/options.ts'
import { createAuthority } from '../helpers/pki.ts'

/** Limits of http.createServer beside those that Fastify has options for. */
export interface Limits { headersTimeout?: number, requestTimeout?: number, connectionsCheckingInterval?: number }
export type MakeApp = (options?: FastifyServerOptions, limits?: Limits) => FastifyInstance<Server>

const root = createAuthority({ name: 'Test Root' })
const { keyPem: key, pem: cert } = root.issueServer()
export const ca = root.pem

/** Fastify on node:https. */
export const stock: MakeApp = (options, limits) => {
  return Fastify({ ...options as object, https: { key, cert, minVersion: 'TLSv1.3', ...limits } })
}

/** Fastify on ours, with what Fastify does to a server of its own. */
export const ours: MakeApp = (options, limits) => {
  const serverFactory: FastifyServerFactory<Server> = (handler, defaults) => {
    const { connectionTimeout, keepAliveTimeout, maxRequestsPerSocket } = defaults as Record<string, number>
    const server = new Tls13Server(settings(), { keepAliveTimeout, ...limits }, handler)
    server.setTimeout(connectionTimeout!)
    server.maxRequestsPerSocket = maxRequestsPerSocket!
    return server
  }
  return Fastify({ ...options as object, https: {}, serverFactory })
}

export function settings (options: Tls13Options = {}): ReturnType<typeof configure> {
  return configure({ key, cert, ...options })
}
