/** What runs in a thread of `SealWorker`: seals the records of one order after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { sealRecords } from '../core/record/record-run.ts'
import { copyShared } from '../core/wire/memory.ts'
import { cryptoProvider } from '../crypto/index.ts'
import { keysIn, keysLength, transferOf, type Order, type Report, type ThreadData } from './order.ts'

let work = Buffer.alloc(0)
const port = parentPort as MessagePort
const { cipherSuites } = cryptoProvider((workerData as ThreadData).crypto)

port.on('message', ({ id, suite: suiteId, sequenceNumber, length, memory }: Order) => {
  const suite = cipherSuites.find((suite) => suite.id === suiteId)
  if (suite === undefined) throw new Error(`cipher suite ${suiteId} is not known here`)
  const records = Buffer.from(memory, keysLength, length)
  const own = memory instanceof SharedArrayBuffer ? copyOf(records) : records
  sealRecords(suite, keysIn(memory, suite), sequenceNumber, own)
  if (own !== records) copyShared(own, records, 0)
  const report: Report = { id, memory }
  port.postMessage(report, transferOf(report))
})
const ready: Report = 'ready'
port.postMessage(ready)

/** @returns in memory of this thread, which serves again: records are sealed in many small steps, to which V8 takes longer in shared memory */
function copyOf (records: Uint8Array): Uint8Array {
  if (work.length < records.length) work = Buffer.allocUnsafeSlow(records.length)
  const own = work.subarray(0, records.length)
  copyShared(records, own, 0)
  return own
}
