import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Server } from 'node:net'
import { Client } from '../client.ts'
import { signal } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [
  {
    name: 'half-close: a client that has said all it wanted to say',
    async scene (app, listen) {
      app.get('/', async () => '<answer>')
      const client = await Client.connect(await listen(), { allowHalfOpen: true })
      client.request('GET', '/')
      client.socket.end()
      return { events: await client.closed(), answered: client.text.endsWith('<answer>') }
    },
    expected: { events: ['end', 'close'], answered: true }
  },
  {
    name: 'half-close while the answer is being made',
    async scene (app, listen) {
      const ended = signal()
      app.get('/', async (request) => {
        request.raw.socket.once('end', ended.give)
        await ended.promise
        return '<answer>'
      })
      const client = await Client.connect(await listen(), { allowHalfOpen: true })
      client.request('GET', '/')
      client.socket.end()
      return { events: await client.closed(), answered: client.text.endsWith('<answer>') }
    },
    expected: { events: ['end', 'close'] }
  },
  {
    name: 'close(): what is in progress is finished',
    async scene (app, listen) {
      const begun = signal()
      const answer = signal()
      app.get('/', async () => {
        begun.give()
        await answer.promise
        return '<answer>'
      })
      const client = await Client.connect(await listen())
      client.request('GET', '/', 'Connection: close')
      await begun.promise
      const closed = app.close()
      answer.give()
      const response = await client.response('<answer>')
      await closed
      return { response, events: await client.closed() }
    },
    expected: { response: /200 OK[^]*<answer>$/, events: ['end', 'close'] }
  },
  {
    name: 'close(): a connection that waits for its next request is closed',
    async scene (app, listen) {
      app.get('/', async () => '<answer>')
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      await client.response('<answer>')
      await app.close()
      return { events: await client.closed() }
    },
    expected: { events: ['end', 'close'] }
  },
  {
    name: 'forceCloseConnections: what is in progress is cut off',
    options: { forceCloseConnections: true },
    async scene (app, listen) {
      const begun = signal()
      app.get('/', (_request, reply) => {
        reply.hijack()
        begun.give()
      })
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      await begun.promise
      await app.close()
      return { events: await client.closed(), text: client.text }
    },
    expected: { events: ['end', 'close'], text: '' }
  },
  {
    name: 'getConnections counts what is open',
    async scene (_app, listen) {
      const server = await listen()
      const counts = [await count(server)]
      const clients = [await Client.connect(server), await Client.connect(server), await Client.connect(server)]
      counts.push(await count(server))
      clients[0]!.socket.destroy()
      while (await count(server) === 3) await setTimeout(1)
      counts.push(await count(server))
      return { counts }
    },
    expected: { counts: [0, 3, 2] }
  },
  {
    name: 'secureConnection and connection are told, with sockets that know each other',
    async scene (_app, listen) {
      const server = await listen()
      const told = Promise.all([once(server, 'connection'), once(server, 'secureConnection')])
      await Client.connect(server)
      const [[raw], [secure]] = await told
      return {
        same: raw.remotePort === secure.remotePort,
        encrypted: [raw.encrypted, secure.encrypted],
        authorized: secure.authorized,
        protocol: secure.getProtocol(),
        family: secure.remoteFamily,
        readyState: secure.readyState
      }
    },
    expected: { same: true, encrypted: [undefined, true] }
  }
]

function count (server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => error === null ? resolve(count) : reject(error))
  })
}
