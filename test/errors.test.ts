import t from 'tap'
import { RefusedError } from '../lib/core/errors.ts'
import type { Refusal } from '../lib/core/errors.ts'
import * as errors from '../lib/errors.ts'

const statuses: Readonly<Record<string, number>> = {
  FST_TLS13_INVALID_OPTION: 500,
  FST_TLS13_NOT_HTTPS: 500,
  FST_TLS13_ALREADY_REGISTERED: 500,
  FST_TLS13_PHA_NOT_OFFERED: 403,
  FST_TLS13_CLIENT_CERTIFICATE_PENDING: 409,
  FST_TLS13_HANDSHAKE_IN_PROGRESS: 425,
  FST_TLS13_TOO_EARLY: 425,
  FST_TLS13_PHA_HTTP2: 403,
  FST_TLS13_PHA_EXTERNAL_PSK: 403,
  FST_TLS13_CONNECTION_CLOSED: 499,
  FST_TLS13_CLIENT_CERTIFICATE_TIMEOUT: 408,
  FST_TLS13_BODY_TOO_LARGE: 413,
  FST_TLS13_CLIENT_CERTIFICATE_REQUIRED: 403,
  FST_TLS13_CLIENT_CERTIFICATE_UNAUTHORIZED: 403,
  FST_TLS13_MISDIRECTED_REQUEST: 421,
  FST_TLS13_TOO_MANY_TICKETS: 500,
  FST_TLS13_NO_TICKETS: 500,
  FST_TLS13_NOT_TLS: 500
}

t.test('every error is made with its own code and its status', (t) => {
  const codes = Object.keys(errors).filter((name) => name.startsWith('FST_'))
  t.strictSame(codes.sort(), Object.keys(statuses).sort())
  for (const code of codes) {
    const create = errors[code as keyof typeof errors] as unknown as (...args: unknown[]) => Error & { code: string, statusCode: number }
    const error = create('one', 'two')
    t.equal(error.code, code)
    t.equal(error.statusCode, statuses[code], code)
    t.ok(error.message.length > 0)
  }
  t.end()
})

t.test('a wrong option is a TypeError that names option and reason', (t) => {
  const error = errors.invalidOption('key[1]', 'is empty')
  t.type(error, TypeError)
  t.equal(error.message, 'option key[1]: is empty')
  t.end()
})

t.test('a plain HTTP instance is told what to write', (t) => {
  t.match(errors.FST_TLS13_NOT_HTTPS().message, 'Fastify({ https: {} })')
  t.match(errors.FST_TLS13_NOT_HTTPS().message, 'serverFactory')
  t.end()
})

t.test('every refusal of the core has its error', (t) => {
  const expected: Record<Refusal, string> = {
    NOT_OFFERED: 'FST_TLS13_PHA_NOT_OFFERED',
    PENDING: 'FST_TLS13_CLIENT_CERTIFICATE_PENDING',
    HANDSHAKE_IN_PROGRESS: 'FST_TLS13_HANDSHAKE_IN_PROGRESS',
    HTTP2: 'FST_TLS13_PHA_HTTP2',
    EXTERNAL_PSK: 'FST_TLS13_PHA_EXTERNAL_PSK',
    CLOSED: 'FST_TLS13_CONNECTION_CLOSED',
    NO_TICKETS: 'FST_TLS13_NO_TICKETS',
    TOO_MANY_TICKETS: 'FST_TLS13_TOO_MANY_TICKETS'
  }
  for (const [refusal, code] of Object.entries(expected)) {
    t.equal(errors.refusedError(new RefusedError(refusal as Refusal, 'no')).code, code, refusal)
  }
  t.end()
})
