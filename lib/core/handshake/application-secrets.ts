import { wipe } from '../wire/memory.ts'

/**
 * The secrets that a connection keeps after its handshake (RFC 8446 §7.1). They are in one piece of memory outside of V8's
 * heap: an array of each would take seven times its bytes, and what lies in the heap leaves copies behind when it is moved.
 */
export class ApplicationSecrets {
  readonly #memory: ArrayBuffer

  constructor (hashLength: number) {
    this.#memory = new ArrayBuffer(places.length * hashLength)
  }

  /** Takes a secret, in the place of the one that was there: the original is wiped. */
  keep (name: SecretName, secret: Uint8Array): void {
    this.get(name).set(secret)
    wipe(secret)
  }

  /** @returns the memory of the secret itself: for use at once, not to be kept */
  get (name: SecretName): Uint8Array {
    const length = this.#memory.byteLength / places.length
    return new Uint8Array(this.#memory, places.indexOf(name) * length, length)
  }

  destroy (): void {
    wipe(new Uint8Array(this.#memory))
  }
}

/** The traffic secrets in force, the exporter's and the resumption's. */
export type SecretName = 'client' | 'server' | 'exporter' | 'resumption'

const places: readonly SecretName[] = ['client', 'server', 'exporter', 'resumption']
