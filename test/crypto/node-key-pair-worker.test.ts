import { createPublicKey } from 'node:crypto'
import t from 'tap'
import type { ExchangeKeyPair } from '../../lib/crypto/node-key-pair.ts'
import { KeyPairWorker } from '../../lib/crypto/node-key-pair-worker.ts'
import { hex } from './support.ts'

// What is waited for keeps no process alive.
const running = setInterval(() => {}, 1000)
t.teardown(() => { clearInterval(running) })

t.test('a thread makes as many pairs as are asked for, each of them another', async (t) => {
  const { worker, pairs } = started()
  t.teardown(() => { worker.close() })
  const made = [...await pairs(16), ...await pairs(1), ...await pairs(5)]
  t.equal(made.length, 22)
  t.equal(new Set(made.map(({ share }) => hex(share))).size, 22)
  for (const { privateKey, share } of made) {
    t.equal(privateKey.type, 'private')
    t.equal(share.buffer.byteLength, 32, 'memory of its own')
    t.equal(Buffer.from(share).toString('base64url'), createPublicKey(privateKey).export({ format: 'jwk' }).x)
  }
})

t.test('one that is closed says nothing of it', async (t) => {
  const { worker, ended } = started()
  const exit = new Promise((resolve) => { process.once('worker', (thread) => thread.once('exit', resolve)) })
  worker.close()
  await exit
  t.equal(ended.length, 0)
})

t.test('one that is closed and fails all the same ends nobody else', async (t) => {
  const { worker, ended } = started()
  const exit = new Promise((resolve) => {
    process.once('worker', (thread) => thread.once('online', () => {
      thread.once('exit', resolve)
      worker.close()
      thread.emit('error', new Error('too late'))
    }))
  })
  await exit
  t.equal(ended.length, 0)
})

t.test('one that fails says why', async (t) => {
  const failed = new Promise((resolve) => {
    const worker = new KeyPairWorker(() => {}, resolve)
    worker.ask(-1)
  })
  t.match(await failed, { name: 'RangeError' })
})

function started () {
  const ended: unknown[] = []
  let give: (pairs: ExchangeKeyPair[]) => void = () => {}
  const worker = new KeyPairWorker((pairs) => give(pairs), (error) => ended.push(error))
  return {
    worker,
    ended,
    pairs: (count: number): Promise<ExchangeKeyPair[]> => new Promise((resolve) => {
      give = resolve
      worker.ask(count)
    })
  }
}
