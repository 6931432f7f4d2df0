/** The terms of early data: how much, and each ClientHello once, by what a store knows of those that came (RFC 8446 §8.2). */
import type { EarlyDataTerms, ReplayVerdict } from '../../types/session.ts'
import type { StoreAccess } from './store-access.ts'
import { memorySessionStore } from './memory-store.ts'

export interface EarlyDataOptions {
  /** Bytes a client may send before its handshake is complete. */
  readonly maxEarlyData: number
  /** What it claims is seen by every process that accepts the same tickets. */
  readonly store: StoreAccess
  /** Unix time in milliseconds. */
  readonly now: () => number
}

export function earlyDataTerms ({ maxEarlyData, store, now }: EarlyDataOptions): EarlyDataTerms {
  return {
    maxEarlyData,
    since: now(),
    claim (binder, lifetime) {
      const claimed = store.claim(label + Buffer.from(binder).toString('base64url'), lifetime)
      return claimed instanceof Promise ? claimed.then(verdict) : verdict(claimed)
    }
  }
}

function verdict (claimed: boolean | null): ReplayVerdict {
  if (claimed === null) return 'unavailable'
  return claimed ? 'first' : 'replayed'
}

/** Tells a ClientHello from a session in a store that has both. */
const label = 'early-data:'

/**
 * For servers that were given no store of their own to share: all of this process share this one. Its claims live for twenty
 * seconds, so that 5000 a second find room; beyond that there is no early data.
 */
export const claimsOfThisProcess = memorySessionStore({ maxEntries: 100_000 })
