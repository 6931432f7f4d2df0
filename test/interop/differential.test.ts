/**
 * The same ClientHellos to us and to openssl s_server: both must answer with the same kind of thing. Where they do not, a
 * line in differences.ts says why ours is right.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { AlertDescription, nameOf } from '../../lib/core/constants.ts'
import { files, listen, save, serverKey } from './app.ts'
import { differences } from './differential/differences.ts'
import { hellos } from './differential/hellos.ts'
import type { Offer } from './differential/hellos.ts'
import { Program } from './program.ts'
import { interop } from './tool.ts'

const test = interop('openssl')
const identity = serverKey()

test('the same answers to the same ClientHellos as openssl s_server', async (t) => {
  const ours = await listen(t, { ...identity, ecdhCurve: 'x25519:P-256:P-384:P-521' })
  const theirs = await openssl(t)
  const offers = hellos()
  t.ok(offers.length > 300, `${offers.length} ClientHellos`)
  t.equal(new Set(offers.map(({ name }) => name)).size, offers.length, 'each has a name of its own')
  const unused = new Set(differences)
  for (const offer of offers) {
    const [us, them] = [await answer(ours.port, offer), await answer(theirs, offer)]
    const known = differences.find(({ hello, ours, openssl }) => hello.test(offer.name) && ours === us && openssl === them)
    if (known !== undefined) unused.delete(known)
    t.ok(us === them || known !== undefined, `${offer.name}: ours ${us}, openssl ${them}`)
  }
  t.same([...unused], [], 'every line of the table is needed')
})

/** @returns the port of an s_server that asks for nothing, and speaks as we do what can be chosen */
async function openssl (t: Test): Promise<number> {
  const program = new Program(t, 'openssl', [
    's_server', '-accept', '127.0.0.1:0', '-tls1_3', '-alpn', 'http/1.1', '-groups', 'X25519:P-256:P-384:P-521',
    '-cert', save('differential.pem', identity.cert), '-key', save('differential.key', identity.key), '-CAfile', files.ca
  ])
  return Number(/:(\d+)$/m.exec(await program.expect(/^ACCEPT .*:\d+$/m))![1])
}

/** What a server says first: `ServerHello`, `HelloRetryRequest`, `alert decode_error`, `close`. */
async function answer (port: number, { bytes, ends }: Offer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  await once(socket, 'connect')
  socket.write(bytes)
  // Where more is wanted than comes, the server would wait.
  if (ends) socket.end()
  let received = Buffer.alloc(0)
  const said = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const kind = kindOf(received)
      if (kind !== null) resolve(kind)
    })
    socket.on('close', () => resolve('close'))
    socket.on('end', () => resolve('close'))
  })
  const kind = await said
  socket.destroy()
  return kind
}

/** @returns null while the first record is not whole */
function kindOf (received: Buffer): string | null {
  if (received.length < 5 || received.length < 5 + received.readUInt16BE(3)) return null
  const [type, content] = [received[0], received.subarray(5)]
  if (type === 21) return `alert ${nameOf(AlertDescription, content[1]!) ?? content[1]}`
  if (type !== 22 || content[0] !== 2) return `a record of type ${type}`
  return content.subarray(6, 38).toString('hex').startsWith('cf21ad74e59a6111') ? 'HelloRetryRequest' : 'ServerHello'
}
