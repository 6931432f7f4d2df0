/**
 * Runs a plan of tlsfuzzer scripts against the endpoints and writes the results into docs/conformance.md.
 *
 *     npm run conformance -- --tlsfuzzer DIR --tlslite DIR --runner FILE --plan FILE [--python FILE] [--crypto noble]
 *       [--log-dir DIR] [-- arguments for the runner: --no-slow, --set n=20]
 *
 * With --only or --group among these it runs a part of the plan, and the document stays as it is.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { adjust } from './adjustments.ts'
import { providerNamed, startEndpoints } from './endpoints.ts'
import { runnerArguments } from './parameters.ts'
import { replaceBlock, shellWord, table } from './report.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tlsfuzzer: { type: 'string' },
    tlslite: { type: 'string' },
    runner: { type: 'string' },
    plan: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    crypto: { type: 'string', default: 'node' },
    'log-dir': { type: 'string' }
  }
})
const crypto = providerNamed(values.crypto)
const tlsfuzzer = pathOf('tlsfuzzer')
const tlslite = pathOf('tlslite')
const keys = join(tlsfuzzer, 'tests')
const runner = pathOf('runner')
const plan = pathOf('plan')
const logs = values['log-dir'] === undefined ? [] : ['--log-dir', values['log-dir']]
const scratch = mkdtempSync(join(tmpdir(), 'fastify-tls13-conformance-'))
const endpoints = await startEndpoints(keys, crypto)
try {
  process.exitCode = await run()
  if (!positionals.some((word) => /^--(only|group)\b/.test(word))) document()
} finally {
  await endpoints.close()
  rmSync(scratch, { recursive: true })
}

/** @returns the runner's exit status */
async function run (): Promise<number> {
  const adjusted = join(scratch, 'plan.json')
  writeFileSync(adjusted, JSON.stringify(adjust(JSON.parse(readFileSync(plan, 'utf8')))))
  const args = [
    runner, '--python', values.python, '--tlsfuzzer', tlsfuzzer, '--tlslite', tlslite, '--plan', adjusted,
    '--json', join(scratch, 'results.json'), ...logs, ...await runnerArguments(endpoints.ports), ...positionals
  ]
  const child = spawn(values.python, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => { resolve(code ?? 1) })
  })
}

function document (): void {
  const file = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url))
  const results = JSON.parse(readFileSync(join(scratch, 'results.json'), 'utf8'))
  const text = `${versions()}\n\n${table(results, keys)}`
  writeFileSync(file, replaceBlock(readFileSync(file, 'utf8'), `results: ${crypto}`, text))
}

function versions (): string {
  const library = crypto === 'node' ? `OpenSSL ${process.versions.openssl}` : '@noble'
  const chosen = positionals.length === 0 ? 'the whole plan' : positionals.map(shellWord).join(' ')
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node} (${library}), tlsfuzzer ${commit(tlsfuzzer)}, ` +
    `tlslite-ng ${commit(tlslite)}; ${chosen}.`
}

function commit (repository: string): string {
  const { stdout } = spawnSync('git', ['-C', repository, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return stdout?.trim() || 'of an unknown commit'
}

function pathOf (option: 'tlsfuzzer' | 'tlslite' | 'runner' | 'plan'): string {
  const path = values[option]
  if (path === undefined) throw new Error(`--${option} is missing`)
  return resolve(path)
}
