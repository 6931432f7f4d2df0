/** OCSP stapling (RFC 8446 §4.4.2.1, RFC 6066 §8): in the leaf's extensions, for a client that asked. */
import t from 'tap'
import { concat, extensionType, replaceExtension, resuming, vector } from '../helpers/client/index.ts'
import type { ClientOptions } from '../helpers/client/index.ts'
import { authority, createServer, serverCredential } from '../helpers/server.ts'
import type { JointPair, TestServer } from '../helpers/server.ts'
import type { ServerConfiguration } from '../../types/server.ts'
import { alertOf, alerts, answerTo } from './support.ts'

const response = Buffer.from('an OCSP response')

const answering = (ocspResponse: ServerConfiguration['ocspResponse'], configuration: Partial<ServerConfiguration> = {}): TestServer =>
  createServer({ configuration: { ocspResponse, ...configuration } })

const staple = async (server: TestServer, client: ClientOptions = { statusRequest: true }): Promise<string | null> => {
  const joint = await server.pair(client).handshakeAsync()
  t.equal(joint.connection.connected, true)
  const { ocspResponse } = joint.client.facts
  return ocspResponse === null ? null : Buffer.from(ocspResponse).toString()
}

t.test('for a client that asked, now or later', async (t) => {
  t.equal(await staple(answering(() => response)), String(response))
  t.equal(await staple(answering(async () => response)), String(response))
  const { client } = await answering(() => response).pair({ statusRequest: true }).handshakeAsync()
  t.equal(client.facts.encryptedExtensions.has(extensionType.statusRequest), false, 'and nothing in EncryptedExtensions')
})

t.test('not for one that did not, and then nobody is asked', async (t) => {
  let asked = 0
  const server = answering(() => { asked++; return response })
  t.equal(await staple(server, {}), null)
  t.equal(asked, 0)
})

t.test('where there is none, none is sent', async (t) => {
  t.equal(await staple(answering(() => null)), null)
  t.equal(await staple(answering(async () => null)), null)
  t.equal(await staple(answering(null)), null)
})

t.test('the credential asked about is the one that answers', async (t) => {
  const asked: string[] = []
  const server = createServer({
    keyTypes: ['rsa', 'ed25519'],
    configuration: { ocspResponse: ({ signer }) => { asked.push(signer.keyType); return response } }
  })
  await staple(server, { statusRequest: true, signatureSchemes: [0x0807] })
  await staple(server, { statusRequest: true, signatureSchemes: [0x0804] })
  t.same(asked, ['ed25519', 'rsa'])
})

t.test('of a chain the leaf has it, and no other certificate', async (t) => {
  const credential = serverCredential(createServer().configuration.crypto, 'P-256')
  const chain = [...credential.chain, authority().certificate]
  // The client refuses extensions of any certificate but the first.
  const server = createServer({ context: { credentials: [{ ...credential, chain }] }, configuration: { ocspResponse: () => response } })
  t.equal(await staple(server), String(response))
})

t.test('not in a resumption, which has no certificate', async (t) => {
  let asked = 0
  const server = answering(() => { asked++; return response })
  const first = server.pair({ statusRequest: true }).handshake()
  t.equal(asked, 1)
  const again = server.pair(resuming(first.client, { statusRequest: true })).handshake()
  t.equal(again.connection.info?.resumed, true)
  t.equal(asked, 1)
})

t.test('with a HelloRetryRequest it is asked for once', async (t) => {
  let asked = 0
  const server = answering(() => { asked++; return response })
  t.equal(await staple(server, { statusRequest: true, shareGroups: [] }), String(response))
  t.equal(asked, 1)
})

t.test('while it is awaited nothing is written, and a failure is internal_error', async (t) => {
  for (const ocspResponse of [async () => { throw new Error('the responder is down') }, () => { throw new Error('here too') }]) {
    const joint = answering(ocspResponse).pair({ statusRequest: true })
    joint.deliver(joint.client.clientHello())
    await joint.settle()
    t.equal(alertOf(joint), alerts.internal_error)
    t.equal(joint.client.messages.length, 0)
  }
})

t.test('the longest that fits, and one that does not', async (t) => {
  const longest = 2 ** 16 - 1 - 8
  const sent = async (length: number): Promise<JointPair> => await answering(() => new Uint8Array(length).fill(1)).pair({ statusRequest: true }).handshakeAsync()
  const joint = await sent(longest)
  t.equal(joint.client.facts.ocspResponse?.length, longest)
  for (const length of [longest + 1, longest + 8, 70000]) t.equal(alertOf(await sent(length)), alerts.internal_error)
})

t.test('status_request: well formed, or of another kind', async (t) => {
  const server = answering(() => response)
  const body = (...bytes: Array<Uint8Array | readonly number[]>): number | null =>
    answerTo(server, { statusRequest: true, editExtensions: (extensions) => replaceExtension(extensions, extensionType.statusRequest, concat(...bytes)) })
  t.equal(body([1], vector(2, vector(2, [1, 2, 3])), vector(2, [4])), null, 'responders and extensions are not read')
  for (const bytes of [[], [1], [1, 0], [1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 0, 9, 0, 0], [1, 0, 0, 0, 1]]) t.equal(body(bytes), alerts.decode_error, bytes.join())
  const other = server.pair({ statusRequest: true, editExtensions: (extensions) => replaceExtension(extensions, extensionType.statusRequest, concat([2, 9, 9])) })
  other.handshake()
  t.equal(other.connection.connected, true)
  t.equal(other.client.facts.ocspResponse, null, 'another CertificateStatusType asks for something else')
})
