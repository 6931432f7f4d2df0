/** What runs in a thread of `SealWorker`: seals the records of one order after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { sealRecords } from '../core/record/record-run.ts'
import { cryptoProvider } from '../crypto/index.ts'
import { keysIn, keysLength, type Order, type Report, type ThreadData } from './order.ts'

const port = parentPort as MessagePort
const { cipherSuites } = cryptoProvider((workerData as ThreadData).crypto)

port.on('message', ({ id, suite: suiteId, sequenceNumber, length, memory }: Order) => {
  const suite = cipherSuites.find((suite) => suite.id === suiteId)
  if (suite === undefined) throw new Error(`cipher suite ${suiteId} is not known here`)
  sealRecords(suite, keysIn(memory, suite), sequenceNumber, Buffer.from(memory, keysLength, length))
  report({ id, memory }, [memory])
})
report('ready', [])

function report (report: Report, transfer: ArrayBuffer[]): void {
  port.postMessage(report, transfer)
}
