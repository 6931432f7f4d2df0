import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import websocket from '@fastify/websocket'
// @ts-expect-error it comes with @fastify/websocket, and without types
import { WebSocket } from 'ws'
import { Client } from '../client.ts'
import { ca } from '../servers.ts'
import { signal } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const handshake = [
  'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='
]

export const scenarios: readonly Scenario[] = [
  {
    name: 'WebSocket: echo of small and large messages, closed by app.close()',
    async scene (app, listen) {
      await app.register(websocket)
      app.get('/', { websocket: true }, (socket, request) => {
        socket.send(`${request.protocol} ${request.ip}`)
        socket.on('message', (message: Buffer) => socket.send(message))
      })
      const { port } = (await listen()).address() as AddressInfo
      const client = new WebSocket(`wss://127.0.0.1:${port}/`, { ca })
      const messages: Buffer[] = []
      const [greeting] = await once(client, 'message')
      for (const message of ['hello', 'x'.repeat(300_000)]) {
        client.send(message)
        const [echo] = await once(client, 'message') as [Buffer]
        messages.push(echo)
      }
      const closed = once(client, 'close') as Promise<[number, Buffer]>
      await app.close()
      const [code] = await closed
      return { greeting: String(greeting), lengths: messages.map(({ length }) => length), code }
    },
    expected: { greeting: 'https 127.0.0.1', lengths: [5, 300_000], code: 1005 }
  },
  {
    name: 'an upgrade that nobody handles is a request like any other',
    async scene (app, listen) {
      app.get('/', async () => '<served>')
      const client = await Client.connect(await listen())
      client.request('GET', '/', ...handshake)
      return { response: await client.response('<served>') }
    },
    expected: { response: /200 OK/ }
  },
  {
    name: 'an upgrade by hand: bytes both ways, and the end of the one is the end of the other',
    async scene (app, listen) {
      const ended = signal()
      app.server.on('upgrade', (_request, socket, head) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
        socket.write(head)
        socket.on('data', (data: Buffer) => socket.write(data))
        socket.on('end', ended.give)
      })
      const client = await Client.connect(await listen())
      client.send('GET / HTTP/1.1', 'Host: localhost', ...handshake, '', 'head')
      const switched = await client.take(/head/)
      client.send('more')
      const echo = await client.take(/more/)
      client.socket.end()
      await ended.promise
      return { switched, echo, events: await client.closed() }
    },
    expected: { switched: /101 Switching Protocols[^]*head$/, echo: 'more', events: ['end', 'close'] }
  },
  {
    name: 'CONNECT without a listener: the connection is closed',
    async scene (_app, listen) {
      const client = await Client.connect(await listen())
      client.request('CONNECT', 'example.com:443')
      return { events: await client.closed(), text: client.text }
    },
    expected: { events: ['end', 'close'], text: '' }
  },
  {
    name: 'CONNECT with a listener: a tunnel',
    async scene (app, listen) {
      app.server.on('connect', (request, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n\r\n<${request.url}>`)
        socket.on('data', (data: Buffer) => socket.end(data))
      })
      const client = await Client.connect(await listen())
      client.request('CONNECT', 'example.com:443')
      const opened = await client.take(/>/)
      client.send('through')
      return { opened, through: await client.take(/through/), events: await client.closed() }
    },
    expected: { opened: /<example\.com:443>$/, through: 'through', events: ['end', 'close'] }
  }
]
