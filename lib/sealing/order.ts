/**
 * What goes to a thread and comes back. The memory changes hands: it is transferred, or shared and left alone meanwhile. The
 * keys are in it, before the records: no copy of them is made on the way, and the thread wipes them where they lie.
 */
import { nonceLength, type TrafficKeys } from '../core/record/protection.ts'
import type { CipherSuite } from '../../types/crypto.ts'

export interface Order {
  readonly id: number
  readonly suite: number
  readonly sequenceNumber: number
  /** Of the records, in bytes. */
  readonly length: number
  readonly memory: ArrayBufferLike
}

/** What a thread says: first that it is ready, then which order is sealed. */
export type Report = 'ready' | Pick<Order, 'id' | 'memory'>

/** What a thread is given at its start: whose cryptography it uses. */
export interface ThreadData { readonly crypto: 'node' | 'noble' }

export function writeKeys ({ key, iv }: TrafficKeys, memory: ArrayBufferLike): void {
  const bytes = new Uint8Array(memory, 0, keysLength)
  bytes.set(iv)
  bytes.set(key, nonceLength)
}

/** @returns views of them where they lie */
export function keysIn (memory: ArrayBufferLike, { keyLength }: CipherSuite): TrafficKeys {
  return { iv: new Uint8Array(memory, 0, nonceLength), key: new Uint8Array(memory, nonceLength, keyLength) }
}

/** @returns what `postMessage` is to transfer */
export function transferOf ({ memory }: Pick<Order, 'memory'>): ArrayBuffer[] {
  return memory instanceof SharedArrayBuffer ? [] : [memory]
}

/** Bytes before the records: room for the longest key, and the records begin at a multiple of eight. */
export const keysLength = 48
