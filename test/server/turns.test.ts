import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../../lib/server/turns.ts'
import { secure, serve } from './support.ts'

t.test('one a turn of the event loop, in the order they came', async (t) => {
  const turns = new Turns()
  const begun: number[] = []
  for (let i = 0; i < 5; i++) {
    const wait = turns.next()
    t.equal(wait === null, i === 0, 'the first does not wait')
    if (wait === null) begun.push(i)
    else wait.then(() => { begun.push(i) })
  }
  t.strictSame(begun, [0])
  for (let passed = 1; passed <= 5; passed++) {
    await turn()
    t.ok(begun.length <= passed + 1, `${begun.length} after ${passed} turns`)
  }
  while (begun.length < 5) await turn()
  t.strictSame(begun, [0, 1, 2, 3, 4])
})

t.test('who comes alone does not wait, after a queue as before it', async (t) => {
  const turns = new Turns()
  t.equal(turns.next(), null)
  await turns.next()
  await turn()
  await turn()
  t.equal(turns.next(), null)
})

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
