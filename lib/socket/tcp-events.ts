import type { Socket } from 'node:net'
import { onread } from './onread.ts'

/** What a TCP socket tells the one that owns it. */
export interface TcpOwner {
  /** @param chunk is lent: the memory serves again afterwards */
  received (chunk: Uint8Array): void
  receivedEnd (): void
  receivedError (error: Error): void
  drained (): void
  timedOut (): void
  closed (): void
}

/** Reports the events of a socket to its owner. All sockets share one set of listeners: none costs an idle connection a closure. */
export function own (raw: Socket, owner: TcpOwner): void {
  handOver(raw, owner)
  for (const [event, listener] of listeners) raw.on(event, listener)
  onread(raw, onBytes)
}

/** Reports the events of a socket that is owned to another owner from now on. */
export function handOver (raw: Socket, owner: TcpOwner): void {
  (raw as Owned)[ownerOf] = owner
}

/** Nothing more is reported: a socket that is closed holds nobody. */
export function disown (raw: Socket): void { handOver(raw, nobody) }

const nobody: TcpOwner = {
  received () {}, receivedEnd () {}, receivedError () {}, drained () {}, timedOut () {}, closed () {}
}

const ownerOf = Symbol('owner')

type Owned = Socket & { [ownerOf]: TcpOwner }

function onBytes (this: Socket, length: number, shared: Uint8Array): void {
  (this as Owned)[ownerOf].received(shared.subarray(0, length))
}

function onData (this: Owned, chunk: Uint8Array): void { this[ownerOf].received(chunk) }
function onEnd (this: Owned): void { this[ownerOf].receivedEnd() }
function onError (this: Owned, error: Error): void { this[ownerOf].receivedError(error) }
function onDrain (this: Owned): void { this[ownerOf].drained() }
function onTimeout (this: Owned): void { this[ownerOf].timedOut() }
function onClose (this: Owned): void { this[ownerOf].closed() }

const listeners = [
  ['data', onData], ['end', onEnd], ['error', onError], ['drain', onDrain], ['timeout', onTimeout], ['close', onClose]
] as const
