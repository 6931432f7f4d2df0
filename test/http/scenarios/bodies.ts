import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { Client, plain } from '../client.ts'
import { signal } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const mebibyte = 2 ** 20

export const scenarios: readonly Scenario[] = [
  {
    name: 'an upload of 20 MiB to a consumer that is slow',
    async scene (app, listen) {
      app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
      app.post('/', async (request) => {
        const hash = createHash('sha256')
        let length = 0
        for await (const chunk of request.body as Readable) {
          hash.update(chunk)
          length += chunk.length
          await setImmediate()
        }
        return `<${length} ${hash.digest('hex')}>`
      })
      const client = await Client.connect(await listen())
      const body = Buffer.alloc(20 * mebibyte)
      for (let i = 0; i < body.length; i += 4) body.writeUInt32LE(i, i)
      client.request('POST', '/', 'Content-Type: application/octet-stream', `Content-Length: ${body.length}`)
      client.socket.write(body)
      const [answer] = (await client.take(/<.*>/)).match(/<.*>/)!
      return { answer, right: answer === `<${body.length} ${createHash('sha256').update(body).digest('hex')}>` }
    },
    expected: { right: true }
  },
  {
    name: 'a download of 64 MiB to a reader that stalls: little of it is made before it is wanted',
    async scene (app, listen) {
      const chunk = Buffer.alloc(2 ** 16, 'x')
      let made = 0
      app.get('/', async (_request, reply) => {
        const source = new Readable({
          read () {
            made += chunk.length
            this.push(made > 64 * mebibyte ? null : chunk)
          }
        })
        return reply.header('content-length', 64 * mebibyte).send(source)
      })
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      const head = await client.take(/\r\n\r\n/)
      client.socket.pause()
      await standstill(() => made)
      const stalled = { bounded: made < 16 * mebibyte }
      let length = client.text.length
      client.socket.removeAllListeners('data')
      for await (const part of client.socket as AsyncIterable<string>) {
        length += part.length
        if (length >= 64 * mebibyte) break
      }
      return { head: plain(head), stalled, length }
    },
    expected: { stalled: { bounded: true }, length: 64 * mebibyte }
  },
  {
    name: 'the client leaves while its answer is being made',
    async scene (app, listen) {
      const waiting = signal()
      const aborted = signal<string>()
      app.addHook('onRequestAbort', async (request) => aborted.give(request.url))
      app.get('/', (request, reply) => {
        reply.hijack()
        request.raw.once('close', () => closed.give(reply.raw.writableFinished))
        waiting.give()
      })
      const closed = signal<boolean>()
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      await waiting.promise
      client.socket.destroy()
      return { aborted: await aborted.promise, finished: await closed.promise }
    },
    expected: { aborted: '/', finished: false }
  },
  {
    name: 'the client leaves while it uploads',
    async scene (app, listen) {
      const begun = signal()
      const failed = signal<string>()
      const aborted = signal()
      app.addHook('onRequestAbort', async (_request) => aborted.give())
      app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
      app.post('/', async (request) => {
        const body = request.body as Readable
        body.once('data', () => begun.give())
        body.once('error', (error: NodeJS.ErrnoException) => failed.give(`${error.code} ${error.message}`))
        await failed.promise
      })
      const client = await Client.connect(await listen())
      client.request('POST', '/', 'Content-Type: application/octet-stream', 'Content-Length: 1000')
      client.send('only this')
      await begun.promise
      client.socket.destroy()
      await aborted.promise
      return { error: await failed.promise }
    },
    expected: { error: 'ECONNRESET aborted' }
  },
  {
    name: 'the server breaks a response off: the client sees that it is incomplete',
    async scene (app, listen) {
      const abort = signal()
      app.get('/', (_request, reply) => {
        reply.hijack()
        reply.raw.write('<begun>')
        abort.promise.then(() => reply.raw.destroy())
      })
      const client = await Client.connect(await listen())
      client.request('GET', '/')
      const begun = await client.response('<begun>\r\n')
      abort.give()
      return { begun, rest: client.text, events: await client.closed() }
    },
    expected: { begun: /<begun>/, rest: '', events: ['end', 'close'] }
  }
]

/** Waits until a number has stood still for a while. */
async function standstill (value: () => number): Promise<void> {
  for (let last = -1, still = 0; still < 20; still = value() === last ? still + 1 : 0) {
    last = value()
    await setTimeout(10)
  }
}
