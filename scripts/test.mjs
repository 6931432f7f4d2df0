/**
 * Runs the tests and says what a reader wants to know at the end: what failed, what was not run and why, whether every
 * line of the core was run, and the counts. Arguments go to tap: `npm run test:run -- test/core`.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { uncoveredLines } from './coverage.mjs'
import { TapDigest } from './tap-digest.mjs'

const tap = createRequire(import.meta.url).resolve('tap/package.json').replace(/package\.json$/, 'dist/esm/run.mjs')
const chosen = process.argv.slice(2)
const mostLines = 100

const digest = new TapDigest(line => console.log(line))
const status = await runTap(digest)
const uncovered = chosen.length === 0 ? uncoveredLines('lib/core') : []

list('Not run:', digest.skipped)
list('Failed:', digest.failures)
list('Lines of lib/core that no test ran:', uncovered)
console.log(`\n${digest.passed} passed, ${digest.failed} failed`)
process.exitCode = status !== 0 || digest.failed > 0 || (chosen.length === 0 && digest.passed === 0) || uncovered.length > 0 ? 1 : 0

async function runTap (digest) {
  const child = spawn(process.execPath, [tap, 'run', '--reporter=tap', ...chosen], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve(code ?? 1))
  })
  for await (const line of createInterface({ input: child.stdout })) digest.take(line)
  return exited
}

function list (title, lines) {
  if (lines.length === 0) return
  console.log(['', title, ...lines.slice(0, mostLines).map(line => '  ' + line)].join('\n'))
  if (lines.length > mostLines) console.log(`  and ${lines.length - mostLines} more`)
}
