/**
 * What goes to a thread and comes back. The memory changes hands: it is transferred, or shared and left alone meanwhile. What
 * is to be sealed is in it, and before that the keys: no copy of them is made on the way, and the thread wipes them where they lie.
 */
import { nonceLength, type TrafficKeys } from '../core/record/protection.ts'
import type { RunShape } from '../core/record/record-run.ts'
import type { CipherSuite } from '../../types/crypto.ts'

export interface Order extends RunShape {
  readonly id: number
  readonly suite: number
  readonly memory: ArrayBufferLike
  /** Of a TCP socket that the thread is to write to, as far as it takes it; the memory is shared then. -1: it is not */
  readonly descriptor: number
}

/** What a thread is told. It stops when it has done what it was told before. */
export type Instruction = Order | 'stop'

/** What a thread says: first that it is ready, then which order is done. What was transferred to it comes back. */
export type Report = 'ready' | { readonly id: number, readonly memory: ArrayBuffer | null }

/** What a thread is given at its start: whose cryptography it uses. */
export interface ThreadData { readonly crypto: 'node' | 'noble' }

export function writeKeys ({ key, iv }: TrafficKeys, memory: ArrayBufferLike): void {
  const bytes = new Uint8Array(memory, keysAt, headLength - keysAt)
  bytes.set(iv)
  bytes.set(key, nonceLength)
}

/** @returns views of them where they lie */
export function keysIn (memory: ArrayBufferLike, { keyLength }: CipherSuite): TrafficKeys {
  return { iv: new Uint8Array(memory, keysAt, nonceLength), key: new Uint8Array(memory, keysAt + nonceLength, keyLength) }
}

/** @returns where so much content lies in it, or so much of sealed records later */
export function bodyIn (memory: ArrayBufferLike, length: number): Uint8Array {
  return Buffer.from(memory, headLength, length)
}

/** Notes how much of the records was written to the descriptor, for the case that the thread does not come to report. */
export function noteWritten (memory: ArrayBufferLike, length: number): void {
  Atomics.store(new Int32Array(memory, 0, 1), 0, length)
}

/** @returns bytes, or `unknown` */
export function writtenIn (memory: ArrayBufferLike): number {
  return Atomics.load(new Int32Array(memory, 0, 1), 0)
}

/** What is noted while a thread writes. */
export const unknown = -1

/** @returns what `postMessage` is to transfer */
export function transferOf (memory: ArrayBufferLike | null): ArrayBuffer[] {
  return memory instanceof ArrayBuffer ? [memory] : []
}

/** Bytes before what is sealed: how much was written, then the keys, with room for the longest. */
export const headLength = 64
const keysAt = 8
