/** Small questions that many tests of the core ask. */
import type { EarlyDataTerms } from '../../types/session.ts'
import { concat, resuming } from '../helpers/client/index.ts'
import type { ClientOptions, TestClient } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'
import type { JointPair, ServerOptions, TestServer } from '../helpers/server.ts'

/** What a server says to a ClientHello: its alert's description, null when it goes on. */
export function answerTo (server: TestServer, client: ClientOptions | TestClient): number | null {
  const joint = server.pair(client)
  joint.deliver(joint.client.clientHello())
  return alertOf(joint)
}

/** The description of the alert the server sent, null when it sent none. */
export function alertOf (joint: JointPair): number | null {
  const alert = joint.client.alerts.at(-1)
  if (alert === undefined) {
    if (joint.connection.failed && joint.accepted.failure?.origin === 'local') throw new Error('the server failed without an alert')
    return null
  }
  if (alert.description !== 0 && (alert.level !== 2 || !joint.connection.failed)) throw new Error('an error alert that is not fatal')
  return alert.description
}

/** Server's bytes in one piece, for comparison. */
export function written (joint: JointPair): string {
  return Buffer.from(concat(...joint.wire)).toString('hex')
}

/** A client's answer to everything in order: post-handshake request `index`, in one record. */
export function answerRequest (joint: JointPair, index: number, options: Parameters<TestClient['answer']>[1] = {}): void {
  joint.deliver(joint.client.handshake(joint.client.answer(joint.client.requests[index]!, options)))
}

/** Asks the client for its certificate, and lets it know. */
export function ask (joint: JointPair, terms: Partial<Parameters<JointPair['connection']['requestClientCertificate']>[0]> = {}): void {
  joint.connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: true, ...terms })
  joint.flush()
}

/** Terms under which early data is accepted, each ClientHello once. */
export function earlyDataTerms (terms: Partial<EarlyDataTerms> = {}): EarlyDataTerms {
  const claimed = new Set<string>()
  return {
    maxEarlyData: 1000,
    since: 0,
    claim (binder) {
      const key = Buffer.from(binder).toString('hex')
      if (claimed.has(key)) return 'replayed'
      claimed.add(key)
      return 'first'
    },
    ...terms
  }
}

/** A server that accepts early data. */
export function earlyServer (options: ServerOptions = {}, terms: Partial<EarlyDataTerms> = {}): TestServer {
  return createServer({ ...options, configuration: { earlyData: earlyDataTerms(terms), ...options.configuration } })
}

/** A client that holds a ticket and offers early data with it. */
export function offering (server: TestServer, options: ClientOptions = {}): JointPair {
  const first = server.pair().handshake()
  return server.pair(resuming(first.client, { earlyData: true, ...options }))
}

/** The same after the server's flight: the server awaits early data, or its end. */
export function accepting (server: TestServer = earlyServer(), options: ClientOptions = {}): JointPair {
  const joint = offering(server, options)
  joint.deliver(joint.client.clientHello())
  return joint
}

export const alerts = {
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  certificate_expired: 45,
  illegal_parameter: 47,
  unknown_ca: 48,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  internal_error: 80,
  user_canceled: 90,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  certificate_required: 116,
  no_application_protocol: 120
} as const
