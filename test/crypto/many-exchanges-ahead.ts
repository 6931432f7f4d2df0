/** Does key exchanges by the thousand with pairs that a thread makes, for a test that wants them in a process of their own. */
import { diffieHellman, generateKeyPairSync } from 'node:crypto'
import { KeyPairWorker } from '../../lib/crypto/node-key-pair-worker.ts'

const { publicKey } = generateKeyPairSync('x25519')
const running = setInterval(() => {}, 1000) // the thread keeps no process alive
let left = 10_000
const worker = new KeyPairWorker((pairs) => {
  for (const { privateKey } of pairs) diffieHellman({ privateKey, publicKey })
  left -= pairs.length
  if (left > 0) return worker.ask(16)
  clearInterval(running)
  worker.close()
}, (error) => { throw error })
worker.ask(16)
