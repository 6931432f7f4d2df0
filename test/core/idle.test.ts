/** What a connection keeps outside of V8's heap while nothing happens on it: its keys, and nothing of what came. */
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { ServerConnection } from '../../lib/core/connection.ts'
import { createServer } from '../helpers/server.ts'
import type { TestServer } from '../helpers/server.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const connections = 100

/** For pools of node:crypto and of Buffer, which the test's own work begins, spread over the connections. */
const slack = 128

for (const suite of createServer().configuration.cipherSuites) {
  t.test(suite.name, async (t) => {
    const server = createServer({ keyTypes: ['ed25519'], configuration: { cipherSuites: [suite], observer: {}, keyLog: null } })
    many(server) // what is made once is made now
    const before = await outside()
    const kept = many(server)
    const each = (await outside() - before) / connections
    // Four secrets in one piece; the IVs, the client's Finished and its request are gone.
    t.ok(each <= 4 * suite.hash.length + slack, `${each} bytes of buffers for each connection`)
    t.equal(kept.every(({ connected }) => connected), true)
  })
}

function many (server: TestServer): ServerConnection[] {
  return Array.from({ length: connections }, () => idle(server))
}

/** A connection that had a request. */
function idle (server: TestServer): ServerConnection {
  const joint = server.pair()
  joint.handshake()
  joint.deliver(joint.client.data('GET / HTTP/1.1\r\n\r\n'))
  joint.connection.send([Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')])
  joint.flush()
  joint.accepted.chunks.length = 0
  return joint.connection
}

/** Collected more than once: V8 frees buffers behind the collection's back. */
async function outside (): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect()
    await turn()
  }
  return process.memoryUsage().arrayBuffers
}
