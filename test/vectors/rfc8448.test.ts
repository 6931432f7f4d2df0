/**
 * RFC 8448. Its server sends extensions in EncryptedExtensions that ours has no reason to send (supported_groups,
 * record_size_limit), and a cookie in §5: from there on the bytes differ. So the tests are of two kinds: ServerHello
 * byte for byte from our connection, and the key schedule and record protection byte for byte over the trace's messages.
 */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { RecordProtection, trafficKeys } from '../../lib/core/record/protection.ts'
import { EarlySecret, finishedVerifyData, resumptionPsks } from '../../lib/core/schedule/key-schedule.ts'
import type { MasterSecret } from '../../lib/core/schedule/key-schedule.ts'
import { Transcript } from '../../lib/core/schedule/transcript.ts'
import { signedContent } from '../../lib/core/messages/certificate-verify.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { CryptoProvider, NamedGroup } from '../../types/crypto.ts'
import { concat, extensionType, hex, Reader, readExtensions, toHex } from '../helpers/client/index.ts'
import { createServer, publicKeyOf } from '../helpers/server.ts'
import * as vectors from './rfc8448.ts'
import type { Trace } from './rfc8448.ts'

interface Side { handshake: RecordProtection, secret: Uint8Array, application: RecordProtection }
interface Run { client: Side, server: Side, master: MasterSecret, transcript: Transcript }

for (const name of ['node', 'noble'] as const) {
  const crypto = cryptoProvider(name)

  t.test(`${name}: §3, key schedule and record protection with the trace's messages`, async (t) => {
    const { simple } = vectors
    const run = checkHandshake(t, crypto, simple, [bodyOf(simple.clientHello), bodyOf(simple.serverHello)],
      [simple.encryptedExtensions, simple.certificate, simple.certificateVerify], null)
    const ticket = open(t, run.server.application, simple.newSessionTicket)
    t.equal(ticket[0], 4)
    const nonce = new Reader(ticket.slice(12)).vector(1)
    const [psk] = resumptionPsks(crypto.sha256, run.master.resumptionMasterSecret(run.transcript.hash()), [nonce])
    same(t, psk!, vectors.ticketPsk)
    checkData(t, run, simple)
    checkClose(t, run, simple)
  })

  t.test(`${name}: §4, the binder, the key schedule and record protection with the trace's messages`, async (t) => {
    const { resumed } = vectors
    const hello = bodyOf(resumed.clientHello)
    const truncated = Transcript.start(crypto.sha256)
    truncated.update(hello.slice(0, hello.length - 35))
    const binder = finishedVerifyData(crypto.sha256, new EarlySecret(crypto.sha256, vectors.ticketPsk).binderKey(false), truncated.hash())
    same(t, binder, hello.slice(hello.length - 32))
    // EndOfEarlyData, under the early traffic secret, precedes the client's Finished.
    const endOfEarlyData = hex('05000000')
    const finished = recordsOf(resumed.clientFlight)[1]!
    const run = checkHandshake(t, crypto, { ...resumed, clientFlight: finished }, [hello, bodyOf(resumed.serverHello)],
      [resumed.encryptedExtensions], vectors.ticketPsk, endOfEarlyData)
    checkData(t, run, resumed)
    checkClose(t, run, resumed)
  })

  t.test(`${name}: §5, the transcript over HelloRetryRequest, key schedule and record protection with the trace's messages`, async (t) => {
    const { helloRetryRequest: trace } = vectors
    const run = checkHandshake(t, crypto, trace,
      [bodyOf(trace.clientHello), bodyOf(trace.helloRetryRequest), bodyOf(trace.secondClientHello), bodyOf(trace.serverHello)],
      [trace.encryptedExtensions, trace.certificate, trace.certificateVerify], null)
    checkClose(t, run, trace)
  })

  t.test(`${name}: §6, key schedule, record protection and both CertificateVerify with the trace's messages`, async (t) => {
    const { clientAuthentication: trace } = vectors
    const before = [trace.encryptedExtensions, trace.certificateRequest, trace.certificate]
    const run = checkHandshake(t, crypto, trace, [bodyOf(trace.clientHello), bodyOf(trace.serverHello)], [...before, trace.certificateVerify], null)
    checkClose(t, run, trace)
    const first = [bodyOf(trace.clientHello), bodyOf(trace.serverHello), ...before]
    t.ok(verifySigned(crypto, 'server', first, trace.certificate, trace.certificateVerify))
    const [certificate, certificateVerify] = messagesOf(handshakeOf(t, crypto, trace))
    t.ok(verifySigned(crypto, 'client', [...first, trace.certificateVerify, trace.finished, certificate!], certificate!, certificateVerify!))
  })

  t.test(`${name}: §7, key schedule and record protection with the trace's messages`, async (t) => {
    const { compatibility: trace } = vectors
    const withoutCcs = { ...trace, serverFlight: recordsOf(trace.serverFlight)[1]!, clientFlight: recordsOf(trace.clientFlight)[1]! }
    const run = checkHandshake(t, crypto, withoutCcs, [bodyOf(trace.clientHello), bodyOf(trace.serverHello)],
      [trace.encryptedExtensions, trace.certificate, trace.certificateVerify], null)
    checkClose(t, run, trace)
  })

  for (const [section, trace, compatible] of [['§3', vectors.simple, false], ['§6', vectors.clientAuthentication, false], ['§7', vectors.compatibility, true]] as const) {
    t.test(`${name}: ${section}, our connection's ServerHello byte for byte`, async (t) => {
      const joint = scriptedServer(crypto, trace)
      joint.receive(trace.clientHello.slice())
      const records = recordsOf(joint.takeOutput()!)
      same(t, records[0]!, trace.serverHello)
      if (compatible) same(t, records[1]!, recordsOf(trace.serverFlight)[0]!, 'the change_cipher_spec as well')
      t.equal(joint.failed, false)
    })
  }
}

