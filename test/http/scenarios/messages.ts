import type { IncomingMessage } from 'node:http'
import { Client, plain } from '../client.ts'
import { signal } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [
  {
    name: 'keep-alive: requests one after the other on one connection',
    async scene (app, listen) {
      const sockets = new Set<unknown>()
      app.get('/:n', async (request) => {
        sockets.add(request.raw.socket)
        return `<${(request.params as { n: string }).n} ${request.protocol} ${request.ip}>`
      })
      const client = await Client.connect(await listen())
      const responses = []
      for (const n of ['1', '2', '3']) {
        client.request('GET', `/${n}`)
        responses.push(await client.response('>'))
      }
      return { responses, connections: sockets.size }
    },
    expected: { responses: [/<1 https 127\.0\.0\.1>$/, /<2 /, /<3 /], connections: 1 }
  },
  {
    name: 'pipelining: answers in the order of the requests, whatever is ready first',
    async scene (app, listen) {
      const fast = signal()
      const handled: string[] = []
      app.get('/slow', async () => {
        await fast.promise
        handled.push('slow')
        return '<slow>'
      })
      app.get('/fast/:n', async (request) => {
        const { n } = request.params as { n: string }
        handled.push(`fast ${n}`)
        if (n === '2') fast.give()
        return `<fast ${n}>`
      })
      const client = await Client.connect(await listen())
      client.send(...['/slow', '/fast/1', '/fast/2'].flatMap((path) => [`GET ${path} HTTP/1.1`, 'Host: localhost', '']), '')
      const all = await client.take(/<fast 2>/)
      return { answered: all.match(/<.*?>/g), handled }
    },
    expected: { answered: ['<slow>', '<fast 1>', '<fast 2>'], handled: ['fast 1', 'fast 2', 'slow'] }
  },
  {
    name: '100-continue: the body is asked for before it is sent',
    async scene (app, listen) {
      app.post('/', async (request) => `<${request.body}>`)
      const client = await Client.connect(await listen())
      client.request('POST', '/', 'Content-Type: text/plain', 'Content-Length: 4', 'Expect: 100-continue')
      const interim = await client.take(/\r\n\r\n/)
      client.send('body')
      return { interim, final: await client.response('>') }
    },
    expected: { interim: 'HTTP/1.1 100 Continue\r\n\r\n', final: /200 OK[^]*<body>$/ }
  },
  {
    name: 'trailers: in a request and in a response',
    async scene (app, listen) {
      app.post('/', async (request, reply) => {
        reply.trailer('x-answer', async () => String((request.raw as IncomingMessage).trailers['x-question']))
        return request.body
      })
      const client = await Client.connect(await listen())
      client.request('POST', '/', 'Content-Type: text/plain', 'TE: trailers', 'Trailer: x-question', 'Transfer-Encoding: chunked')
      client.send('4', 'body', '0', 'x-question: why', '', '')
      return { response: plain(await client.take(/x-answer: .*\r\n\r\n/)) }
    },
    expected: { response: /trailer: x-answer[^]*body\r\n0\r\nx-answer: why\r\n\r\n$/ }
  },
  {
    name: 'server-sent events: each leaves when it is written',
    async scene (app, listen) {
      const seen = [signal(), signal()]
      app.get('/', (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
        reply.raw.write('data: 0\n\n')
        seen[0]!.promise.then(() => reply.raw.write('data: 1\n\n'))
        seen[1]!.promise.then(() => reply.raw.end('data: 2\n\n'))
      })
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      const events = []
      for (const next of [...seen, null]) {
        events.push(plain(await client.take(/data: \d\n\n\r\n/)))
        next?.give()
      }
      return { events, end: await client.take(/0\r\n\r\n/) }
    },
    expected: { events: [/data: 0/, /data: 1/, /data: 2/], end: /^0\r\n\r\n$/ }
  },
  {
    name: 'early hints: an interim response before the final one',
    async scene (app, listen) {
      app.get('/', async (_request, reply) => {
        await new Promise<void>((resolve) => reply.raw.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' }, resolve))
        return '<final>'
      })
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      return { interim: await client.take(/\r\n\r\n/), final: await client.response('<final>') }
    },
    expected: { interim: /103 Early Hints\r\nLink: <\/style.css>/, final: /200 OK/ }
  }
]
