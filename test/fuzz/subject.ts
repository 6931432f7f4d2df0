/**
 * A connection under test. Whatever is done to it, what must hold is looked at after every step; what does not is thrown
 * as a `Violation`.
 */
import { ServerConnection } from '../../lib/core/connection.ts'
import type { ClientAuthResult, ConnectionSink } from '../../lib/core/connection.ts'
import { RefusedError } from '../../lib/core/errors.ts'
import type { TlsError } from '../../lib/core/errors.ts'
import { maxCiphertextLength, maxPlaintextLength } from '../../lib/core/limits.ts'
import { transitions } from '../../lib/core/handshake/states.ts'
import type { State } from '../../lib/core/handshake/states.ts'
import type { ClientIdentity } from '../../types/credentials.ts'
import { calls } from './step.ts'
import { tagLength } from './toy-crypto.ts'
import type { World } from './worlds.ts'

/** Something that must never be. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export class Subject implements ConnectionSink {
  readonly world: World
  readonly connection: ServerConnection
  failure: TlsError | null = null
  connected = false
  /** The states and the sink's news, in their order: what tells one course from another. */
  course = ''
  #told = 0
  #closed = false
  /** Did what the connection waited for fail? Then internal_error is the right answer. */
  #rejected = false

  constructor (world: World) {
    this.world = world
    world.restart()
    this.connection = new ServerConnection(world.configuration, this)
  }

  receive (bytes: Uint8Array): void {
    this.world.tap.work = 0
    this.#do(() => this.#feed(bytes))
    const { work } = this.world.tap
    if (work > workOfOne + workPerByte * bytes.length) throw new Violation(`${work} units of work for ${bytes.length} bytes`)
  }

  /** What an application does; it may be refused, and nothing else. */
  call (number: number): void {
    this.#do(() => {
      try {
        this.#call(number)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
      }
    })
  }

  /** A record of the client's under its present keys, or in the clear when there are none. */
  seal (type: number, content: Uint8Array, padding: number): Uint8Array {
    const { read } = this.world.tap
    const length = read === null ? content.length : content.length + 1 + padding + tagLength
    const record = new Uint8Array(5 + length)
    record.set([read === null ? type : 23, 3, 3, length >>> 8, length])
    record.set(content, 5)
    if (read === null) return record
    const end = 5 + length - tagLength
    record[5 + content.length] = type
    read.aead.sealUnseen(nonceOf(read.iv, this.world.tap.readSequence++), record.subarray(0, 5), record, 5, end)
    return record
  }

  onPlaintext (data: Uint8Array): void {
    if (!this.connected && this.connection.state !== 'WAIT_EOED') throw new Violation(`plaintext in ${this.connection.state}`)
    this.#tell(data.length === 0 ? 'E' : 'P')
  }

  onConnected (): void {
    if (this.connected) throw new Violation('connected twice')
    this.connected = true
    this.#tell('C')
  }

  onPeerClosed (): void {
    this.#tell('Z')
  }

  onClientAuth ({ outcome, identity }: ClientAuthResult): void {
    if ((outcome === 'verified') !== (identity?.authorized ?? false)) throw new Violation(`${outcome}, and authorized is ${identity?.authorized}`)
    if (identity !== this.connection.identity) throw new Violation('the identity told is not the one published')
    this.#tell('A')
  }

  onFailed (error: TlsError): void {
    this.#tell('F')
    this.failure = error
  }

  #tell (what: string): void {
    if (this.failure !== null) throw new Violation(`the sink was told ${what} after the failure`)
    this.#told++
    if (!this.course.endsWith(what)) this.course += what
  }

  #do (action: () => void): void {
    const { connection } = this
    const before = connection.state
    const told = this.#told
    action()
    this.#resume()
    const output = connection.takeOutput()
    if (before === 'CLOSED' && output !== null) throw new Violation('bytes were written after CLOSED')
    if (before === 'CLOSED' && told !== this.#told) throw new Violation('the sink was told something after CLOSED')
    this.#checkTransition(before, connection.state)
    this.#checkFailure(before)
    this.#checkOutput(output, before)
    this.#checkIdentity(connection.identity)
    this.#checkFacts()
  }

  /** The second half comes while the connection waits, if it waits at all: it was on its way already. */
  #feed (bytes: Uint8Array): void {
    const middle = this.world.hasty ? bytes.length >> 1 : bytes.length
    this.#lend(bytes.slice(0, middle))
    if (middle < bytes.length) this.#lend(bytes.slice(middle))
  }

  /** As a socket does, whose memory serves again. */
  #lend (bytes: Uint8Array): void {
    this.connection.receive(bytes)
    bytes.fill(0xff)
  }

  /** What the connection waits for is there: a driver that is as quick as can be. */
  #resume (): void {
    for (let times = 0; this.connection.waiting !== null; times++) {
      if (times > maxWaits) throw new Violation('the connection waits without end')
      const { brings } = this.connection.waiting as Promise<unknown> & { brings?: unknown }
      this.#rejected = brings instanceof Error
      if (brings instanceof Error) this.connection.reject(brings)
      else this.connection.resume(brings)
    }
  }

  #checkTransition (before: State, after: State): void {
    if (before !== after) this.course += `>${after}`
    if (!reachable.get(before)!.has(after)) throw new Violation(`from ${before} to ${after}`)
  }

  #checkFailure (before: State): void {
    const { failed, state } = this.connection
    if (failed !== (this.failure !== null)) throw new Violation('a failure, and the sink knows nothing of it')
    if (failed && state !== 'CLOSED') throw new Violation(`failed in ${state}`)
    if (this.failure?.code === 'TLS13_INTERNAL_ERROR' && !this.#rejected) throw new Violation(`internal error in ${before}: ${String((this.failure.cause as Error | undefined)?.stack ?? this.failure.cause)}`)
  }

  /** Whole records of types that a server sends; after a failure of ours the last is the alert. */
  #checkOutput (output: Uint8Array | null, before: State): void {
    const { sealed } = this.world.tap
    let alert = -1
    let opened = 0
    if (output === null) output = nothing
    for (let at = 0; at < output.length;) {
      const length = output[at + 3]! << 8 | output[at + 4]!
      if (output[at + 1] !== 3 || output[at + 2] !== 3 || length === 0 || at + 5 + length > output.length) throw new Violation(`no record at ${at} of the output`)
      alert = output[at] === 23 ? this.#checkSealed(sealed[opened++], length) : checkPlain(output, at + 5, length)
      at += 5 + length
    }
    if (this.world.toy !== null && opened !== sealed.length) throw new Violation(`${sealed.length} records were sealed and ${opened} written`)
    sealed.length = 0
    const awaited = before !== 'CLOSED' && this.failure?.origin === 'local' && !this.#closed
    if (awaited && alert !== this.failure?.alert) throw new Violation(`the last record is not the alert ${this.failure?.alertName}`)
    if (before !== 'CLOSED' && this.failure?.origin === 'peer' && alert > 0) throw new Violation('an alert was answered with an alert')
  }

  #checkSealed (inner: Uint8Array | undefined, length: number): number {
    if (this.world.toy === null) return this.failure?.alert ?? -1
    if (inner === undefined) throw new Violation('a record was written that was not sealed')
    if (length !== inner.length + tagLength || length > maxCiphertextLength) throw new Violation(`a record of ${length} bytes`)
    const type = inner[inner.length - 1]
    if (type === 23 || type === 22) return -1
    if (type !== 21 || inner.length !== 3) throw new Violation(`a sealed record of type ${type} with ${inner.length} bytes`)
    return inner[1]!
  }

  #checkIdentity (identity: ClientIdentity | null): void {
    if (identity === null) return
    if (!this.connected) throw new Violation('an identity before Finished')
    if (identity.chain.length === 0) throw new Violation('an identity without a certificate')
    if (!this.world.legitimate(identity)) throw new Violation('an identity that nobody proved')
  }

  /** What is told of a connection before its handshake is complete is nothing, unless it may answer early data. */
  #checkFacts (): void {
    const { connection } = this
    const told = connection.info !== null
    const answersEarlyData = this.world.configuration.earlyData !== null && ['WAIT_EOED', 'WAIT_FINISHED'].includes(connection.state)
    if (told !== this.connected && !(told && answersEarlyData)) throw new Violation(`info is ${told ? 'there' : 'null'}, and connected was ${this.connected ? '' : 'not '}told`)
    if (connection.connected !== (this.connected && this.failure === null)) throw new Violation('connected says otherwise')
    if ((connection.context !== null) !== told || connection.certificateRequested !== (told && connection.certificateRequested)) throw new Violation('a context without a handshake')
    const facts = [connection.serverName, connection.alpnProtocol, connection.ticketsSent || null, connection.postHandshakeAuth || null, connection.clientAuthPending || null]
    if (!told && facts.some((fact) => fact !== null)) throw new Violation('facts of a handshake that is not complete')
  }

  #call (number: number): void {
    const { connection } = this
    switch (calls[number % calls.length]) {
      case 'send': return connection.send([new Uint8Array(10), new Uint8Array(20)])
      case 'close':
        this.#closed = true
        return connection.close()
      case 'requestClientCertificate': return connection.requestClientCertificate({ failIfNoCertificate: true, rejectUnauthorized: true })
      case 'requestOptional': return connection.requestClientCertificate({ failIfNoCertificate: false, rejectUnauthorized: false })
      case 'updateKeys': return connection.updateKeys(false)
      case 'updateKeysBoth': return connection.updateKeys(true)
      case 'sendTickets': return connection.sendTickets(2)
      case 'exportKeyingMaterial':
        if (connection.exportKeyingMaterial(40, 'label', new Uint8Array(3)).length !== 40) throw new Violation('an exporter of another length')
        return
      case 'numTickets':
        connection.numTickets = connection.ticketsSent + 1
        return
      case 'clientAuthTimedOut': return connection.clientAuthTimedOut()
      case 'abort': return connection.abort('HANDSHAKE_TIMEOUT', 'abort')
      case 'disconnected':
        this.#closed = true
        return connection.disconnected()
    }
  }
}

