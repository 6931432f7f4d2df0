/** fastify-tls13: the plugin, the server factory, contexts for server names, shared ticket keys, session stores, the key log, and the types. */
import fp from 'fastify-plugin'
import './lib/session/cluster/primary.ts'
import { plugin } from './lib/fastify/plugin.ts'

export default fp(plugin, { fastify: '5.x', name: 'fastify-tls13' })
export { serverFactory } from './lib/fastify/server-factory.ts'
export { keyLogFile } from './lib/metrics/key-log.ts'
export { redisTicketKeys } from './lib/session/redis-ticket-keys.ts'
export { memorySessionStore } from './lib/session/memory-store.ts'
export { redisSessionStore } from './lib/session/redis-store.ts'
export { createOpaqueContext as createSecureContext } from './lib/credentials/opaque-context.ts'
export type * from './types/credentials.ts'
export type * from './types/crypto.ts'
export type * from './types/fastify.ts'
export type * from './types/observer.ts'
export type * from './types/options.ts'
export type * from './types/session.ts'