/** Everything that the two flights hold, from the trace's messages: secrets, Finished of both sides, the sealed records. */
function checkHandshake (t: Test, crypto: CryptoProvider, trace: Trace, hellos: Uint8Array[], server: Uint8Array[], psk: Uint8Array | null, beforeClient?: Uint8Array): Run {
  const run = startRun(crypto, trace, hellos, psk)
  const { transcript, secrets } = run
  for (const message of server) transcript.update(message)
  const serverFinished = finishedVerifyData(crypto.sha256, secrets.server, transcript.hash())
  same(t, serverFinished, trace.finished.slice(4), 'the server\'s Finished')
  transcript.update(trace.finished)
  const flight = concat(...server, trace.finished)
  same(t, seal(run.serverHandshake, 22, flight), trace.serverFlight, 'the server\'s flight, sealed')
  const application = run.master.derive(transcript.hash())
  if (psk === null && hellos.length === 2 && trace.clientHello === vectors.simple.clientHello) {
    same(t, application.exporterMasterSecret, vectors.exporterMasterSecret)
  }
  if (beforeClient !== undefined) transcript.update(beforeClient)
  const client = messagesOf(open(t, run.clientHandshake, trace.clientFlight))
  for (const message of client.slice(0, -1)) transcript.update(message)
  same(t, client.at(-1)!.slice(4), finishedVerifyData(crypto.sha256, secrets.client, transcript.hash()), 'the client\'s Finished')
  transcript.update(client.at(-1)!)
  const suite = suiteOf(crypto)
  return {
    client: { handshake: run.clientHandshake, secret: secrets.client, application: new RecordProtection(suite, trafficKeys(suite, application.clientApplicationTrafficSecret0)) },
    server: { handshake: run.serverHandshake, secret: secrets.server, application: new RecordProtection(suite, trafficKeys(suite, application.serverApplicationTrafficSecret0)) },
    master: run.master,
    transcript
  }
}

function startRun (crypto: CryptoProvider, trace: Trace, hellos: Uint8Array[], psk: Uint8Array | null) {
  const hash = crypto.sha256
  const retried = hellos.length === 4
  const transcript = retried ? Transcript.startAfterRetry(hash, hellos[0]!) : Transcript.start(hash)
  for (const message of retried ? hellos.slice(1) : hellos) transcript.update(message)
  const handshakeSecret = (psk === null ? EarlySecret.withoutPsk(hash) : new EarlySecret(hash, psk)).handshakeSecret(sharedSecret(trace, hellos.at(-2)!))
  const { clientHandshakeTrafficSecret: client, serverHandshakeTrafficSecret: server, masterSecret } = handshakeSecret.derive(transcript.hash())
  const suite = suiteOf(crypto)
  return {
    transcript,
    secrets: { client, server },
    master: masterSecret,
    clientHandshake: new RecordProtection(suite, trafficKeys(suite, client)),
    serverHandshake: new RecordProtection(suite, trafficKeys(suite, server))
  }
}

/** The client's second flight, opened again from the start. */
function handshakeOf (t: Test, crypto: CryptoProvider, trace: Trace): Uint8Array {
  const run = startRun(crypto, trace, [bodyOf(trace.clientHello), bodyOf(trace.serverHello)], null)
  return open(t, run.clientHandshake, trace.clientFlight)
}

function checkData (t: Test, run: Run, trace: { clientData: Uint8Array, serverData: Uint8Array }): void {
  same(t, open(t, run.client.application, trace.clientData), vectors.applicationData)
  same(t, seal(run.server.application, 23, vectors.applicationData), trace.serverData)
}

function checkClose (t: Test, run: Run, trace: Trace): void {
  same(t, open(t, run.client.application, trace.clientCloseNotify), hex('0100'))
  same(t, seal(run.server.application, 21, hex('0100')), trace.serverCloseNotify)
}

