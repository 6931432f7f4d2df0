/** Carries out a route's `config.tls` before the route's other hooks run. */
import { constants } from 'node:http2'
import type { Http2ServerRequest } from 'node:http2'
import type { FastifyContextConfig, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import {
  FST_TLS13_CLIENT_CERTIFICATE_REQUIRED, FST_TLS13_CLIENT_CERTIFICATE_UNAUTHORIZED, FST_TLS13_MISDIRECTED_REQUEST,
  FST_TLS13_PHA_HTTP2, FST_TLS13_TOO_EARLY
} from '../errors.ts'
import { isForAnotherHost } from './request-tls.ts'
import { readRouteConfig } from './route-config.ts'
import type { ClientCertificatePolicy, RoutePolicy } from './route-config.ts'

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** An onRoute hook: a route with `config.tls` gets an onRequest hook, the others cost nothing. */
export function guardRoute (route: RouteOptions): void {
  if (route.config?.tls === undefined) return
  const guard = guardFor(route.config, String(route.method), route.url)
  route.onRequest = [guard, ...[route.onRequest ?? []].flat()]
  route.config = Object.assign({}, route.config, { [guarded]: true })
}

/**
 * An onRequest hook of the whole scope, for the routes that were added before the plugin was loaded and so never met
 * `guardRoute`: the order of two lines must not decide whether a protected route is open.
 */
export function guardEarlyRoutes (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  const { config, method, url } = request.routeOptions
  if (config?.tls === undefined || guarded in config) return done()
  let guard = earlyGuards.get(config)
  if (guard === undefined) {
    guard = guardFor(config, String(method), String(url))
    earlyGuards.set(config, guard)
  }
  guard(request, reply).then(() => { if (!reply.sent) done() }, done)
}

function guardFor (config: FastifyContextConfig, method: string, url: string): Guard {
  const policy = readRouteConfig(config.tls, `${method} ${url}`)
  return async (request, reply) => {
    try {
      await enforce(policy, request)
    } catch (error) {
      if (!(error instanceof FST_TLS13_PHA_HTTP2)) throw error
      return retryOverHttp1(request, reply)
    }
  }
}

async function enforce (policy: RoutePolicy, request: FastifyRequest): Promise<void> {
  if (isTooEarly(policy, request)) throw FST_TLS13_TOO_EARLY()
  if (policy.numTickets !== null) request.tls.numTickets = policy.numTickets
  if (policy.clientCertificate === null) return
  refuseOtherHost(request)
  await takeTurn(request, policy.clientCertificate)
  admit(request, policy.clientCertificate)
}

/**
 * A proxy before us says so of a request that it has from early data, by whatever value (RFC 8470 §5.1). Our own waited for the
 * handshake already; where a certificate is asked for that is not enough, since it was sent by somebody who had not proved it.
 */
function isTooEarly ({ earlyData, clientCertificate }: RoutePolicy, request: FastifyRequest): boolean {
  if (earlyData) return false
  return request.headers['early-data'] !== undefined || (clientCertificate !== null && request.tls.earlyData)
}

/** A request for another host than its connection's is answered by 421: the bypass of CVE-2025-23048. */
function refuseOtherHost (request: FastifyRequest): void {
  const host = request.raw.headers.host ?? request.raw.headers[':authority']
  if (host === undefined) return
  const name = String(host).replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()
  if (isForAnotherHost(request, name)) throw FST_TLS13_MISDIRECTED_REQUEST()
}

/** Pipelined requests of one connection ask one after the other: TLS has one request outstanding at a time. */
async function takeTurn (request: FastifyRequest, policy: ClientCertificatePolicy): Promise<void> {
  const connection = request.raw.socket
  const turn = (turns.get(connection) ?? Promise.resolve()).then(() => ask(request, policy))
  turns.set(connection, turn.catch(() => {}))
  await turn
}

async function ask (request: FastifyRequest, { options, required }: ClientCertificatePolicy): Promise<void> {
  const { tls } = request
  if (tls.authorized || answered.has(request.raw.socket)) return
  // a client that cannot be asked: judged by what it has, refused with the reason where it has nothing
  if (!tls.postHandshakeAuth && (!required || tls.peerCertificate !== null)) return
  await tls.requestClientCertificate(options)
  if (!tls.authorized) answered.add(request.raw.socket)
}

function admit ({ tls }: FastifyRequest, { required, mustBeAuthorized }: ClientCertificatePolicy): void {
  if (required && tls.peerCertificate === null) throw FST_TLS13_CLIENT_CERTIFICATE_REQUIRED()
  if (mustBeAuthorized && !tls.authorized) {
    throw FST_TLS13_CLIENT_CERTIFICATE_UNAUTHORIZED(tls.authorizationError ?? 'unknown')
  }
}

/** RFC 9113 §9.2.3 forbids post-handshake authentication; §7 has the code that makes a client come back by HTTP/1.1. */
function retryOverHttp1 (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack()
  const { stream } = request.raw as unknown as Http2ServerRequest
  stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED)
  return reply
}

/** Marks a route's config as guarded; Fastify copies it into the route's context. */
const guarded = Symbol('fastify-tls13.guarded')

const earlyGuards = new WeakMap<FastifyContextConfig, Guard>()

/** The last turn taken on a connection. */
const turns = new WeakMap<object, Promise<void>>()

/** Connections whose client was asked by a route and has no certificate that we accept: it is not asked again. */
const answered = new WeakSet<object>()
