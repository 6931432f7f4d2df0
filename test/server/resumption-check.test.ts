import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import type { Test } from 'tap'
import { resumptionCheck } from '../../lib/server/resumption-check.ts'
import type { SessionToResume, Tls13Options } from '../../types/options.ts'
import type { ResumableSession } from '../../types/server.ts'
import { connect, resuming } from '../helpers/client/index.ts'
import { createAuthority } from '../helpers/pki.ts'
import { serve } from './support.ts'

const client = createAuthority({ name: 'Clients' }).issueClient({ name: 'alice' })
const session: ResumableSession = {
  serverName: 'a.example', alpnProtocol: 'http/1.1', issuedAt: 2000, authenticatedAt: 1000, identity: { chain: [client.certificate], authorized: true, authorizationError: null }
}

type Callback = NonNullable<Tls13Options['onResume']>
interface Warning extends Error { code: string, detail: string }

async function warningsDuring (action: () => Promise<unknown>): Promise<Warning[]> {
  const warnings: Warning[] = []
  const listener = (warning: Error): void => { warnings.push(warning as Warning) }
  process.on('warning', listener)
  await action()
  await new Promise((resolve) => setImmediate(resolve))
  process.removeListener('warning', listener)
  return warnings
}

t.test('the session, as an application sees it', async (t) => {
  const seen: SessionToResume[] = []
  const check = resumptionCheck((session) => { seen.push(session) })
  check(session)
  check({ ...session, serverName: null, alpnProtocol: null, identity: { ...session.identity!, authorized: false, authorizationError: 'CERT_HAS_EXPIRED' } })
  check({ ...session, identity: null })
  t.match(seen, [
    { serverName: 'a.example', alpnProtocol: 'http/1.1', issuedAt: new Date(2000), authenticatedAt: new Date(1000), authorized: true, authorizationError: null },
    { serverName: null, alpnProtocol: null, authorized: false, authorizationError: 'CERT_HAS_EXPIRED' },
    { authorized: false, authorizationError: null }
  ])
  t.same(seen.map(({ peerCertificate }) => peerCertificate?.subject ?? null), ['CN=alice', 'CN=alice', null])
})

t.test('false refuses, at once or later, and nothing else does', async (t) => {
  for (const answer of [false, true, undefined, null, 0, '']) {
    t.equal(resumptionCheck((() => answer) as Callback)(session), answer !== false)
    t.equal(await resumptionCheck((async () => answer) as Callback)(session), answer !== false)
  }
  const thenable = { then: (resolve: (value: boolean) => void) => { resolve(false) } }
  const answer = resumptionCheck(() => thenable as Promise<boolean>)(session)
  t.type(answer, Promise)
  t.equal(await answer, false)
})

t.test('what it throws refuses, and is told of once', async (t) => {
  for (const fail of [() => { throw new Error('broken') }, async () => { throw new Error('broken') }] as Callback[]) {
    const check = resumptionCheck(fail)
    const warnings = await warningsDuring(async () => {
      t.equal(await check(session), false)
      t.equal(await check(session), false)
    })
    t.match(warnings, [{ name: 'FastifyTls13Warning', code: 'FST_TLS13_ON_RESUME_FAILED', detail: /Error: broken\n +at / }])
    t.equal(warnings.length, 1)
  }
})

t.test('a certificate that cannot be read refuses as well', async (t) => {
  const check = resumptionCheck(({ peerCertificate }) => peerCertificate !== null)
  const warnings = await warningsDuring(async () => {
    t.equal(check({ ...session, identity: { ...session.identity!, chain: [Buffer.from('none')] } }), false)
  })
  t.equal(warnings.length, 1)
})

/** Two connections to a server, the second with the ticket of the first: was it resumed, and what became of the ticket? */
async function twice (t: Test, onResume: Callback): Promise<{ resumed: boolean, results: string[] }> {
  const results: string[] = []
  const { port } = await serve(t, { onResume, observer: { ticketRedeemed: (result) => { results.push(result) } } })
  const first = await connect(port)
  await first.handshake()
  await first.expectTickets(2)
  first.close()
  const second = await connect(port, resuming(first.client))
  await second.handshake()
  await second.expectTickets(1)
  const resumed = second.client.facts.selectedIdentity !== null
  second.close()
  return { resumed, results }
}

t.test('on a server: agreed, refused, and broken, which is no alert', async (t) => {
  t.same(await twice(t, () => {}), { resumed: true, results: ['accepted'] })
  t.same(await twice(t, async ({ authenticatedAt }) => authenticatedAt.getTime() <= Date.now()), { resumed: true, results: ['accepted'] })
  t.same(await twice(t, () => false), { resumed: false, results: ['denied'] })
  await warningsDuring(async () => {
    t.same(await twice(t, async () => { throw new Error('broken') }), { resumed: false, results: ['denied'] })
  })
})

t.test('a node:tls client that is refused does a full handshake', async (t) => {
  const { port } = await serve(t, { onResume: () => false })
  const options = { host: '127.0.0.1', port, rejectUnauthorized: false }
  const first = connectTls(options)
  const [ticket] = await once(first, 'session') as [Buffer]
  first.destroy()
  const second = connectTls({ ...options, session: ticket })
  await once(second, 'secureConnect')
  t.equal(second.isSessionReused(), false)
  second.destroy()
})
