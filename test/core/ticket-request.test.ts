/** ticket_request (RFC 9149): what the client asks against what the server gives, and the server's word on it. */
import t from 'tap'
import { resuming } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { clientCredential, createServer } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import { answerRequest, ask } from './support.ts'

const credential = clientCredential('ed25519')
const asked = [0, 1, 5, 255] as const

/** What the server's numbers make of these, for a full handshake and for a resumption. */
const servers: ReadonlyArray<{ configuration: Partial<ServerConfiguration>, full: readonly number[], resumed: readonly number[] }> = [
  { configuration: {}, full: [0, 1, 2, 2], resumed: [0, 1, 1, 1] },
  { configuration: { numTickets: 0 }, full: [0, 0, 0, 0], resumed: [0, 0, 0, 0] },
  { configuration: { numTickets: 4, ticketsOnResumption: 3 }, full: [0, 1, 4, 4], resumed: [0, 1, 3, 3] },
  { configuration: { numTickets: 255, ticketsOnResumption: 255 }, full: [0, 1, 5, 255], resumed: [0, 1, 5, 255] },
  { configuration: { numTickets: 2, ticketsOnResumption: 200 }, full: [0, 1, 2, 2], resumed: [0, 1, 2, 2] }
]

/** How many the server says it will send, and how many it sends. */
function answer ({ client }: JointPair): { expected: number | null, sent: number } {
  const extension = client.facts.encryptedExtensions.get(58)
  return { expected: extension?.length === 1 ? extension[0]! : null, sent: client.tickets.length }
}

/** One ticket, with which each resumption begins, whatever the server's numbers are. */
function firstTicket (server: TestServer): JointPair {
  const joint = server.pair({ postHandshakeAuth: true }).handshake()
  joint.connection.sendTickets(1)
  joint.flush()
  return joint
}

for (const [way, options] of [['at once', {}], ['after a HelloRetryRequest', { shareGroups: [] }]] as Array<[string, ClientOptions]>) {
  t.test(`asked 0, 1, 5, 255, ${way}`, async (t) => {
    for (const { configuration, full, resumed } of servers) {
      const server = createServer({ configuration })
      const first = firstTicket(server)
      for (const [index, count] of asked.entries()) {
        const name = `${count} of ${JSON.stringify(configuration)}`
        // The number for the other kind of handshake is one that would show.
        const newSession = server.pair({ ...options, ticketRequest: [count, 7] }).handshake()
        t.same(answer(newSession), { expected: full[index], sent: full[index] }, `new session: ${name}`)
        const resumption = server.pair(resuming(first.client, { ...options, ticketRequest: [7, count] })).handshake()
        t.equal(resumption.connection.info?.resumed, true)
        t.same(answer(resumption), { expected: resumed[index], sent: resumed[index] }, `resumption: ${name}`)
        for (const joint of [newSession, resumption]) t.equal(joint.client.incoming.helloRetryRequest !== null, way !== 'at once')
      }
    }
  })
}

t.test('a ticket that is refused makes it a new session', async (t) => {
  const server = createServer({ configuration: { numTickets: 3 } })
  const first = firstTicket(server)
  server.clock.now += 7201 * 1000
  t.same(answer(server.pair(resuming(first.client, { ticketRequest: [2, 1] })).handshake()), { expected: 2, sent: 2 })
})

t.test('nothing asked, nothing said; neither where the server has no tickets', async (t) => {
  t.same(answer(createServer().pair().handshake()), { expected: null, sent: 2 })
  t.equal(answer(createServer({ configuration: { tickets: null } }).pair({ ticketRequest: [2, 2] }).handshake()).sent, 0)
})

t.test('what was asked holds for tickets after a client certificate, not for sendTickets', async (t) => {
  const server = createServer({ configuration: { numTickets: 4 } })
  for (const [ticketRequest, count] of [[[1, 9], 1], [[0, 9], 0], [[9, 9], 4]] as const) {
    const joint = server.pair({ postHandshakeAuth: true, ticketRequest }).handshake()
    t.equal(joint.client.tickets.length, count)
    ask(joint)
    answerRequest(joint, 0, { credential })
    t.equal(joint.client.tickets.length, 2 * count)
    joint.connection.sendTickets(3)
    joint.flush()
    t.equal(joint.client.tickets.length, 2 * count + 3)
  }
})

t.test('the server\'s number is that of the moment the handshake began, and is kept', async (t) => {
  const server = createServer({ configuration: { numTickets: 4 } })
  const joint = server.pair({ ticketRequest: [3, 3] })
  joint.deliver(joint.client.clientHello())
  server.configuration.numTickets = 0
  joint.deliver(joint.client.flight2())
  t.same(answer(joint), { expected: 3, sent: 3 })
})
