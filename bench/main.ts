/**
 * Measures this package against node:https, side by side: `npm run bench`. docs/performance.md explains what and how.
 *
 * Each scenario starts both servers, warms them up, and then gives them short slices of load by turns, so that what else
 * the machine does meets both.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeCredentials } from './credentials.ts'
import { compileGenerator, Generator } from './generator.ts'
import { describeMachine, describeNode, placement } from './machine.ts'
import { compare, heading, lines } from './report.ts'
import type { ScenarioResult } from './report.ts'
import { scenarios } from './scenarios.ts'
import type { Sample, Scenario, Tools } from './scenarios.ts'
import { apache, hasApache, startSubject } from './subjects.ts'
import type { Subject, SubjectName, Surroundings } from './subjects.ts'

const help = `npm run bench -- [options]

  --only NAME          a scenario, or all whose names begin so; may be given again
  --slices N           slices of each server (default 7)
  --seconds S          length of a slice (default 1)
  --node PATH          the servers' Node (default: the one that runs this)
  --groups LIST        of the client, as for OpenSSL (default: OpenSSL's own)
  --ciphersuites LIST  of the client, likewise
  --json FILE          everything that was measured
  --profile FOLDER     CPU profiles of the servers; slows them down

scenarios: ${scenarios.map(({ name }) => name).join(', ')}`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    slices: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    node: { type: 'string', default: process.execPath },
    groups: { type: 'string' },
    ciphersuites: { type: 'string' },
    json: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

if (options.help) console.log(help)
else await bench()

async function bench (): Promise<void> {
  if (process.platform !== 'linux') throw new Error('the kernel\'s accounting is read from /proc: this needs Linux')
  const chosen = chooseScenarios()
  const slices = positive('slices', options.slices)
  const cpus = placement()
  const about = { ...describeNode(options.node), ...describeMachine(), placement: cpus, slices, seconds: positive('seconds', options.seconds), date: new Date().toISOString() }
  console.log(`Node ${about.node}, OpenSSL ${about.openssl}, ${about.cpu}, ${about.cpus} CPUs, load ${describeMachine().loadAverage}`)
  console.log(cpus === null ? 'server and generator share a CPU: rates and latencies say little' : `server on CPU ${cpus.server}, generator on CPU ${cpus.generator}`)
  console.log(`${slices} slices of ${about.seconds} s each; a ratio above 1 means that ours is better\n\n${heading}`)

  const folder = mkdtempSync(join(tmpdir(), 'fastify-tls13-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.error(`ended by ${signal}`)
      process.exit(1)
    })
  }
  chmodSync(folder, 0o711) // Apache reads its documents as nobody

  const credentials = writeCredentials(folder)
  const profiles = options.profile === undefined ? null : resolve(options.profile)
  if (profiles !== null) mkdirSync(profiles, { recursive: true })
  const surroundings = { folder, credentials, cpu: cpus?.server ?? null, node: options.node, profiles }
  const tools = {
    generator: new Generator(compileGenerator(folder), cpus?.generator ?? null, tlsArguments()),
    seconds: about.seconds,
    clientCertificate: credentials.client
  }
  const results: ScenarioResult[] = []
  for (const scenario of chosen) {
    const result = compare(scenario, await measure(scenario, slices, surroundings, tools))
    results.push(result)
    console.log(lines(result).join('\n'))
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ ...about, results }, null, 2) + '\n')
  }
}

async function measure (scenario: Scenario, slices: number, surroundings: Surroundings, tools: Tools): Promise<ScenarioResult['samples']> {
  const { freshSlices, reference, sealWorkers = 0 } = scenario
  const start = (subject: SubjectName): Promise<Subject> => startSubject(subject, scenario, sealWorkers > 0 ? { ...surroundings, cpu: null } : surroundings)
  if (freshSlices === undefined) {
    const subjects: Subject[] = []
    try {
      subjects.push(await start(reference), await start('fastify-tls13'))
      for (const subject of subjects) await warmUp(scenario, subject, tools)
      return await byTurns(slices, (index) => scenario.sample(subjects[index], tools))
    } finally {
      for (const subject of subjects) await subject.stop()
    }
  }
  return await byTurns(Math.min(slices, freshSlices), async (index) => {
    const subject = await start(index === 0 ? reference : 'fastify-tls13')
    try {
      return await scenario.sample(subject, tools)
    } finally {
      await subject.stop()
    }
  })
}

/** Also on a machine so busy that it takes long, but not for ever. */
async function warmUp (scenario: Scenario, subject: Subject, tools: Tools): Promise<void> {
  for (let done = 0, slice = 0; done < scenario.warmUp && slice < 60; slice++) {
    done += (await scenario.sample(subject, { ...tools, seconds: 1 })).operations
  }
}

/** First one, then the other, and the next time the other one first. */
async function byTurns (slices: number, sample: (index: 0 | 1) => Promise<Sample>): Promise<ScenarioResult['samples']> {
  const samples: { reference: Sample[], ours: Sample[] } = { reference: [], ours: [] }
  for (let slice = 0; slice < slices; slice++) {
    for (const index of slice % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
      (index === 0 ? samples.reference : samples.ours).push(await sample(index))
    }
  }
  return samples
}

function chooseScenarios (): readonly Scenario[] {
  const { only } = options
  const isMeant = ({ name }: Scenario, word: string): boolean => scenarios.some((scenario) => scenario.name === word) ? name === word : name.startsWith(word)
  const chosen = only === undefined ? scenarios : scenarios.filter((scenario) => only.some((word) => isMeant(scenario, word)))
  if (chosen.length === 0) throw new Error(`no scenario is named ${only}: there are ${scenarios.map(({ name }) => name).join(', ')}`)
  if (hasApache()) return chosen
  const [skipped, rest] = [chosen.filter(needsApache), chosen.filter((scenario) => !needsApache(scenario))]
  for (const { name } of skipped) console.log(`${name} is skipped: there is no ${apache} with mod_ssl (Debian: apt-get install apache2)`)
  return rest
}

function needsApache ({ reference }: Scenario): boolean {
  return reference === 'mod_ssl'
}

function tlsArguments (): string[] {
  const { groups, ciphersuites } = options
  return [...(groups === undefined ? [] : ['-g', groups]), ...(ciphersuites === undefined ? [] : ['-s', ciphersuites])]
}

function positive (name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} is a number above 0, not ${text}`)
  return value
}