/** @returns the alert's description, -1 when the record is none */
function checkPlain (output: Uint8Array, start: number, length: number): number {
  const type = output[start - 5]
  if (length > maxPlaintextLength) throw new Violation(`a record of ${length} bytes`)
  if (type === 22 || (type === 20 && length === 1 && output[start] === 1)) return -1
  if (type !== 21 || length !== 2) throw new Violation(`a record of type ${type} with ${length} bytes`)
  return output[start + 1]!
}

function nonceOf (iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = iv.slice()
  for (let i = 11, rest = sequence; rest > 0; i--, rest = Math.floor(rest / 256)) nonce[i]! ^= rest & 255
  return nonce
}

/** All states that can follow, over any number of transitions of the table. */
function closure (from: State): Set<State> {
  const found = new Set<State>([from])
  for (const state of found) for (const next of transitions[state].next) found.add(next)
  return found
}

const reachable = new Map((Object.keys(transitions) as State[]).map((state) => [state, closure(state)]))

const nothing = new Uint8Array(0)

/** A whole handshake in one chunk, and what one byte can cost: a KeyUpdate of 27 bytes makes two keys. */
const workOfOne = 60_000
const workPerByte = 128

/** PSKs that are looked up and opened and verified, a context, a response, a signature. */
const maxWaits = 64
