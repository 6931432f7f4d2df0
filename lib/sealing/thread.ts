/** What runs in a thread of `SealWorker`: seals the records of one order after the other, and writes what a socket takes of them. */
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { layOut, sealRecords } from '../core/record/record-run.ts'
import { copyShared, wipeShared } from '../core/wire/memory.ts'
import { cryptoProvider } from '../crypto/index.ts'
import { bodyIn, keysIn, noteWritten, transferOf, unknown, type Instruction, type Order, type Report, type ThreadData } from './order.ts'

const port = parentPort as MessagePort
const { cipherSuites } = cryptoProvider((workerData as ThreadData).crypto)

port.on('message', (instruction: Instruction) => {
  if (instruction === 'stop') port.close()
  else carryOut(instruction)
})
const ready: Report = 'ready'
port.postMessage(ready)

function carryOut (order: Order): void {
  const { id, memory } = order
  const records = seal(order)
  const written = order.descriptor < 0 ? 0 : write(order, records)
  const body = bodyIn(memory, records.length)
  wipeShared(body.subarray(0, written)) // no plaintext stays where another connection's will lie
  copyShared(records.subarray(written), body, written)
  const report: Report = { id, memory: memory instanceof ArrayBuffer ? memory : null }
  port.postMessage(report, transferOf(report.memory))
}

/** @returns the records, in memory of this thread: they are sealed in many small steps, to which V8 takes longer in shared memory */
function seal (order: Order): Uint8Array {
  const { suite: id, sequenceNumber, contentLength, length, memory } = order
  const suite = cipherSuites.find((suite) => suite.id === id)
  if (suite === undefined) throw new Error(`cipher suite ${id} is not known here`)
  const records = reserve(length)
  layOut({ ...order, suite }, [bodyIn(memory, contentLength)], records, copyShared)
  sealRecords(suite, keysIn(memory, suite), sequenceNumber, records)
  return records
}

/** As much as the socket takes at once; what is wrong with it is found out by whoever writes the rest. @returns bytes */
function write ({ descriptor, memory }: Order, records: Uint8Array): number {
  let written = 0
  noteWritten(memory, unknown)
  try {
    while (written < records.length) written += writeSync(descriptor, records, written)
  } catch {}
  noteWritten(memory, written)
  return written
}

let work = Buffer.alloc(0)

/** @returns memory that serves again for the next order */
function reserve (length: number): Uint8Array {
  if (work.length < length) work = Buffer.allocUnsafeSlow(length)
  return work.subarray(0, length)
}
