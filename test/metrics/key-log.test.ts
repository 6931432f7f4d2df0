import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { keyLogFile } from '../../lib/metrics/key-log.ts'

const line = 'CLIENT_HANDSHAKE_TRAFFIC_SECRET 00 11'

function nextWarning (): Promise<Error & { code: string }> {
  return new Promise((resolve) => process.once('warning', (warning) => resolve(warning as Error & { code: string })))
}

t.test('lines are appended to a file of the owner\'s, with one warning for the process', async (t) => {
  const warnings: string[] = []
  const listener = (warning: Error) => { warnings.push((warning as Error & { code: string }).code) }
  process.on('warning', listener)
  const path = join(t.testdir(), 'keys.log')
  const log = keyLogFile(path)
  log(line)
  t.equal(readFileSync(path, 'utf8'), line + '\n', 'at once')
  keyLogFile(path)(line)
  t.equal(readFileSync(path, 'utf8'), `${line}\n${line}\n`)
  if (process.platform !== 'win32') t.equal(statSync(path).mode & 0o077, 0)
  await new Promise((resolve) => setImmediate(resolve))
  process.removeListener('warning', listener)
  t.same(warnings, ['FST_TLS13_KEY_LOG'])
})

t.test('a file that cannot be written is refused at once', async (t) => {
  t.throws(() => keyLogFile(join(t.testdir(), 'missing', 'keys.log')), { code: 'ENOENT' })
})

t.test('a file that can no longer be written ends the log, not the connection', async (t) => {
  const path = join(t.testdir(), 'keys.log')
  const log = keyLogFile(path)
  rmSync(path)
  mkdirSync(path)
  const warning = nextWarning()
  log(line)
  const { code, message } = await warning
  t.equal(code, 'FST_TLS13_KEY_LOG_FAILED')
  t.match(message, /cannot be written and has ended: EISDIR/)
  t.notMatch(message, line)
  rmSync(path, { recursive: true })
  log(line)
  t.throws(() => statSync(path), { code: 'ENOENT' }, 'nothing more is written')
})
