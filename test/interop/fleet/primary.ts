/**
 * The primary of a cluster of two workers; a line of standard input forks another, and its end is theirs.
 * FLEET_ALONE: it does not load the package.
 */
import cluster from 'node:cluster'
import { createInterface } from 'node:readline'

if (process.env.FLEET_ALONE === undefined) await import('../../../lib/session/cluster/primary.ts')

cluster.setupPrimary({ exec: new URL('member.ts', import.meta.url).pathname })
cluster.fork()
cluster.fork()
createInterface({ input: process.stdin }).on('line', () => cluster.fork()).once('close', () => process.exit())
