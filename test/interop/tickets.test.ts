/** How many tickets openssl s_client receives: OpenSSL's own table, seen from outside. */
import type { Test } from 'tap'
import { listen, root, serverKey } from './app.ts'
import type { App } from './app.ts'
import { alice, request, SClient } from './s-client.ts'
import { interop } from './tool.ts'

const test = interop('openssl')
const counts = [0, 1, 2, 4]

test('a full handshake brings numTickets tickets, a resumption one at most', async (t) => {
  for (const n of counts) {
    const app = await listen(t, { numTickets: n })
    const first = new SClient(t, app)
    const full = await first.get('/')
    t.equal(full.tickets, n, `${n} after a full handshake`)
    t.equal(full.answer.ticketsSent, n)
    t.equal(full.answer.resumed, false)
    t.equal(first.session() === null, n === 0)

    const resumed = await resume(t, app, first)
    t.equal(resumed.tickets, Math.min(1, n), `min(1, ${n}) after a resumption`)
    await first.end()
  }
})

test('a client certificate after the handshake brings numTickets of that moment, each time', async (t) => {
  for (const n of counts) {
    const app = await listen(t, { numTickets: 3 })
    const client = new SClient(t, app, ['-enable_pha', ...alice])
    t.equal((await client.get('/')).tickets, 3)
    for (let time = 1; time <= 2; time++) {
      const asked = await client.get(`/ask/${n}`)
      t.equal(asked.certificateRequests, 1)
      t.equal(asked.answer.peer, 'CN=alice')
      t.equal(asked.tickets, n, `${n} after certificate request ${time}`)
    }
    await client.end()
  }
})

test('an empty certificate brings them too where it is optional', async (t) => {
  for (const n of counts) {
    const app = await listen(t, { numTickets: n })
    const client = new SClient(t, app, ['-enable_pha'])
    t.equal((await client.get('/')).tickets, n)
    const asked = await client.get('/optional')
    t.equal(asked.status, 200)
    t.equal(asked.answer.peer, null)
    t.equal(asked.tickets, n, `${n} after an empty certificate`)
    await client.end()
  }
})

test('a client certificate on a resumed connection brings one at most', async (t) => {
  for (const n of counts) {
    const app = await listen(t, { numTickets: 1 })
    const first = new SClient(t, app)
    await first.get('/')
    const second = new SClient(t, app, ['-enable_pha', ...alice, '-sess_in', first.session()!])
    t.equal((await second.get('/')).answer.resumed, true)
    const asked = await second.get(`/ask/${n}`)
    t.equal(asked.answer.peer, 'CN=alice')
    t.equal(asked.tickets, Math.min(1, n), `min(1, ${n})`)
    await Promise.all([first.end(), second.end()])
  }
})

test('sendTickets brings as many as were asked for, whatever numTickets is, and they resume', async (t) => {
  for (const n of [0, 2]) {
    const app = await listen(t, { numTickets: n })
    const client = new SClient(t, app)
    t.equal((await client.get('/')).tickets, n)
    t.equal((await client.get('/send/3')).tickets, 3)
    t.equal((await client.get('/')).tickets, 0)
    const resumed = await resume(t, app, client)
    t.equal(resumed.tickets, Math.min(1, n))
    t.equal((await resumed.client.get('/send/3')).tickets, 3, 'and on a resumed connection')
    await Promise.all([client.end(), resumed.client.end()])
  }
})

test('a ticket that is refused brings as many as a full handshake', async (t) => {
  const app = await listen(t, { numTickets: 3 })
  const first = new SClient(t, app, ['-ciphersuites', 'TLS_AES_128_GCM_SHA256'])
  await first.get('/')
  const resume = ['-sess_in', first.session()!]
  await first.end()
  const otherHash = await request(t, app, [...resume, '-ciphersuites', 'TLS_AES_256_GCM_SHA384'])
  t.match(otherHash, { answer: { resumed: false }, tickets: 3 }, 'a suite with another hash')
  app.app.tls.rotateTicketKeys()
  t.match(await request(t, app, resume), { answer: { resumed: true }, tickets: 1 }, 'an older key still opens')
  app.app.tls.setSecureContext({ ...serverKey(), ca: root.pem })
  t.match(await request(t, app, resume), { answer: { resumed: false }, tickets: 3 }, 'another certificate')
  t.match(await request(t, await listen(t, { numTickets: 3 }), resume), { answer: { resumed: false }, tickets: 3 }, 'another server')
})

test('the server\'s number counts for new connections', async (t) => {
  const app = await listen(t, { numTickets: 2 })
  const before = new SClient(t, app, ['-enable_pha', ...alice])
  t.equal((await before.get('/')).tickets, 2)
  app.app.tls.numTickets = 4
  t.equal((await before.get('/secret')).tickets, 2)
  t.equal((await request(t, app)).tickets, 4)
  await before.end()
})

test('a ticket carries the identity that the connection had when it was sent', async (t) => {
  const app = await listen(t)
  const first = new SClient(t, app, ['-enable_pha', ...alice])
  await first.get('/')
  const before = first.session()!
  t.equal((await first.get('/secret')).answer.peer, 'CN=alice')
  const after = first.session()!
  await first.end()

  const stranger = new SClient(t, app, ['-sess_in', before])
  const withoutIdentity = await stranger.get('/')
  t.match(withoutIdentity.answer, { resumed: true, peer: null, authorized: false }, 'one from before resumes without it')
  t.equal((await stranger.get('/secret')).status, 403, 'and has to show a certificate')
  await stranger.end()

  const known = new SClient(t, app, ['-enable_pha', '-sess_in', after])
  t.match((await known.get('/')).answer, { resumed: true, peer: 'CN=alice', authorized: true }, 'one from after resumes with it')
  const again = await known.get('/secret')
  t.match(again, { status: 200, certificateRequests: 0, answer: { peer: 'CN=alice' } }, 'and is not asked again')
  await known.end()
})

async function resume (t: Test, app: App, from: SClient): Promise<{ client: SClient, tickets: number }> {
  const session = from.session()
  const client = new SClient(t, app, session === null ? [] : ['-sess_in', session])
  const { tickets, answer } = await client.get('/')
  t.equal(answer.resumed, session !== null)
  t.match(client.program.output, session === null ? /^New, TLSv1\.3/m : /^Reused, TLSv1\.3/m)
  return { client, tickets }
}
