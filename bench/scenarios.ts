/** What is measured, and how one slice of it is. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Files, KeyType } from './credentials.ts'
import type { Generator, LoadOptions, LoadResult } from './generator.ts'
import { maxOpenFiles } from './machine.ts'
import type { Subject, SubjectName } from './subjects.ts'

/** One number that a slice gives. */
export interface Metric {
  readonly name: string
  readonly unit: string
  readonly better: 'less' | 'more'
}

export interface Sample {
  /** How many were done. */
  readonly operations: number
  readonly values: Readonly<Record<string, number>>
  /** Share of its CPU that the server and the generator used, what was negotiated, and how many certificates came, where that was seen. */
  readonly load?: { server: number, generator: number, suite: string, group: string, certificates: number }
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** What ours is compared with. */
  readonly reference: SubjectName
  readonly keyType: KeyType
  readonly metrics: readonly Metric[]
  /** A process that served before is not like new: a fresh one for each slice, and at most so many slices. */
  readonly freshSlices?: number
  /** Threads that ours seals long responses with; the servers then run on all CPUs, which node:https has no use for. */
  readonly sealWorkers?: number
  /** Operations that a server does before it is measured, so that V8 has compiled what is hot. */
  readonly warmUp: number
  sample (subject: Subject, tools: Tools): Promise<Sample>
}

export interface Tools {
  readonly generator: Generator
  readonly seconds: number
  /** For a client that has one. */
  readonly clientCertificate: Files
}

const cpu: Metric = { name: 'cpu', unit: 'µs', better: 'less' }
const main: Metric = { name: 'main thread', unit: 'µs', better: 'less' }
const rate: Metric = { name: 'rate', unit: '/s', better: 'more' }
const perOperation: readonly Metric[] = [cpu, main, rate]

const idleConnections = 5000
const firstConnections = 1000
const handshakes = 10_000
/** At a time, where nothing else is said. */
const connections = 16

export const scenarios: readonly Scenario[] = [
  load('full-p256', 'full handshake with P-256, one GET, close', { mode: 'full' }, handshakes),
  load('full-rsa', 'full handshake with RSA-2048, one GET, close', { mode: 'full' }, handshakes, 'rsa'),
  load('resume', 'resumption (psk_dhe_ke), one GET, close', { mode: 'resume' }, handshakes),
  load('keep-alive-1', 'GET of 17 bytes, 1 connection', { mode: 'requests', connections: 1 }, 20_000),
  load('keep-alive-16', 'GET of 17 bytes, 16 connections', { mode: 'requests', connections: 16 }, 20_000),
  load('keep-alive-64', 'GET of 17 bytes, 64 connections', { mode: 'requests', connections: 64 }, 20_000),
  load('response-64k', 'GET of 64 KiB, 16 connections', { mode: 'requests', path: '/64k' }, 10_000),
  load('response-1m', 'GET of 1 MiB, 4 connections', { mode: 'requests', connections: 4, path: '/1m' }, 3000),
  { ...load('response-1m-workers', 'the same, sealed by a thread', { mode: 'requests', connections: 4, path: '/1m' }, 3000), sealWorkers: 1 },
  load('upload-8m', 'POST of 8 MiB, 4 connections', { mode: 'requests', connections: 4, path: '/upload', upload: 8 << 20 }, 50),
  memory('memory', `memory of an idle connection, at ${idleConnections}`, 0),
  memory('memory-later', `the same, after ${handshakes} connections that came and went`, handshakes),
  {
    name: 'storm',
    title: 'answers to one connection while 64 clients do full handshakes',
    reference: 'node:https',
    keyType: 'P-256',
    metrics: [{ name: 'p50', unit: 'ms', better: 'less' }, { name: 'p99', unit: 'ms', better: 'less' }, { ...rate, name: 'handshakes' }],
    warmUp: handshakes,
    sample: latencyInStorm
  },
  {
    name: 'pha',
    title: 'certificate asked for after the handshake; cpu and rate: connection, two GETs, close',
    reference: 'mod_ssl',
    keyType: 'P-256',
    metrics: [{ name: 'round trip', unit: 'ms', better: 'less' }, cpu, rate],
    warmUp: handshakes,
    sample: postHandshakeAuthentication
  }
]

