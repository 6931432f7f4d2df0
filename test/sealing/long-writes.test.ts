/** The threads that seal long writes, which have too much to do, end, or are not there. */
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { sealRecords, layOut, type RecordRun } from '../../lib/core/record/record-run.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { Buffers } from '../../lib/sealing/buffers.ts'
import { Job } from '../../lib/sealing/job.ts'
import { LongWrites } from '../../lib/sealing/long-writes.ts'
import { noteWritten, unknown } from '../../lib/sealing/order.ts'
import type { Sealing } from '../../lib/socket/contracts.ts'
import type { Test } from 'tap'

// Threads that seal keep no process alive; here nothing else does.
const awake = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(awake))

const providers = { node: cryptoProvider('node'), noble: cryptoProvider('noble') }
const text = Buffer.alloc(300_000, 'what is said in the run, ')

interface Sealed { readonly sealing: Sealing, readonly done: Promise<Error | null> }

/** A run with keys of its own, in records of two lengths. */
function runOf (content: Uint8Array, { crypto = 'node', suite: name = 'TLS_AES_128_GCM_SHA256' }: { crypto?: 'node' | 'noble', suite?: string } = {}): RecordRun {
  const suite = providers[crypto].cipherSuites.find((suite) => suite.name === name)!
  return {
    suite,
    keys: { key: new Uint8Array(suite.keyLength).fill(7), iv: new Uint8Array(12).fill(9) },
    sequenceNumber: 5,
    sentBefore: Infinity,
    longestContent: 16_384,
    contentLength: content.length,
    length: content.length + Math.ceil(content.length / 16_384) * (5 + 1 + suite.tagLength)
  }
}

function expected (run: RecordRun, content: Uint8Array): Buffer {
  const records = Buffer.alloc(run.length)
  layOut(run, [content], records)
  sealRecords(run.suite, { key: run.keys.key.slice(), iv: run.keys.iv.slice() }, run.sequenceNumber, records)
  return records
}

function seal (writes: LongWrites, run: RecordRun, content: Uint8Array, descriptor = -1): Sealed {
  const sealed = sealIfTaken(writes, run, content, descriptor)
  if (sealed === null) throw new Error('no thread takes it')
  return sealed
}

/** @returns null: no thread takes it */
function sealIfTaken (writes: LongWrites, run: RecordRun, content: Uint8Array, descriptor = -1): Sealed | null {
  const thread = writes.threadFor(content.length)
  if (thread === null) return null
  let told = (_: Error | null): void => {}
  const done = new Promise<Error | null>((resolve) => { told = resolve })
  return { sealing: thread.seal(run, [content.subarray(0, 9), content.subarray(9)], descriptor, told), done }
}

/** A sealer whose threads are ready, and those threads. */
async function started (t: Test, threads: number, crypto: 'node' | 'noble' = 'node'): Promise<{ writes: LongWrites, workers: Worker[] }> {
  const writes = new LongWrites(threads, { crypto })
  t.teardown(() => writes.close())
  const workers = await startThreads(writes, threads)
  return { writes, workers }
}

async function startThreads (writes: LongWrites, threads: number): Promise<Worker[]> {
  const workers: Worker[] = []
  const note = (worker: Worker): void => { workers.push(worker) }
  process.on('worker', note)
  if (writes.threadFor(text.length) !== null) throw new Error('a thread was ready before it could be')
  await new Promise((resolve) => setImmediate(resolve)) // Node tells of a thread in the next tick
  process.off('worker', note)
  if (workers.length !== threads) throw new Error(`${workers.length} threads, not ${threads}`)
  await Promise.all(workers.map(async (worker) => await once(worker, 'message')))
  return workers
}

/** The warnings of sealWorkers from here on. */
function warnings (t: Test): string[] {
  const messages: string[] = []
  const listen = (warning: Error & { code?: string }): void => { if (warning.code === 'FST_TLS13_SEAL_WORKER') messages.push(warning.message) }
  process.on('warning', listen)
  t.teardown(() => { process.off('warning', listen) })
  return messages
}

for (const crypto of ['node', 'noble'] as const) {
  for (const { name } of providers[crypto].cipherSuites) {
    t.test(`${crypto}, ${name}: a thread makes the bytes that are made here`, async (t) => {
      const { writes } = await started(t, 1, crypto)
      const run = runOf(text, { crypto, suite: name })
      const bytes = expected(run, text)
      const { sealing, done } = seal(writes, run, text)
      t.equal(sealing.unwritten, null, 'a thread has it')
      await done
      t.ok(bytes.equals(sealing.unwritten!))
      t.ok(run.keys.key.every((byte) => byte === 0) && run.keys.iv.every((byte) => byte === 0), 'the keys are wiped')
      t.ok(new Uint8Array(sealing.unwritten!.buffer, 0, sealing.unwritten!.byteOffset).every((byte) => byte === 0), 'in what went to the thread, too')
    })
  }
}

