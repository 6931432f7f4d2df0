/** How to go beyond each limit that is an option, by its name. */
import type { ClientConnection } from '../helpers/client/index.ts'
import { alertTo, get, isServed, statusOf } from './app.ts'
import type { Target } from './app.ts'
import type { LimitCase } from './case.ts'

export const serverCases: Record<string, LimitCase> = {
  handshakeTimeout: {
    options: { handshakeTimeout: 2000 },
    async reach (target) {
      return alertTo(await target.client())
    }
  },

  maxPendingHandshakes: {
    options: { maxPendingHandshakes: 3 },
    async reach (target) {
      const pending = await silent(target, 3)
      const answer = await closed(target)
      for (const client of pending) client.destroy()
      await progress(target, 0)
      return answer
    }
  },

  maxPendingHandshakesPerAddress: {
    options: { maxPendingHandshakesPerAddress: 3 },
    async reach (target) {
      const pending = await silent(target, 3)
      const answer = await closed(target)
      const elsewhere = await target.secure({}, {}, '127.0.0.2')
      if (!await isServed(elsewhere)) throw new Error('another address is not served')
      for (const client of pending) client.destroy()
      await progress(target, 0)
      return answer
    }
  },

  clientCertificateTimeout: {
    options: { clientCertificateTimeout: 50 },
    async reach (target) {
      const client = await target.secure()
      return statusOf(client.request(get('/ask')))
    }
  },

  maxBufferedBody: {
    options: { maxBufferedBody: 100_000 },
    async reach (target) {
      const client = await target.secure()
      client.send('POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n')
      await client.expectCertificateRequest()
      for (let sent = 0; sent < 200_000; sent += 10_000) client.send(Buffer.alloc(10_000))
      return statusOf(client.response())
    }
  }
}

/** Connections that say nothing. */
async function silent (target: Target, count: number): Promise<ClientConnection[]> {
  const clients: ClientConnection[] = []
  for (let i = 0; i < count; i++) clients.push(await target.client())
  await progress(target, count)
  return clients
}

async function closed (target: Target): Promise<string> {
  const client = await target.client()
  await client.expectEnd()
  return client.client.alerts.length === 0 ? 'closed' : alertTo(client)
}

async function progress (target: Target, count: number): Promise<void> {
  while (target.app.tls.counters.handshakesInProgress !== count) await new Promise(setImmediate)
}
