import { once } from 'node:events'
import t from 'tap'
import { secure, serve } from './support.ts'

t.test('clients that come all at once are all served, and those that leave the queue harm nobody', async (t) => {
  const { server, port, errors } = await serve(t, {}, {}, (_request, response) => { response.end('served') })
  let accepted = 0
  server.on('secureConnection', () => { accepted++ })
  const leaving = Array.from({ length: 4 }, () => secure(t, port).catch(() => null))
  const staying = await Promise.all(Array.from({ length: 16 }, () => secure(t, port)))
  for (const client of await Promise.all(leaving)) client?.destroy()
  for (const client of staying) {
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    t.match(String((await once(client, 'data'))[0]), /^HTTP\/1.1 200/)
  }
  t.equal(accepted, 20)
  t.strictSame(errors, [])
})
