/** What runs in the thread of `KeyPairWorker`: makes as many key pairs as it is told to. */
import { parentPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { x25519Length } from './groups.ts'
import { exchangeKeyPair } from './node-key-pair.ts'
import type { KeyPairBatch } from './node-key-pair-worker.ts'

const port = parentPort as MessagePort

port.on('message', (count: number) => {
  const shares = new Uint8Array(count * x25519Length) // of its own: what is sent is all of the memory
  const privateKeys = Array.from({ length: count }, (_, index) => {
    const { privateKey, share } = exchangeKeyPair('x25519')
    shares.set(share, index * x25519Length)
    return privateKey
  })
  const batch: KeyPairBatch = { privateKeys, shares }
  port.postMessage(batch)
})
