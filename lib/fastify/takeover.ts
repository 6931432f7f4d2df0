/** Puts our TLS in front of the servers that Fastify made itself. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Server } from 'node:https'
import type { FastifyInstance } from 'fastify'
import { attach } from '../server/gate.ts'
import type { ServerSettings } from '../server/configuration.ts'

/**
 * Takes over the instance's server, and with `host: 'localhost'` the secondary servers, which Fastify makes for the
 * other addresses of that name without telling anybody. Node announces every server before its port opens
 * (diagnostics_channel `tracing:net.server.listen`), so none of them is ever reachable without us.
 * @param onServer called with each of them
 */
export function takeOver (app: FastifyInstance, settings: ServerSettings, onServer: (server: Server) => void): void {
  const takeOne = (server: Server): void => {
    attach(server, settings)
    onServer(server)
  }
  const onListen = (message: unknown): void => {
    const { server } = message as { server: unknown }
    if (server !== app.server && server instanceof Server && server.listeners('request').includes(app.routing)) takeOne(server)
  }
  takeOne(app.server as Server)
  subscribe(listenChannel, onListen)
  app.addHook('onClose', async () => { unsubscribe(listenChannel, onListen) })
}

const listenChannel = 'tracing:net.server.listen:asyncStart'