t.test('without threads, and for what is not long, there is none', async (t) => {
  t.equal(new LongWrites(0, { crypto: 'node' }).threadFor(text.length), null)
  const { writes } = await started(t, 1)
  t.equal(writes.threadFor(100_000), null)
  t.ok(writes.threadFor(2 ** 17))
})

t.test('threads share the work, and take no more than is soon done', async (t) => {
  const { writes } = await started(t, 2)
  const runs = Array.from({ length: 20 }, () => runOf(text))
  const bytes = expected(runOf(text), text)
  const all = runs.map((run) => sealIfTaken(writes, run, text)).filter((sealed) => sealed !== null)
  t.equal(all.length, 16, 'eight for each')
  await Promise.all(all.map(({ done }) => done))
  t.ok(all.every(({ sealing }) => bytes.equals(sealing.unwritten!)))
})

t.test('what was released comes to nothing, and its memory back', async (t) => {
  const { writes } = await started(t, 1)
  const { sealing, done } = seal(writes, runOf(text), text)
  sealing.release()
  sealing.release()
  await done
  t.equal(sealing.unwritten, null)
  const [first, ...others] = Array.from({ length: 8 }, () => seal(writes, runOf(text), text))
  await Promise.all([first, ...others].map(({ done }) => done))
  t.ok([first, ...others].every(({ sealing }) => sealing.unwritten!.buffer instanceof SharedArrayBuffer), 'all eight pieces')
})

t.test('memory is used again when it was released, and not before', async (t) => {
  const { writes } = await started(t, 1)
  const first = seal(writes, runOf(text), text)
  await first.done
  const second = seal(writes, runOf(text), text)
  await second.done
  t.not(first.sealing.unwritten!.buffer, second.sealing.unwritten!.buffer)
  const { buffer } = second.sealing.unwritten!
  second.sealing.release()
  second.sealing.release()
  const third = seal(writes, runOf(text), text)
  const fourth = seal(writes, runOf(text), text)
  await Promise.all([third.done, fourth.done])
  t.equal(third.sealing.unwritten!.buffer, buffer)
  t.not(fourth.sealing.unwritten!.buffer, buffer)
})

t.test('a thread that ends in the middle: what it had is sealed here, and another takes its place', async (t) => {
  const messages = warnings(t)
  const { writes, workers } = await started(t, 1)
  const before = seal(writes, runOf(text), text)
  await before.done
  const bytes = expected(runOf(text), text)
  const all = Array.from({ length: 5 }, () => seal(writes, runOf(text), text))
  await Promise.all([workers[0]!.terminate(), ...all.map(({ done }) => done)])
  t.ok(all.every(({ sealing }) => bytes.equals(sealing.unwritten!)))
  t.equal(messages.length, 1)
  t.match(messages[0], 'A thread of sealWorkers has ended. What it had is sealed by the event loop.')
  const [worker] = await startThreads(writes, 1)
  t.not(worker, workers[0])
  const after = seal(writes, runOf(text), text)
  t.equal(after.sealing.unwritten, null)
  await after.done
  t.ok(bytes.equals(after.sealing.unwritten!))
})

/** A job that a thread has, as if it were to write to a descriptor of that number. */
function lent (descriptor: number): { job: Job, memory: SharedArrayBuffer, buffers: Buffers, told: Array<Error | null> } {
  const buffers = new Buffers(1)
  const told: Array<Error | null> = []
  const job = new Job(runOf(text), [text], descriptor, buffers, (error) => told.push(error))
  const { memory } = job.order(0)
  if (!(memory instanceof SharedArrayBuffer)) throw new Error('not shared')
  return { job, memory, buffers, told }
}

t.test('what was shared with a thread that ended is wiped, and shared again', async (t) => {
  for (const released of [false, true]) {
    const { job, memory, buffers, told } = lent(-1)
    t.ok(Buffer.from(memory).includes('what is said'), 'to be sealed')
    if (released) job.release()
    job.abandoned()
    t.strictSame(told, [null])
    t.ok(released ? job.unwritten === null : expected(runOf(text), text).equals(job.unwritten!))
    t.ok(new Uint8Array(memory).every((byte) => byte === 0))
    t.equal(buffers.take(text.length), memory)
  }
})

