/** Requests that came in early data (RFC 8446 §2.3): who may be served before it is known that they are no replay. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidOption } from '../errors.ts'
import type { ServerSettings } from '../server/configuration.ts'
import { TlsSocket } from '../socket/tls-socket.ts'

/**
 * Has every request of the application judged by its route, where early data is on. The hook is the first of those that
 * are added after the plugin.
 * @throws {FST_TLS13_INVALID_OPTION} where requests would escape it
 */
export function judgeEarlyRequests (app: FastifyInstance, { configuration, earlyRequests }: ServerSettings): void {
  if (configuration.earlyData === null) return
  if (!isRoot(app)) throw invalidOption('maxEarlyData', 'needs this plugin to be registered on the root instance: the requests of its other routes could not be held')
  app.addHook('onRequest', holdEarlyRequest)
  earlyRequests.judge()
}

/** RFC 8470 §3: when the handshake is complete, what came before it was no replay. */
function holdEarlyRequest (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  const { socket } = request.raw
  if (!(socket instanceof TlsSocket) || socket.connection.connected || isAllowed(request)) return done()
  socket.handshakeComplete().then(() => done(), done)
}

function isAllowed ({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config?.tls?.earlyData === true
}

/** An encapsulated instance has its parent for prototype. */
function isRoot (app: FastifyInstance): boolean {
  return !('addHook' in Object.getPrototypeOf(app))
}
