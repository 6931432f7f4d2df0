import crypto, { createHash } from 'node:crypto'
import type { Hash as HashObject } from 'node:crypto'
import { borrow, giveBack } from '../core/wire/memory.ts'
import { encodeLatin1 } from '../core/wire/text.ts'
import type { Hash, RunningHash } from '../../types/crypto.ts'

/**
 * A hash in pieces that keeps short input and hashes it anew for each digest. A transcript gives five digests of one or
 * two KiB and is let go: five calls cost less than an object that runs along, its copies, and their collection. Long input
 * goes into an object, so that nobody makes us hash it five times, and so does a fork, which stays for longer and shall
 * take little memory.
 */
export class NodeRunningHash implements RunningHash {
  readonly #name: Hash['name']
  #kept: Uint8Array
  #length: number
  /** Has all input when it is not kept. */
  #object: HashObject | null

  /** @param object what was put into it went in before */
  constructor (name: Hash['name'], object: HashObject | null = null) {
    this.#name = name
    this.#kept = object === null ? borrow(initialLength) : nothing
    this.#length = 0
    this.#object = object
  }

  update (data: Uint8Array): void {
    const length = this.#length + data.length
    if (this.#object === null && length > longestKept) {
      this.#object = createHash(this.#name).update(this.#input())
      this.end()
    }
    if (this.#object !== null) {
      this.#object.update(data)
    } else {
      this.#write(data, length)
      this.#length = length
    }
  }

  fork (): RunningHash {
    return new NodeRunningHash(this.#name, this.#object?.copy() ?? createHash(this.#name).update(this.#input()))
  }

  digest (): Uint8Array {
    return this.#object === null ? digestOf(this.#name, this.#input()) : this.#object.copy().digest()
  }

  digestWith (data: Uint8Array): Uint8Array {
    if (this.#object !== null) return this.#object.copy().update(data).digest()
    const length = this.#length + data.length
    this.#write(data, length)
    return digestOf(this.#name, this.#kept.subarray(0, length))
  }

  end (): void {
    if (this.#kept !== nothing) giveBack(this.#kept)
    this.#kept = nothing
    this.#length = 0
  }

  #input (): Uint8Array {
    return this.#kept.subarray(0, this.#length)
  }

  /** Puts data behind the input. @param length of both */
  #write (data: Uint8Array, length: number): void {
    if (length > this.#kept.length) {
      const smaller = this.#kept
      this.#kept = borrow(2 * length)
      this.#kept.set(smaller.subarray(0, this.#length))
      giveBack(smaller)
    }
    this.#kept.set(data, this.#length)
  }
}

/** By a string, which is no secret here: a Buffer of node:crypto's is memory outside of V8's heap, and takes half as long again. */
function digestOf (name: Hash['name'], data: Uint8Array): Uint8Array {
  return encodeLatin1(crypto.hash(name, data, 'binary'))
}

const nothing = new Uint8Array(0)
const initialLength = 1024

/** A ClientHello with a post-quantum share and a chain of certificates fit; to hash so much takes 3 µs. */
const longestKept = 4096
