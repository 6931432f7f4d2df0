import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import { TlsSocket } from '../socket/tls-socket.ts'

/**
 * Tells connections which request is their last one, where the client has said so (`Connection: close`, HTTP/1.0). Behind an
 * answer the server waits for the client's end, so that nothing that still comes can cost the client that answer; behind
 * the last request nothing comes (nginx's `lingering_close on` draws the same line).
 */
export function noteLastRequests (server: Server): void {
  server.on('request', note)
}

function note (request: IncomingMessage, { shouldKeepAlive }: ServerResponse): void {
  const { socket } = request
  // A request of HTTP/2 says neither that it is the last nor that it is not.
  if (shouldKeepAlive === false && socket instanceof TlsSocket) socket.expectNothingBehind(request)
}
