/** Which connections wait for the client's end when the server has ended, and which need not. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import t from 'tap'
import { rest, secure, serve } from './support.ts'

interface Case {
  readonly request: string
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void
  /** Is TCP closed together with the stream, although the client has not ended? */
  readonly atOnce: boolean
  /** Does it end by itself before it is closed? */
  readonly ended: boolean
}

const answerAtOnce: Case['answer'] = (_request, response) => response.end('<answer>')

const cases: Record<string, Case> = {
  'a request that says it is the last': {
    request: 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    answer: answerAtOnce,
    atOnce: true,
    ended: false
  },
  'one of HTTP/1.0': {
    request: 'GET / HTTP/1.0\r\n\r\n',
    answer: answerAtOnce,
    atOnce: true,
    ended: false
  },
  'one whose body was read': {
    request: 'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<body>',
    answer: (request, response) => request.resume().on('end', () => response.end('<answer>')),
    atOnce: true,
    ended: false
  },
  'one whose body is still to come': {
    request: 'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n<body>',
    answer: answerAtOnce,
    atOnce: false,
    ended: true
  },
  'one that the client could have sent another behind': {
    request: 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    answer: (_request, response) => response.setHeader('Connection', 'close').end('<answer>'),
    atOnce: false,
    ended: true
  }
}

for (const [name, { request, answer, atOnce, ended }] of Object.entries(cases)) {
  t.test(`behind the answer to ${name} TCP is closed ${atOnce ? 'at once' : "when the client's end came"}`, async (t) => {
    const { server, port } = await serve(t, {}, {}, answer)
    const accepted = Promise.all([once(server, 'connection'), once(server, 'secureConnection')]) as Promise<[[Socket], [Socket]]>
    const client = await secure(t, port, { allowHalfOpen: true } as ConnectionOptions)
    const [[tcp], [socket]] = await accepted
    client.write(request)
    const answered = rest(client)
    await once(socket, 'close')
    t.equal(tcp.destroyed, atOnce)
    t.equal(tcp.writableEnded, ended)
    t.match(String(await answered), /<answer>$/)
    if (atOnce) return
    const closed = once(tcp, 'close')
    client.write('x'.repeat(994))
    client.end()
    await closed
  })
}
