/** Python's ssl: the tickets and the certificate requests as its message callback sees them. */
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { files, listen } from './app.ts'
import type { Answer, App } from './app.ts'
import { Program } from './program.ts'
import { interop } from './tool.ts'

const test = interop('python3')
const counts = [0, 1, 2, 4]
const script = fileURLToPath(new URL('client.py', import.meta.url))
const alice = { cert: files.alice.cert, key: files.alice.key, postHandshakeAuth: true }

test('tickets after a full handshake, a certificate, an empty certificate and a resumption', async (t) => {
  for (const n of counts) {
    const app = await listen(t, { numTickets: n })
    const [first] = await python(t, app, { ...alice, connections: [{ requests: [{ path: '/' }, { path: '/secret' }, { path: '/ask/3' }, { path: '/send/3' }] }] })
    t.strictSame(first!.answers.map(tickets), [n, n, 3, 3], `numTickets ${n}`)
    t.strictSame(first!.answers.map(({ answer }) => answer.peer), [null, 'CN=alice', 'CN=alice', 'CN=alice'])

    const [empty] = await python(t, app, { postHandshakeAuth: true, connections: [{ requests: [{ path: '/' }, { path: '/optional' }] }] })
    t.strictSame(empty!.answers.map(tickets), [n, n], 'an empty certificate')
    t.equal(empty!.answers[1]!.answer.peer, null)

    const asking = { requests: [{ path: '/' }, { path: '/send/1' }] }
    const resuming = { requests: [{ path: '/' }, { path: '/secret' }], resume: [0, 1] as const }
    const [, resumed] = await python(t, app, { ...alice, connections: [asking, resuming] })
    t.equal(resumed!.reused, true)
    t.strictSame(resumed!.answers.map(tickets), [Math.min(1, n), Math.min(1, n)], 'a resumption, and a certificate on it')
    t.equal(resumed!.answers[1]!.answer.peer, 'CN=alice')
  }
})

test('a ticket carries the identity that the connection had when it was sent', async (t) => {
  const app = await listen(t)
  const [, before, after] = await python(t, app, {
    ...alice,
    connections: [
      { requests: [{ path: '/' }, { path: '/secret' }] },
      { requests: [{ path: '/' }], resume: [0, 0] },
      { requests: [{ path: '/' }, { path: '/secret' }], resume: [0, 1] }
    ]
  })
  t.match(before, { reused: true, answers: [{ answer: { resumed: true, peer: null, authorized: false } }] })
  t.match(after, { reused: true, answers: [{ answer: { resumed: true, peer: 'CN=alice', authorized: true } }, { status: 200 }] })
  t.notOk(after!.answers[1]!.messages.includes('read CERTIFICATE_REQUEST'), 'and is not asked again')
})

test('a client that does not offer post-handshake authentication is not asked', async (t) => {
  const app = await listen(t)
  const [result] = await python(t, app, { ...alice, postHandshakeAuth: false, connections: [{ requests: [{ path: '/secret' }] }] })
  t.match(result, { version: 'TLSv1.3', answers: [{ status: 403, answer: { code: 'FST_TLS13_PHA_NOT_OFFERED' } }] })
})

test('a certificate while a body is in flight, held or answered 413', async (t) => {
  // Python writes the whole body before it reads: the certificate waits behind it.
  const requests = [{ method: 'POST', path: '/upload', bodyLength: 2 ** 23 }]
  const roomy = await listen(t, { maxBufferedBody: 2 ** 24 })
  const [held] = await python(t, roomy, { ...alice, connections: [{ requests }] })
  t.match(held!.answers, [{ status: 200, answer: { peer: 'CN=alice', received: 2 ** 23 } }])
  const tight = await listen(t)
  const [refused] = await python(t, tight, { ...alice, connections: [{ requests }] })
  t.match(refused!.answers, [{ status: 413 }])
})

interface Plan {
  cert?: string
  key?: string
  postHandshakeAuth: boolean
  connections: Array<{ requests: Array<{ path: string, method?: string, bodyLength?: number }>, resume?: readonly [number, number] }>
}

interface Seen { reused: boolean, version: string, answers: Array<{ status: number, answer: Answer, messages: string[] }> }

async function python (t: Test, app: App, plan: Plan): Promise<Seen[]> {
  const input = JSON.stringify({ port: app.port, ca: files.ca, ...plan })
  const { code, output } = await new Program(t, 'python3', [script], { input }).end()
  if (code !== 0) throw new Error(output)
  return JSON.parse(output)
}

function tickets ({ messages }: { messages: string[] }): number {
  return messages.filter(message => message === 'read NEWSESSION_TICKET').length
}
