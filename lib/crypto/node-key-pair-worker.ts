import type { KeyObject } from 'node:crypto'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { x25519Length } from './groups.ts'
import type { ExchangeKeyPair } from './node-key-pair.ts'
import type { KeyPairMaker } from './key-pair-pool.ts'

/** Pairs on their way from the thread: the keys stay in OpenSSL's memory, and what is sent are references to them. */
export interface KeyPairBatch {
  readonly privateKeys: readonly KeyObject[]
  /** Their public keys, one behind the other. */
  readonly shares: Uint8Array
}

/** A thread that makes X25519 key pairs. It keeps no process alive. */
export class KeyPairWorker implements KeyPairMaker {
  readonly #thread: Worker
  #closed = false

  /**
   * @param onPairs is given what was asked for
   * @param onEnd called when the thread has ended without having been closed
   * @throws what the Worker throws, where the process may not have threads (`--permission`)
   */
  constructor (onPairs: (pairs: ExchangeKeyPair[]) => void, onEnd: (error: unknown) => void) {
    let error: unknown = null
    this.#thread = new Worker(threadFile, options)
    this.#thread.on('message', (batch: KeyPairBatch) => { if (!this.#closed) onPairs(pairsOf(batch)) })
    this.#thread.on('error', (cause) => { error = cause })
    this.#thread.on('exit', () => { if (!this.#closed) onEnd(error) })
    this.#thread.unref()
  }

  ask (count: number): void {
    this.#thread.postMessage(count)
  }

  close (): void {
    this.#closed = true // its listeners stay: an error that nobody listens to would end the process
    this.#thread.terminate()
  }
}

function pairsOf ({ privateKeys, shares }: KeyPairBatch): ExchangeKeyPair[] {
  return privateKeys.map((privateKey, index) => ({ privateKey, share: shares.slice(index * x25519Length, (index + 1) * x25519Length) }))
}

const language = extname(import.meta.url)

/** Beside this file, and in the same language: the sources run without being compiled, too. */
const threadFile = new URL(`node-key-pair-thread${language}`, import.meta.url)

/** What the process is started with (`--import`, `NODE_OPTIONS`) is the application's, such as its tracing, unless it is what reads the sources. */
const options = { resourceLimits: { maxYoungGenerationSizeMb: 1 }, ...language === '.ts' ? {} : { execArgv: [], env: {} } }