t.test('a thread that ended behind its writing, or before it: the rest is sealed here', async (t) => {
  for (const written of [0, 1, 123_456]) {
    const { job, memory, told } = lent(99)
    t.equal(job.usesDescriptor, true)
    noteWritten(memory, written)
    job.abandoned()
    t.strictSame(told, [null])
    t.ok(expected(runOf(text), text).subarray(written).equals(job.unwritten!))
  }
})

t.test('a thread that ended while it wrote: nobody knows where to go on', async (t) => {
  for (const released of [false, true]) {
    const { job, memory, told } = lent(99)
    noteWritten(memory, unknown)
    if (released) job.release()
    job.abandoned()
    t.equal(job.unwritten, null)
    t.equal(told.length, 1)
    t.match(told[0], released ? null : /ended while it wrote/)
  }
})

t.test('a thread writes what the socket takes, and the rest comes back', async (t) => {
  const { writes } = await started(t, 1)
  const bytes = expected(runOf(text), text)
  const folder = t.testdir({})
  for (const mode of ['w', 'r'] as const) { // a socket that takes all, and one that takes nothing
    const path = join(folder, 'socket')
    const descriptor = openSync(path, mode)
    t.teardown(() => closeSync(descriptor))
    const { sealing, done } = seal(writes, runOf(text), text, descriptor)
    t.equal(sealing.usesDescriptor, true)
    t.equal(await done, null)
    t.ok(readFileSync(path).equals(bytes))
    const rest = mode === 'w' ? bytes.subarray(bytes.length) : bytes
    t.ok(rest.equals(sealing.unwritten!))
    t.notOk(Buffer.from(sealing.unwritten!.buffer).includes('what is said'), 'no plaintext stays in what is shared')
    sealing.release()
  }
})

t.test('content of another length than the run is refused: what lies behind it is somebody else\'s', async (t) => {
  const buffers = new Buffers(1)
  for (const content of [text.subarray(1), Buffer.concat([text, text])]) {
    const job = new Job(runOf(text), [content], -1, buffers, () => {})
    t.throws(() => job.order(0), RangeError)
  }
})

t.test('nothing is written by a thread whose memory is transferred', async (t) => {
  const { writes } = await started(t, 1)
  const held = await Promise.all(Array.from({ length: 8 }, async () => {
    const { sealing, done } = seal(writes, runOf(text), text)
    await done
    return sealing
  }))
  const { sealing, done } = seal(writes, runOf(text), text, 2 ** 30)
  t.equal(sealing.usesDescriptor, false)
  await done
  t.ok(expected(runOf(text), text).equals(sealing.unwritten!))
  for (const sealing of held) sealing.release()
})

t.test('responses beyond what is shared are transferred', async (t) => {
  const { writes } = await started(t, 1)
  const bytes = expected(runOf(text), text)
  const kinds: boolean[] = []
  for (let count = 0; count < 10; count++) {
    const { sealing, done } = seal(writes, runOf(text), text)
    await done
    t.ok(bytes.equals(sealing.unwritten!))
    kinds.push(sealing.unwritten!.buffer instanceof SharedArrayBuffer)
  }
  t.strictSame(kinds, [...new Array(8).fill(true), ...new Array(2).fill(false)])
})

t.test('a thread that ends before it has sealed anything is not replaced', async (t) => {
  const messages = warnings(t)
  const writes = new LongWrites(1, { crypto: 'nonsense' as 'node' })
  const created = once(process, 'worker')
  const warned = once(process, 'warning')
  t.equal(writes.threadFor(text.length), null)
  await Promise.all([created, warned])
  t.match(messages[0], /no other takes its place\. Error: the crypto provider must be/)
  let again = 0
  const note = (): void => { again++ }
  process.on('worker', note)
  t.equal(writes.threadFor(text.length), null)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('worker', note)
  t.equal(again, 0)
})

t.test('close ends the threads without a warning, when they have sealed what they had', async (t) => {
  const messages = warnings(t)
  const { writes, workers } = await started(t, 2)
  const exits = Promise.all(workers.map((worker) => once(worker, 'exit')))
  const bytes = expected(runOf(text), text)
  const all = Array.from({ length: 4 }, () => seal(writes, runOf(text), text))
  writes.close()
  await Promise.all([exits, ...all.map(({ done }) => done)])
  t.ok(all.every(({ sealing }) => bytes.equals(sealing.unwritten!)))
  t.strictSame(messages, [])
})
