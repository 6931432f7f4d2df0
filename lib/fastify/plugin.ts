/** The plugin: finds or makes the TLS server of a Fastify instance, and decorates the instance with it. */
import { Server } from 'node:https'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { FST_TLS13_ALREADY_REGISTERED, FST_TLS13_NOT_HTTPS, invalidOption } from '../errors.ts'
import type { Tls13Options } from '../../types/options.ts'
import { ServerTls } from './app-tls.ts'
import { judgeEarlyRequests } from './early-data.ts'
import { addPrometheus } from './metrics.ts'
import { prepare } from './preparation.ts'
import type { Preparation } from './preparation.ts'
import { noteRequests, requestTls } from './request-tls.ts'
import { guardEarlyRoutes, guardRoute } from './route-guard.ts'
import { preparationOf } from './server-factory.ts'
import { takeOver } from './takeover.ts'

export async function plugin (app: FastifyInstance, options: Tls13Options): Promise<void> {
  if (registered.has(app.server)) throw FST_TLS13_ALREADY_REGISTERED()
  const preparation = serve(app, options)
  registered.add(app.server)

  app.decorate('tls', new ServerTls(preparation.settings, preparation.gauges))
  app.decorateRequest('tls', { getter: requestTls(preparation.settings) })
  judgeEarlyRequests(app, preparation.settings)
  app.addHook('onRoute', guardRoute)
  if (app.printRoutes() !== noRoutes) app.addHook('onRequest', guardEarlyRoutes)
  addPrometheus(app, preparation)
  await preparation.settings.ticketKeys.ready()
}

/** A server of ours is there already; a server of Fastify's is taken over; any other is refused. */
function serve (app: FastifyInstance, options: Tls13Options): Preparation {
  const server: unknown = app.server
  if (!(server instanceof Server)) throw server instanceof TlsServer ? invalidOption('http2', useAlpn) : FST_TLS13_NOT_HTTPS()
  refuseOwnContext(server)

  const made = preparationOf(server)
  if (made !== undefined) {
    refuseOptions(options)
    noteRequests(server)
    return made
  }
  const preparation = prepare(options)
  takeOver(app, preparation.settings, noteRequests)
  return preparation
}

/** What was given to `https: {}` for TLS would be OpenSSL's, which never gets a connection; the server shows it. */
function refuseOwnContext (server: Server): void {
  const given = server as unknown as Record<string, unknown>
  const name = ofOpenSsl.find((name) => given[name] !== undefined && given[name] !== false)
  if (name !== undefined) throw invalidOption(`https.${name}`, 'is in the wrong place: give it to fastify-tls13, and leave https: {} without it')
}

function refuseOptions (options: Tls13Options): void {
  const name = Object.keys(options).find((name) => !ofRegister.includes(name))
  if (name !== undefined) throw invalidOption(name, 'is in the wrong place: this server has its options from serverFactory(options)')
}

const useAlpn = 'leave it out: HTTP/2 is offered by ALPNProtocols: [\'h2\', \'http/1.1\'] of this plugin'

/** Options of node:tls that a server has as members, undefined or false unless given. */
const ofOpenSsl = ['key', 'cert', 'pfx', 'passphrase', 'ca', 'crl', 'requestCert', 'ciphers', 'sigalgs', 'ecdhCurve', 'minVersion', 'maxVersion']

/** What `app.register` and @fastify/autoload hand to every plugin. */
const ofRegister = ['prefix', 'logLevel', 'logSerializers']

const registered = new WeakSet<object>()

/** What `printRoutes` says of a router without routes. */
const noRoutes = '(empty tree)'
