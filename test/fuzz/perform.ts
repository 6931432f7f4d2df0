/** Does a step to a connection: finds the keys, the binders and the signatures that the step itself leaves out. */
import { decodeClientHello } from '../../lib/core/messages/client-hello.ts'
import { signedContent } from '../../lib/core/messages/certificate-verify.ts'
import { decodeSessionState } from '../../lib/core/handshake/session-state.ts'
import { sessionPolicy } from '../../lib/core/handshake/session-state.ts'
import { EarlySecret, finishedVerifyData } from '../../lib/core/schedule/key-schedule.ts'
import { concat, message, u16, u32, vector } from '../helpers/client/index.ts'
import type { Hash } from '../../types/crypto.ts'
import type { Subject } from './subject.ts'
import type { Step } from './step.ts'
import type { ToyRunningHash } from './toy-crypto.ts'
import type { World } from './worlds.ts'
import { externalIdentity, externalKey } from './worlds.ts'

/** @param hello a ClientHello without pre_shared_key, to carry tickets */
export function perform (subject: Subject, step: Step, hello: Uint8Array): void {
  const { bytes, type, extra } = step
  switch (step.kind) {
    case 'wire': return deliver(subject, Uint8Array.from(bytes), step)
    case 'record': return deliver(subject, sealAll(subject, type, bytes, extra), step)
    case 'damaged': return deliver(subject, damage(subject.seal(type, bytes, 0), extra), step)
    case 'hello': return deliver(subject, sealAll(subject, 22, bind(subject.world, bytes), 0), step)
    case 'state': return deliver(subject, sealAll(subject, 22, bind(subject.world, offer(hello, sealTicket(subject.world, bytes)), decodeSessionState(bytes)?.psk), 0), step)
    case 'ticket': return deliver(subject, sealAll(subject, 22, bind(subject.world, offer(hello, bytes)), 0), step)
    case 'answer': return answer(subject, step)
    case 'call': return subject.call(type)
  }
}

function deliver (subject: Subject, bytes: Uint8Array, { piece }: Step): void {
  if (piece === 0 || bytes.length === 0) return subject.receive(bytes)
  const length = Math.max(piece, Math.ceil(bytes.length / maxPieces))
  for (let at = 0; at < bytes.length; at += length) subject.receive(bytes.slice(at, at + length))
}

/** In as many records as it takes. */
function sealAll (subject: Subject, type: number, content: Uint8Array, padding: number): Uint8Array {
  if (content.length <= maxContent) return subject.seal(type, content, padding)
  const records: Uint8Array[] = []
  for (let at = 0; at < content.length; at += maxContent) records.push(subject.seal(type, content.subarray(at, at + maxContent), 0))
  return concat(...records)
}

function damage (record: Uint8Array, place: number): Uint8Array {
  record[(place >>> 8) % record.length]! ^= place & 0xff || 1
  return record
}

/** Certificate or CompressedCertificate as it is, or none, then CertificateVerify and Finished that fit it. */
function answer (subject: Subject, step: Step): void {
  const { world, connection } = subject
  const { toy, tap } = world
  const transcript = answerTranscript(subject)?.fork()
  if (step.bytes.length > 0) deliver(subject, sealAll(subject, 22, step.bytes, 0), step)
  const { state } = connection
  if (toy === null || transcript === undefined || tap.read === null) return
  const hash = hashOf(world, tap.read.secret.length)
  transcript.update(step.bytes)
  const messages: Uint8Array[] = []
  if (state.endsWith('WAIT_CV')) {
    const verify = message(15, u16(0x0403), vector(2, world.sign(signedContent('client', transcript.digest()))))
    transcript.update(verify)
    messages.push(verify)
  }
  messages.push(message(20, finishedVerifyData(hash, tap.read.secret, transcript.digest())))
  subject.receive(subject.seal(22, concat(...messages), 0))
}

/** In the handshake the connection's own, after it the copy made for the request. */
function answerTranscript ({ connection, world: { tap } }: Subject): ToyRunningHash | null {
  return connection.connected ? tap.fork : tap.transcript
}

/** The ClientHello with pre_shared_key behind its other extensions. */
export function offer (hello: Uint8Array, ...identities: Uint8Array[]): Uint8Array {
  const list = vector(2, ...identities.map((identity) => concat(vector(2, identity.length === 0 ? [0] : identity), u32(0))))
  const binders = vector(2, ...identities.map(() => vector(1, new Uint8Array(32))))
  const at = extensionsOffset(hello)
  const extensions = concat(hello.subarray(at + 2), u16(41), vector(2, list, binders))
  return message(1, hello.subarray(4, at), vector(2, extensions))
}

/**
 * Makes the first binder right where there is one and its key is known: `psk`, that of the external identity, or that of
 * a ticket of ours.
 */
function bind (world: World, hello: Uint8Array, psk?: Uint8Array): Uint8Array {
  const offered = offeredPsks(hello)
  if (offered === null || world.toy === null) return hello
  const identity = offered.identities[0]!.identity
  const external = Buffer.from(externalIdentity).equals(identity)
  const key = psk ?? (external ? externalKey : pskOf(world, identity))
  const length = hello[offered.bindersOffset + 2]
  if (key === null || (length !== 32 && length !== 48)) return hello
  const hash = hashOf(world, length)
  const out = hello.slice()
  const expected = finishedVerifyData(hash, new EarlySecret(hash, key).binderKey(external), beforeBinders(world, hash, out.subarray(0, offered.bindersOffset)))
  out.set(expected, offered.bindersOffset + 3)
  world.tap.work = 0
  return out
}

/** The transcript so far: empty, or a HelloRetryRequest's. */
function beforeBinders (world: World, hash: Hash, partial: Uint8Array): Uint8Array {
  const running = world.tap.transcript?.fork() ?? null
  if (running === null) return hash.digest(partial)
  running.update(partial)
  return running.digest()
}

function offeredPsks (hello: Uint8Array): ReturnType<typeof decodeClientHello>['preSharedKey'] {
  try {
    return decodeClientHello(hello).preSharedKey
  } catch {
    return null
  }
}

function pskOf (world: World, ticket: Uint8Array): Uint8Array | null {
  const opened = world.configuration.tickets?.open(Uint8Array.from(ticket), policyOf(world))
  const { state } = (opened instanceof Promise ? (opened as Promise<unknown> & { brings: never }).brings : opened) as { state: Uint8Array | null }
  return state === null ? null : decodeSessionState(state)?.psk ?? null
}

export function sealTicket (world: World, state: Uint8Array): Uint8Array {
  return world.configuration.tickets!.seal(state, policyOf(world), 7200)
}

export function policyOf (world: World): Uint8Array {
  return sessionPolicy(world.configuration.crypto.sha256, world.context, world.configuration)
}

function hashOf (world: World, length: number): Hash {
  return length === 48 ? world.configuration.crypto.sha384 : world.configuration.crypto.sha256
}

/** Where the extensions' length stands in a well-formed ClientHello. */
export function extensionsOffset (hello: Uint8Array): number {
  let at = 4 + 2 + 32
  at += 1 + hello[at]!
  at += 2 + (hello[at]! << 8 | hello[at + 1]!)
  return at + 1 + hello[at]!
}

const maxContent = 2 ** 14
const maxPieces = 64
