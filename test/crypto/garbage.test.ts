/**
 * node:crypto on Node 20 waits for itself, for ever, when V8 collects what has made a key pair while the pair is encoded by `export`.
 * Here it collects all of its heap whenever a megabyte is used up: an exchange that used `export` stood still after some six thousand.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

t.test('thirty thousand key exchanges come to their end', async () => { run('many-exchanges.ts') })

t.test('and so do ten thousand whose pairs a thread has made', async () => { run('many-exchanges-ahead.ts') })

function run (name: string): void {
  const program = fileURLToPath(new URL(name, import.meta.url))
  const loader = new URL('../../scripts/strip-types.mjs', import.meta.url).href
  execFileSync(process.execPath, ['--no-warnings', '--gc-global', '--max-semi-space-size=1', '--import', loader, program], { env: {}, timeout: 240_000, killSignal: 'SIGKILL' })
}