function load (name: string, title: string, options: Requests, warmUp: number, keyType: KeyType = 'P-256'): Scenario {
  return {
    name,
    title,
    reference: 'node:https',
    keyType,
    metrics: perOperation,
    warmUp,
    async sample (subject, { generator, seconds }) {
      const before = await subject.ask('connections')
      const { port, pids } = subject
      const result = await generator.run({ port, pids, seconds, connections, ...options })
      checkResumption(options.mode, before, await subject.ask('connections'))
      return { operations: result.done, values: costs(result), load: loadOf(result) }
    }
  }
}

type Requests = Pick<LoadOptions, 'mode'> & Partial<Pick<LoadOptions, 'connections' | 'path' | 'upload'>>

/**
 * By the application's own count, so that no full handshake passes for a resumption, nor the other way round. The first
 * connections, before measuring begins, have no ticket yet.
 */
function checkResumption (mode: LoadOptions['mode'], before: Connections, after: Connections): void {
  const share = (after.resumed - before.resumed) / (after.total - before.total - (mode === 'resume' ? connections : 0))
  if (mode === 'resume' ? share < 0.9 : share > 0) throw new Error(`${(100 * share).toFixed(1)} % of the connections of ${mode} were resumed`)
}

interface Connections { total: number, resumed: number }

function costs ({ done, seconds, cpuSeconds, mainSeconds }: LoadResult): Record<string, number> {
  return { [cpu.name]: cpuSeconds * 1e6 / done, [main.name]: mainSeconds * 1e6 / done, [rate.name]: done / seconds }
}

function loadOf ({ seconds, cpuSeconds, generatorSeconds, suite, group, certificates }: LoadResult): Sample['load'] {
  return { server: cpuSeconds / seconds, generator: generatorSeconds / seconds, suite, group, certificates }
}

/** @param before connections that the process has served, so that V8's young generation has grown and no connection's is counted */
function memory (name: string, title: string, before: number): Scenario {
  return {
    name,
    title,
    reference: 'node:https',
    keyType: 'P-256',
    metrics: [{ name: 'rss', unit: 'KiB', better: 'less' }, { name: 'heap', unit: 'KiB', better: 'less' }, { name: 'process', unit: 'MiB', better: 'less' }],
    freshSlices: 3,
    warmUp: 0,
    async sample (subject, tools) {
      await serve(before, subject, tools)
      return await memoryOfIdleConnections(subject, tools)
    }
  }
}

async function serve (count: number, { port, pids }: Subject, { generator }: Tools): Promise<void> {
  for (let done = 0; done < count;) done += (await generator.run({ mode: 'full', port, pids, seconds: 1, connections })).done
}

/**
 * After garbage collection, the difference between some connections and many: what a process takes once is not counted,
 * nor is what it has left over from before, because the first connections have used that up.
 */
async function memoryOfIdleConnections ({ port, ask }: Subject, { generator }: Tools): Promise<Sample> {
  if (maxOpenFiles() < idleConnections + 200) {
    throw new Error(`${idleConnections} connections need as many open files, and ${maxOpenFiles()} are allowed: ulimit -n ${idleConnections + 200}`)
  }
  const releaseFirst = await generator.hold(port, firstConnections)
  const some = await ask('memory')
  const releaseOthers = await generator.hold(port, idleConnections - firstConnections)
  const many = await ask('memory')
  await Promise.all([releaseFirst(), releaseOthers()])
  const each = (of: (usage: NodeJS.MemoryUsage) => number): number => (of(many) - of(some)) / (idleConnections - firstConnections) / 1024
  return {
    operations: idleConnections,
    values: { rss: each(({ rss }) => rss), heap: each(({ heapUsed, external }) => heapUsed + external), process: many.rss / 2 ** 20 }
  }
}

async function latencyInStorm ({ port, pids }: Subject, { generator, seconds }: Tools): Promise<Sample> {
  const storm = generator.run({ mode: 'full', port, pids, seconds: seconds + 0.5, connections: 64, nice: true })
  await sleep(300)
  const paced = await generator.run({ mode: 'paced', port, pids, seconds, connections: 1 })
  const result = await storm
  return { operations: result.done, values: { p50: paced.p50 * 1e3, p99: paced.p99 * 1e3, handshakes: result.done / result.seconds }, load: loadOf(result) }
}

/** One client, so that the round trip is not that of a queue. */
async function postHandshakeAuthentication ({ port, pids }: Subject, { generator, seconds, clientCertificate }: Tools): Promise<Sample> {
  const result = await generator.run({ mode: 'pha', port, pids, seconds, connections: 1, path: '/private', certificate: clientCertificate })
  return { operations: result.done, values: { 'round trip': result.p50 * 1e3, ...costs(result) }, load: loadOf(result) }
}
