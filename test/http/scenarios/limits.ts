import { Client, plain } from '../client.ts'
import { signal } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [
  {
    name: 'keepAliveTimeout: a connection without a next request is closed',
    options: { keepAliveTimeout: 10 },
    async scene (app, listen) {
      app.get('/', async () => '<answer>')
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      const response = await client.response('<answer>')
      return { response, events: await client.closed() }
    },
    expected: { response: /Connection: keep-alive/, events: ['end', 'close'] }
  },
  {
    name: 'connectionTimeout: a silent connection is closed',
    options: { connectionTimeout: 50 },
    async scene (_app, listen) {
      const client = await Client.connect(await listen())
      return { events: await client.closed(), text: client.text }
    },
    expected: { events: ['end', 'close'], text: '' }
  },
  {
    name: 'onTimeout: the hook of a request whose connection was silent for too long',
    options: { connectionTimeout: 50 },
    async scene (app, listen) {
      const timedOut = signal<string>()
      app.addHook('onTimeout', async (request) => timedOut.give(request.url))
      app.get('/slow', async () => { await timedOut.promise })
      const client = await Client.connect(await listen())
      client.request('GET', '/slow')
      return { timedOut: await timedOut.promise, events: await client.closed() }
    },
    expected: { timedOut: '/slow', events: ['end', 'close'] }
  },
  {
    name: 'headersTimeout: 408 for headers that do not end',
    limits: { headersTimeout: 50, connectionsCheckingInterval: 20 },
    async scene (_app, listen) {
      const client = await Client.connect(await listen())
      client.send('GET / HTTP/1.1', 'Host: local')
      const events = await client.closed()
      return { events, text: plain(client.text) }
    },
    expected: { text: /^HTTP\/1\.1 408 Request Timeout/ }
  },
  {
    name: 'requestTimeout: 408 for a body that does not end',
    options: { requestTimeout: 100 },
    limits: { requestTimeout: 100, headersTimeout: 100, connectionsCheckingInterval: 20 },
    async scene (app, listen) {
      app.post('/', async () => '<never>')
      const client = await Client.connect(await listen())
      client.request('POST', '/', 'Content-Type: text/plain', 'Content-Length: 100')
      client.send('begin')
      const events = await client.closed()
      return { events, text: plain(client.text) }
    },
    expected: { text: /^HTTP\/1\.1 408 Request Timeout/ }
  },
  {
    name: 'clientError: 400 in JSON for what is not HTTP',
    async scene (_app, listen) {
      const client = await Client.connect(await listen())
      client.send('what is this?', '', '')
      const events = await client.closed()
      return { events, text: plain(client.text) }
    },
    expected: { text: /^HTTP\/1\.1 400 Bad Request[^]*"statusCode":400\}$/ }
  },
  {
    name: 'maxRequestsPerSocket: the last one says so, the one after it is refused',
    options: { maxRequestsPerSocket: 2 },
    async scene (app, listen) {
      app.get('/', async () => '<answer>')
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      const first = await client.response('<answer>')
      client.request('GET', '/')
      const second = await client.response('<answer>')
      client.request('GET', '/')
      const third = plain(await client.take(/\r\n\r\n/))
      return { first, second, third }
    },
    expected: { first: /Connection: keep-alive/i, second: /Connection: close/i, third: /503 Service Unavailable/ }
  }
]
