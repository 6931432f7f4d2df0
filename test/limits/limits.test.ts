/**
 * Every limit of the table in docs/security.md is reached over a socket, and four things are seen: what the peer gets, the
 * metric, a connection from before that goes on, and a new one that is served. A limit that the code has and the table
 * has not, or the other way round, is a failure too.
 */
import { existsSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import * as coreLimits from '../../lib/core/limits.ts'
import * as chainLimits from '../../lib/credentials/chain/limits.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { checkOptions } from '../../lib/server/options/table.ts'
import { target, isServed } from './app.ts'
import type { LimitCase } from './case.ts'
import { chainCases } from './chain.ts'
import { coreCases } from './core.ts'
import { serverCases } from './server.ts'
import { readTable } from './table.ts'
import type { Row } from './table.ts'

const cases: Record<string, LimitCase> = { ...coreCases, ...chainCases, ...serverCases }
const rows = readTable()

const { handshakeTimeout, maxPendingHandshakes, maxPendingHandshakesPerAddress, clientCertificateTimeout, maxBufferedBody, maxEarlyData } = checkOptions({})

/** What the code says. */
const numbers: Record<string, string> = {
  ...Object.fromEntries(Object.entries({
    ...coreLimits,
    ...chainLimits,
    handshakeTimeout,
    maxPendingHandshakes,
    maxPendingHandshakesPerAddress,
    clientCertificateTimeout,
    maxBufferedBody,
    maxEarlyData,
    'certificate requests': 1
  }).map(([name, number]) => [name, String(number)])),
  recordLimit: [...new Set(cryptoProvider('node').cipherSuites.map((suite) => suite.recordLimit))]
    .filter((limit) => limit < Number.MAX_SAFE_INTEGER).join(', ')
}

t.test('the table has every limit of the code, with its number, and no other', async (t) => {
  t.same(rows.flatMap(({ names }) => names).sort(), Object.keys(numbers).sort())
  for (const { names, number } of rows) {
    for (const name of names) t.equal(number, numbers[name], name)
  }
})

for (const row of rows) {
  t.test(`${row.names.join(', ')}: ${row.answer}`, async (t) => {
    const found = row.names.map((name) => cases[name]).find((one) => one !== undefined)
    if (found === undefined) return t.ok(row.metric.endsWith('.test.ts') && existsSync(row.metric), 'cannot be reached from outside: the table names the test')
    await check(t, row, found)
  })
}

async function check (t: Test, row: Row, { options, reach }: LimitCase): Promise<void> {
  const server = await target(t, options)
  const witness = await server.secure()
  t.equal(await isServed(witness), true, 'a connection from before')
  const alert = /^alert (.*)/.exec(row.answer)?.[1]
  const samples = [row.metric, ...(alert === undefined ? [] : [`tls_alerts_total{direction="sent",alert="${alert}"}`])]
  const before = await Promise.all(samples.map((sample) => server.metric(sample)))
  t.equal(await reach(server), row.answer)
  for (const [index, sample] of samples.entries()) t.ok(await server.metric(sample) > before[index]!, sample)
  t.equal(await isServed(witness), true, 'it goes on')
  t.equal(await isServed(await server.secure()), true, 'a new one')
}