function verifySigned (crypto: CryptoProvider, side: 'client' | 'server', before: Uint8Array[], certificate: Uint8Array, certificateVerify: Uint8Array): boolean {
  const reader = new Reader(certificate.slice(4))
  reader.vector(1)
  const leaf = new Reader(reader.vector(3)).vector(3)
  const verify = new Reader(certificateVerify.slice(4))
  const scheme = verify.uint(2)
  const content = signedContent(side, crypto.sha256.digest(concat(...before)))
  return crypto.verify(scheme, publicKeyOf(leaf), content, verify.vector(2)) === true
}

/** A server whose random, ephemeral key, certificate and signature are those of the trace. */
function scriptedServer (crypto: CryptoProvider, trace: Trace & { certificate: Uint8Array, certificateVerify: Uint8Array }) {
  const random = bodyOf(trace.serverHello).slice(6, 38)
  const group: NamedGroup = {
    id: 0x001d,
    name: 'x25519',
    byDefault: true,
    encapsulate: (clientShare) => ({ share: x25519Public(trace.serverPrivateKey), secret: x25519(trace.serverPrivateKey, clientShare) })
  }
  const scheme = new Reader(trace.certificateVerify.slice(4)).uint(2)
  const signature = trace.certificateVerify.slice(8)
  const chain = [trace.certificate.slice(11, trace.certificate.length - 2)]
  const signer = { keyType: scheme === 0x0403 ? 'ec' : 'rsa', signatureSchemes: [scheme], publicKey: publicKeyOf(chain[0]!), sign: () => signature }
  const server = createServer({ context: { credentials: [{ chain, signer, name: 'trace', notAfter: 8e15 }] } })
  const configuration = { ...server.configuration, crypto: { ...crypto, random: () => random, namedGroups: [group] }, namedGroups: [group], cipherSuites: [suiteOf(crypto)] }
  return createServer({ configuration }).accept().connection
}

function same (t: Test, actual: Uint8Array, expected: Uint8Array, what: string = 'the same bytes'): void {
  t.equal(toHex(actual), toHex(expected), what)
}

function suiteOf (crypto: CryptoProvider) {
  return crypto.cipherSuites.find((suite) => suite.id === 0x1301)!
}

function seal (protection: RecordProtection, type: number, content: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(5 + content.length + 1 + protection.tagLength)
  buffer.set(content, 5)
  buffer[5 + content.length] = type
  protection.seal(buffer, 5, 5 + content.length + 1)
  return buffer
}

/** @returns the content of one record, without its type */
function open (t: Test, protection: RecordProtection, record: Uint8Array): Uint8Array {
  const opened = protection.open(record, 5, record.length)
  t.ok(opened, 'the record opens')
  return Uint8Array.from(opened!).slice(0, -1)
}

/** The handshake message of a record in the clear. */
function bodyOf (record: Uint8Array): Uint8Array {
  return record.slice(5)
}

function recordsOf (bytes: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes[at + 3]! * 256 + bytes[at + 4]!
    out.push(bytes.slice(at, end))
    at = end
  }
  return out
}

function messagesOf (bytes: Uint8Array): Uint8Array[] {
  return new Reader(bytes).list((reader) => concat(reader.take(1), ((length) => concat(length, reader.take(new Reader(length).uint(3))))(reader.take(3))))
}

function sharedSecret (trace: Trace, clientHello: Uint8Array): Uint8Array {
  const { group, share } = clientShare(clientHello)
  if (group === 0x001d) return x25519(trace.serverPrivateKey, share)
  const exchange = createECDH('prime256v1')
  exchange.setPrivateKey(trace.serverPrivateKey)
  return new Uint8Array(exchange.computeSecret(share))
}

function clientShare (clientHello: Uint8Array): { group: number, share: Uint8Array } {
  const reader = new Reader(clientHello.slice(38))
  reader.vector(1)
  reader.vector(2)
  reader.vector(1)
  const shares = new Reader(readExtensions(reader.vector(2)).get(extensionType.keyShare)!)
  const list = new Reader(shares.vector(2))
  return { group: list.uint(2), share: list.vector(2) }
}

function x25519Key (privateKey: Uint8Array) {
  return createPrivateKey({ key: Buffer.from(concat(hex('302e020100300506032b656e04220420'), privateKey)), format: 'der', type: 'pkcs8' })
}

function x25519Public (privateKey: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(x25519Key(privateKey)).export({ format: 'der', type: 'spki' }).subarray(12))
}

function x25519 (privateKey: Uint8Array, share: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({ key: Buffer.from(concat(hex('302a300506032b656e032100'), share)), format: 'der', type: 'spki' })
  return new Uint8Array(diffieHellman({ privateKey: x25519Key(privateKey), publicKey }))
}
