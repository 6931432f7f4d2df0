/**
 * A secret that a fleet shares for one rotation, and the keys derived from it: a generation of keys. It has a window in
 * which it seals and a longer one in which it opens (RFC 9325 §3.4); when that is over the secret is overwritten.
 *
 * Between processes it is a text: version, the three times in Unix milliseconds, and the secret in base64url.
 *
 *     1.1700000000000.1700043200000.1700050400000.q83v…
 */
import type { OpenedTicket } from '../../types/session.ts'
import { DerivedKeys, groupLength } from './derived-keys.ts'
import { opened, refused } from './key-source.ts'
import type { KeySettings } from './key-source.ts'
import { expand } from './ticket-key.ts'

export class KeyGeneration {
  /** What the names of its keys begin with, as the key of a Map. */
  readonly id: string
  readonly issueFrom: number
  readonly issueUntil: number
  readonly acceptUntil: number
  readonly #root: Uint8Array
  readonly #keys: DerivedKeys
  #ended: boolean

  /** @param root 48 bytes, uniform; owned from here on */
  constructor (settings: KeySettings, { issueFrom, issueUntil, acceptUntil }: Windows, root: Uint8Array) {
    const group = expand(settings.crypto.sha384, root, 'id', new Uint8Array(0), groupLength)
    this.id = generationOf(group)
    this.issueFrom = issueFrom
    this.issueUntil = issueUntil
    this.acceptUntil = acceptUntil
    this.#root = root
    this.#keys = new DerivedKeys(settings, root, group)
    this.#ended = false
  }

  maySeal (now: number): boolean {
    return !this.#ended && now >= this.issueFrom && now < this.issueUntil
  }

  seal (state: Uint8Array, policy: Uint8Array): Uint8Array {
    return this.#keys.seal(state, policy)
  }

  open (ticket: Uint8Array, policy: Uint8Array, now: number): OpenedTicket {
    this.endAt(now)
    return this.#ended ? refused('expired') : opened(this.#keys.open(ticket, policy))
  }

  /** Overwrites the secret once its time is over: no clock that is set back revives it. */
  endAt (now: number): void {
    if (now >= this.acceptUntil) this.destroy()
  }

  destroy (): void {
    this.#ended = true
    this.#keys.destroy()
  }

  /** The text for other processes; null when it has ended. */
  text (): string | null {
    return this.#ended ? null : write(this, this.#root)
  }
}

export interface Windows {
  readonly issueFrom: number
  readonly issueUntil: number
  readonly acceptUntil: number
}

/** The text of a new generation. */
export function newGeneration ({ crypto, lifetime }: KeySettings, issueFrom: number, issueUntil: number): string {
  return write({ issueFrom, issueUntil, acceptUntil: issueUntil + lifetime }, crypto.random(rootLength))
}

/** @returns null for what is no such text */
export function readGeneration (settings: KeySettings, text: string): KeyGeneration | null {
  const match = form.exec(text)
  if (match === null) return null
  const [issueFrom, issueUntil, acceptUntil] = match.slice(1, 4).map(Number) as [number, number, number]
  const root = new Uint8Array(Buffer.from(match[4]!, 'base64url'))
  if (issueFrom >= issueUntil || issueUntil > acceptUntil || root.every((byte) => byte === 0)) return null
  return new KeyGeneration(settings, { issueFrom, issueUntil, acceptUntil }, root)
}

/** The `id` of the generation that a ticket is of, if it is of one. */
export function generationOf (ticket: Uint8Array): string {
  return Buffer.from(ticket.buffer, ticket.byteOffset, Math.min(ticket.length, groupLength)).toString('latin1')
}

function write ({ issueFrom, issueUntil, acceptUntil }: Windows, root: Uint8Array): string {
  return [version, issueFrom, issueUntil, acceptUntil, Buffer.from(root).toString('base64url')].join('.')
}

const version = 1
const rootLength = 48
const form = /^1\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.([\w-]{64})$/
