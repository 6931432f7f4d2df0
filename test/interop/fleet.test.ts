/** openssl s_client gets a session from one process of a fleet and resumes it on another. */
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { listening, livesThrough, rotateAll, startCluster, startMember } from './fleet/fleet.ts'
import type { Member } from './fleet/fleet.ts'
import { interop } from './tool.ts'

const test = interop('openssl')

test('the workers of a cluster share keys, without a line of code', async (t) => {
  const { program, workers: [one, other] } = await startCluster(t)
  await livesThrough(t, 'cluster', one, other, () => rotateAll(one, other))

  const { session } = await (await forked(t, program)).connect()
  t.ok((await (await forked(t, program)).get('/', session)).resumed, 'workers that are forked later, too')
})

test('a primary that does not load the package: keys of one\'s own, and a warning', async (t) => {
  const { program, workers: [one, other] } = await startCluster(t, true)
  await program.said(/FST_TLS13_TICKET_KEYS_NOT_SHARED.*import 'fastify-tls13\/cluster' there/)
  const { session, answer } = await one.connect()
  t.equal(answer.source, 'random')
  t.ok((await one.get('/', session)).resumed)
  t.notOk((await other.get('/', session)).resumed)
})

test('processes with one secret', async (t) => {
  const secret = randomBytes(48).toString('hex')
  const [one, other] = [await startMember(t, { secret }), await startMember(t, { secret })]
  await livesThrough(t, 'secret', one, other, async () => { await one.get('/rotate') })
})

async function forked (t: Test, program: Member['program']): Promise<Member> {
  program.write('\n')
  return listening(t, program)
}
