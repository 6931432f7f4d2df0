/** How to go beyond each limit of lib/core/limits.ts, by its name there. */
import { once } from 'node:events'
import { maxCertificateLength, maxCiphertextLength, maxClientHelloLength, maxHandshakeMessageLength, maxPlaintextLength } from '../../lib/core/limits.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { root } from '../fastify/helpers.ts'
import { concat, TestClient, u16, u24, u8 } from '../helpers/client/index.ts'
import type { ClientConnection, Session } from '../helpers/client/index.ts'
import { aliceCredential, alertTo, get, large, parse, statusOf } from './app.ts'
import type { LimitCase } from './case.ts'

const node = cryptoProvider('node')
const smallLimit = 40

export const coreCases: Record<string, LimitCase> = {
  maxPlaintextLength: {
    async reach (target) {
      const client = await target.client()
      client.write(concat([22, 3, 1], u16(maxPlaintextLength + 1)))
      return alertTo(client)
    }
  },

  maxCiphertextLength: {
    async reach (target) {
      const client = await target.secure()
      client.write(concat([23, 3, 3], u16(maxCiphertextLength + 1)))
      return alertTo(client)
    }
  },

  maxClientHelloLength: {
    async reach (target) {
      const client = await target.client()
      client.write(concat([22, 3, 1], u16(4), u8(1), u24(maxClientHelloLength + 1)))
      return alertTo(client)
    }
  },

  maxCertificateLength: {
    options: { requestCert: true },
    async reach (target) {
      const client = await helloSent(await target.client())
      client.write(client.client.handshake(concat(u8(11), u24(maxCertificateLength + 1))))
      return alertTo(client)
    }
  },

  maxHandshakeMessageLength: {
    async reach (target) {
      const client = await helloSent(await target.client())
      client.write(client.client.handshake(concat(u8(20), u24(maxHandshakeMessageLength + 1))))
      return alertTo(client)
    }
  },

  maxCertificateChainLength: {
    options: { requestCert: true },
    async reach (target) {
      const client = await target.client()
      await client.handshake({ credential: aliceCredential, chain: Array(11).fill(aliceCredential.chain[0]) })
      return alertTo(client)
    }
  },

  maxPskIdentities: {
    async reach (target) {
      const first = await target.secure()
      const [session] = await first.expectTickets(1)
      const unknown: Session = { ...session!, ticket: new Uint8Array(session!.ticket.length) }
      const good = new TestClient({ serverName: 'localhost', psks: [...Array(7).fill({ session: unknown }), { session }] })
      await target.secure(good)
      if (good.facts.selectedIdentity !== 7) throw new Error('the eighth identity was not looked at')
      const beyond = new TestClient({ serverName: 'localhost', psks: [...Array(8).fill({ session: unknown }), { session }] })
      await target.secure(beyond)
      return beyond.facts.selectedIdentity === null ? 'full handshake' : 'resumption'
    }
  },

  maxEmptyRecords: {
    async reach (target) {
      const client = await target.secure()
      for (let count = 0; count < 33; count++) client.write(client.client.data('', { padding: count }))
      return alertTo(client)
    }
  },

  maxWarningAlerts: {
    async reach (target) {
      const client = await target.secure()
      for (let count = 0; count < 5; count++) client.write(client.client.alert(1, 90))
      return alertTo(client)
    }
  },

  maxKeyUpdates: {
    async reach (target) {
      const client = await target.secure()
      for (let count = 0; count < 33; count++) client.write(client.client.keyUpdate(1))
      return alertTo(client)
    }
  },

  maxEarlyDataSkipped: {
    async reach (target) {
      const [session] = await (await target.secure()).expectTickets(1)
      const client = await target.client(new TestClient({ serverName: 'localhost', psks: [{ session: session! }], earlyData: true }))
      const hello = client.client.clientHello()
      client.write(concat(hello, client.client.earlyData(new Uint8Array(18_000))))
      return alertTo(client)
    }
  },

  maxTicketsPerConnection: {
    options: { numTickets: 0 },
    async reach (target) {
      // A client that takes in 16 MiB of tickets and looks at none.
      const client = await target.secure()
      client.socket.removeAllListeners('data')
      client.socket.resume()
      client.send(get('/all-tickets'))
      const [status] = await once(target.answers, '/all-tickets')
      return `HTTP ${status}`
    }
  },

  maxSessionStateLength: {
    async reach (target) {
      // A chain that passes, in a session state of more than 2^14 bytes.
      const many = root.issueClient({ subjectAltName: Array.from({ length: 90 }, (_, i) => `DNS:${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.n${i}`) })
      const client = await target.secure()
      await client.expectTickets(2)
      client.send(get('/ask'))
      await client.answerCertificateRequest({ credential: { chain: [many.certificate], privateKey: many.privateKey } })
      const { status } = parse(await client.response())
      return status === 200 && client.client.tickets.length === 2 ? 'no ticket' : `HTTP ${status}, ${client.client.tickets.length} tickets`
    }
  },

  'certificate requests': {
    async reach (target) {
      const client = await target.secure()
      return statusOf(client.request(get('/ask-twice')))
    }
  },

  recordLimit: {
    options: { crypto: { ...node, cipherSuites: node.cipherSuites.map((suite) => ({ ...suite, recordLimit: smallLimit })) } },
    async reach (target) {
      const client = await target.secure()
      const { body } = parse(await client.request(get('/large')))
      if (body !== large.toString()) throw new Error('the body is not what was sent')
      const worst = Math.max(...recordsPerKey(client.client))
      return worst <= smallLimit ? 'KeyUpdate of ours' : `${worst} records under one key`
    }
  }
}

/** After the server's flight: what follows is protected. */
async function helloSent (client: ClientConnection): Promise<ClientConnection> {
  client.write(client.client.clientHello())
  await client.expectMessage(20)
  return client
}

/** How many records the server sealed under each of its application keys. */
function recordsPerKey ({ messages, received }: TestClient): number[] {
  const changes = messages.filter(({ type }) => type === 20 || type === 24).map(({ lastRecord }) => lastRecord)
  return changes.map((last, index) => (changes[index + 1] ?? received.length - 1) - last)
}
