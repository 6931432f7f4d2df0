/** What a peer announces costs memory when it comes, and not before. */
import t from 'tap'
import { maxClientHelloLength } from '../../lib/core/limits.ts'
import { concat, TestClient, u16, u24, u8 } from '../helpers/client/index.ts'
import { createServer } from '../helpers/server.ts'

const long = 2 ** 16

t.test('nine bytes that announce the longest ClientHello take no memory for it', async (t) => {
  const server = createServer()
  const announcement = concat([22, 3, 1], u16(4), u8(1), u24(maxClientHelloLength))
  const before = process.memoryUsage().arrayBuffers
  const connections = Array.from({ length: 1000 }, () => server.accept().connection)
  for (const connection of connections) connection.receive(announcement.slice())
  const each = (process.memoryUsage().arrayBuffers - before) / connections.length
  t.ok(each < 1024, `${each} bytes for a connection`)
  t.equal(connections.every((connection) => !connection.failed), true)
})

t.test('a ClientHello of 64 KiB, in pieces of every size', async (t) => {
  const server = createServer()
  const length = new TestClient().clientHello().length - 5 - 4
  for (const size of [1, 2, 3, 4, 5, 7, 1000, 16383, 16384]) {
    // Four bytes of the unknown extension are its type and length.
    const client = new TestClient({ extraExtensions: [{ type: 0x4242, body: new Uint8Array(long - length - 4) }] })
    const joint = server.pair(client)
    const split = Array.from({ length: Math.ceil((long + 4) / size) - 1 }, (_, i) => (i + 1) * size)
    joint.deliver(client.clientHello({}, { split }))
    t.equal(client.helloMessage.length, long + 4)
    joint.deliver(client.flight2())
    t.equal(joint.connection.connected, true, `in pieces of ${size}`)
  }
})
