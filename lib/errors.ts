/**
 * Every error this package throws at an application: one code each, and the HTTP status that Fastify answers with
 * when nobody catches it. The messages of 4xx errors are read by HTTP clients: they say what the client can do.
 */
import createError from '@fastify/error'
import type { FastifyError } from '@fastify/error'
import type { Refusal, RefusedError } from './core/errors.ts'

/** A wrong option: thrown where it is given, never later. Its message is made by `invalidOption`. */
export const FST_TLS13_INVALID_OPTION = createError<[string, string]>(
  'FST_TLS13_INVALID_OPTION', 'option %s: %s', 500, TypeError as ErrorConstructor)

export const FST_TLS13_NOT_HTTPS = createError<[]>(
  'FST_TLS13_NOT_HTTPS',
  'this Fastify instance has a plain HTTP server, which would answer without TLS wherever this plugin is not in time: ' +
  'write Fastify({ https: {} }), or Fastify({ https: {}, serverFactory: serverFactory(options) })')

export const FST_TLS13_ALREADY_REGISTERED = createError<[]>(
  'FST_TLS13_ALREADY_REGISTERED', 'fastify-tls13 is already registered on this server')

export const FST_TLS13_PHA_NOT_OFFERED = createError<[]>(
  'FST_TLS13_PHA_NOT_OFFERED',
  'this client does not support post-handshake authentication (RFC 8446 section 4.2.6), ' +
  'by which this resource asks for a client certificate', 403)

/** 409: an earlier request on this connection waits for the same certificate; once answered, a repetition succeeds. */
export const FST_TLS13_CLIENT_CERTIFICATE_PENDING = createError<[]>(
  'FST_TLS13_CLIENT_CERTIFICATE_PENDING',
  'the client certificate was already asked for on this connection and the answer is outstanding', 409)

/** 425: a request in early data asked for what needs the client's Finished; repeated after it, it succeeds. */
export const FST_TLS13_HANDSHAKE_IN_PROGRESS = createError<[]>(
  'FST_TLS13_HANDSHAKE_IN_PROGRESS', 'the handshake of this connection is not complete', 425)

/** RFC 8470 §5.2: the client, or the proxy between, repeats it when its handshake is complete. */
export const FST_TLS13_TOO_EARLY = createError<[]>(
  'FST_TLS13_TOO_EARLY', 'this resource is not served in TLS early data: repeat the request after the handshake', 425)

/** 403, not 505: the resource can be had over the same server, by HTTP/1.1 (RFC 9113 §9.2.3). */
export const FST_TLS13_PHA_HTTP2 = createError<[]>(
  'FST_TLS13_PHA_HTTP2', 'this resource asks for a client certificate, which HTTP/2 does not allow: use HTTP/1.1', 403)

export const FST_TLS13_PHA_EXTERNAL_PSK = createError<[]>(
  'FST_TLS13_PHA_EXTERNAL_PSK',
  'a client that authenticated by an external pre-shared key cannot be asked for a certificate', 403)

/** 499 as proxies log it: nobody is there to read the answer. */
export const FST_TLS13_CONNECTION_CLOSED = createError<[]>(
  'FST_TLS13_CONNECTION_CLOSED', 'the connection is closed', 499)

export const FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT = createError<[number]>(
  'FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT', 'no client certificate came within %d ms', 408)

export const FST_TLS13_BODY_TOO_LARGE = createError<[number]>(
  'FST_TLS13_BODY_TOO_LARGE',
  'more than %d bytes came before the client certificate that was asked for', 413)

export const FST_TLS13_CLIENT_CERTIFICATE_REQUIRED = createError<[]>(
  'FST_TLS13_CLIENT_CERTIFICATE_REQUIRED', 'this resource needs a client certificate', 403)

/** Its argument is the code of node:tls, `CERT_HAS_EXPIRED`. */
export const FST_TLS13_CLIENT_CERTIFICATE_UNAUTHORIZED = createError<[string]>(
  'FST_TLS13_CLIENT_CERTIFICATE_UNAUTHORIZED', 'the client certificate is not accepted: %s', 403)

/** RFC 9110 §15.5.20: the connection was made for another name, under which other clients are trusted. */
export const FST_TLS13_MISDIRECTED_REQUEST = createError<[]>(
  'FST_TLS13_MISDIRECTED_REQUEST',
  'the request names another host than the TLS connection does: use a connection for this host', 421)

export const FST_TLS13_TOO_MANY_TICKETS = createError<[]>(
  'FST_TLS13_TOO_MANY_TICKETS', 'this connection was given all the session tickets it may get')

export const FST_TLS13_NO_TICKETS = createError<[]>(
  'FST_TLS13_NO_TICKETS', 'no session tickets can be sent on this connection: they are disabled, or the client takes none')

export const FST_TLS13_NOT_TLS = createError<[]>(
  'FST_TLS13_NOT_TLS', 'this request did not come over a TLS 1.3 connection of this server (app.inject(), or another server)')

/**
 * The error of a wrong option.
 * @param name the option as the user writes it: `numTickets`, `key[1]`
 * @param reason what is wrong with it, and where possible what to write instead; never a value that may be secret
 */
export function invalidOption (name: string, reason: string): FastifyError {
  return FST_TLS13_INVALID_OPTION(name, reason)
}

/** What a call that the core refused looks like to the application. */
export function refusedError (error: RefusedError): FastifyError {
  return refusals[error.refusal]()
}

const refusals = {
  NOT_OFFERED: FST_TLS13_PHA_NOT_OFFERED,
  PENDING: FST_TLS13_CLIENT_CERTIFICATE_PENDING,
  HANDSHAKE_IN_PROGRESS: FST_TLS13_HANDSHAKE_IN_PROGRESS,
  HTTP2: FST_TLS13_PHA_HTTP2,
  EXTERNAL_PSK: FST_TLS13_PHA_EXTERNAL_PSK,
  CLOSED: FST_TLS13_CONNECTION_CLOSED,
  NO_TICKETS: FST_TLS13_NO_TICKETS,
  TOO_MANY_TICKETS: FST_TLS13_TOO_MANY_TICKETS
} satisfies Record<Refusal, () => FastifyError>
