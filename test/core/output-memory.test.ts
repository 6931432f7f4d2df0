/** Memory that serves again: taken from one list by all connections, so that every file of tests has a list of its own. */
import t from 'tap'
import { giveBuffer, giveOutputMemory, takeBuffer, takeOutputMemory } from '../../lib/core/record/output-memory.ts'
import { createServer } from '../helpers/server.ts'

t.test('what is long serves again, for what is about as long', async (t) => {
  const output = takeOutputMemory(100_000)
  t.equal(output.length, 131_072)
  giveOutputMemory(output.subarray(0, 90_000))
  t.not(takeOutputMemory(200_000).buffer, output.buffer)
  t.equal(takeOutputMemory(131_072).buffer, output.buffer)
  t.not(takeBuffer(131_072), output.buffer)
})

t.test('what is short does too, in memory that is not much longer', async (t) => {
  t.equal(takeOutputMemory(100).length, 512)
  t.equal(takeOutputMemory(512).length, 512)
  t.equal(takeOutputMemory(4095).length, 4096)
  t.equal(takeOutputMemory(4097).length, 8192)
  const output = takeOutputMemory(100)
  giveOutputMemory(output.subarray(0, 90))
  t.equal(takeOutputMemory(300).buffer, output.buffer)
})

t.test('no more than 2.25 MiB stay, and what stays is what was used last', async (t) => {
  const small = Array.from({ length: 4 }, () => takeBuffer(2 ** 19))
  const large = Array.from({ length: 2 }, () => takeBuffer(2 ** 20))
  for (const buffer of [...small, ...large]) giveBuffer(buffer)
  for (let count = 0; count < 2; count++) t.ok(large.includes(takeBuffer(2 ** 20)))
  t.notOk(small.includes(takeBuffer(2 ** 19)))
})

t.test('output that outgrows its memory takes other memory, and gives the first back', async (t) => {
  const { connection, client } = createServer().pair().handshake()
  const first = takeOutputMemory(40_000)
  giveOutputMemory(first)
  connection.send([Buffer.alloc(40_000, 1)])
  connection.send([Buffer.alloc(40_000, 2)])
  const output = connection.takeOutput()!
  t.not(output.buffer, first.buffer)
  t.equal(takeOutputMemory(40_000).buffer, first.buffer)
  client.receive(output)
  t.same(client.plaintext, Buffer.concat([Buffer.alloc(40_000, 1), Buffer.alloc(40_000, 2)]))
})
