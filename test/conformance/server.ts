/**
 * Starts every endpoint that a plan of tlsfuzzer scripts needs, and a site for testssl.sh, on 127.0.0.1, and prints what
 * the runner of the plan and testssl.sh have to be told. Ends at Ctrl+C.
 *
 *     npm run conformance:server -- --keys TLSFUZZER/tests [--crypto noble]
 */
import { parseArgs } from 'node:util'
import { providerNamed, startEndpoints } from './endpoints.ts'
import { runnerArguments } from './parameters.ts'
import { shellWord } from './report.ts'
import { startSite } from './site.ts'

const { values } = parseArgs({ options: { keys: { type: 'string' }, crypto: { type: 'string', default: 'node' } } })
if (values.keys === undefined) throw new Error('--keys is missing: the folder tests of tlsfuzzer')
const crypto = providerNamed(values.crypto)

const endpoints = await startEndpoints(values.keys, crypto)
const site = await startSite(crypto)
console.log((await runnerArguments(endpoints.ports)).map(shellWord).join(' '))
console.log(`\ntestssl --ip 127.0.0.1 --add-ca ${site.ca} https://localhost:${site.port}/`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, async () => Promise.all([endpoints.close(), site.close()]))
