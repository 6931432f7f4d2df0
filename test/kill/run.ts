/**
 * Attacks a server with thousands of connections, and prints what it cost as a table for docs/security.md:
 *
 *     ulimit -n 20000        # each connection is a file at both ends
 *     npm run kill           # 5000 connections an attack; or: npm run kill -- --connections 1000 --only Hello
 *
 * All of it is on the loopback interface, and takes about three quarters of an hour.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { attacks } from './attacks.ts'
import { capped } from './caps.ts'
import { kill } from './kill.ts'
import type { Outcome } from './kill.ts'
import type { Held } from './server.ts'

const { values: { connections, only } } = parseArgs({ // throws on what it does not know
  options: {
    connections: { type: 'string', default: '5000' },
    only: { type: 'string' } // a part of an attack's name
  }
})
const count = Number(connections)
if (!Number.isInteger(count) || count < 1) throw new RangeError(`--connections ${connections}: a whole number from 1 on`)
const time = 15_000
const longTime = 90_000

console.log(`Node ${process.version}, ${availableParallelism()} cores, ${count} connections an attack\n`)
console.log('| attack | connections | RSS before, peak, peak of a second attack, after | heap and buffers before, peak, peak of a second attack, after | others served | slowest |')
console.log('|---|---|---|---|---|---|')
for (const attack of attacks(time, longTime)) {
  if (only === undefined || attack.name.includes(only)) report(await kill(attack, count, 100, true))
}
if (only === undefined) {
  const { held, refused, visitors } = await capped(count)
  console.log(`\nWith the default caps, ${count} connections from one address: ${held} held, ${refused} closed at once; others served ${visitors.served} of ${visitors.asked}.`)
  if (visitors.failures.length > 0) process.exitCode = 1
}

function report ({ name, before, peak, again, after, visitors }: Outcome): void {
  const held = Math.max(peak.handshakes, peak.connections)
  const rss = [before, peak, again, after].map(({ rss }) => megabytes(rss)).join(', ')
  const heap = [before, peak, again, after].map((moment) => megabytes(used(moment))).join(', ')
  console.log(`| ${name} | ${held} | ${rss} MB | ${heap} MB | ${visitors.served} of ${visitors.asked} | ${Math.round(visitors.slowest)} ms |`)
  for (const failure of new Set(visitors.failures)) console.log(`  ${failure}`)
  if (visitors.failures.length > 0) process.exitCode = 1
}

function used ({ heapUsed, external }: Held): number {
  return heapUsed + external
}

function megabytes (bytes: number): number {
  return Math.round(bytes / 1e6)
}
