/** Certificate compression (RFC 8879), ours and the client's. */
import t from 'tap'
import { certificateCompressions } from '../../lib/credentials/compression.ts'
import { certificateMessage, compress, compressedCertificate, compressions, concat, extensionType, message, Reader, replaceExtension, toHex } from '../helpers/client/index.ts'
import type { AnswerOptions, ClientOptions } from '../helpers/client/index.ts'
import { authority, clientCredential, createServer, serverCredential } from '../helpers/server.ts'
import type { JointPair, ServerOptions, TestServer } from '../helpers/server.ts'
import type { CertificateCompression } from '../../types/compression.ts'
import type { Credential } from '../../types/credentials.ts'
import { alertOf, alerts, answerTo, ask } from './support.ts'

const available = certificateCompressions()
const names = Object.fromEntries(available.map(({ algorithm, name }) => [algorithm, name]))
const algorithms = Object.values(compressions).filter((algorithm) => algorithm in names)
const { zlib, brotli } = compressions

/** A chain that compresses well: two certificates of one authority. */
function chained (): Credential {
  const credential = serverCredential(createServer().configuration.crypto, 'rsa')
  return { ...credential, chain: [...credential.chain, authority().certificate] }
}

function serving (options: ServerOptions = {}, certificateCompression: readonly CertificateCompression[] = available): TestServer {
  return createServer({ ...options, context: { credentials: [chained()], ...options.context }, configuration: { certificateCompression, ...options.configuration } })
}

const chosen = async (server: TestServer, client: ClientOptions): Promise<number | null> => (await server.pair(client).handshakeAsync()).client.facts.compression

// Ours

for (const algorithm of algorithms) {
  t.test(`our certificate by ${names[algorithm]}: the same one, in fewer bytes`, async (t) => {
    const server = serving()
    const joint = await server.pair({ compressionAlgorithms: [algorithm] }).handshakeAsync()
    t.equal(joint.connection.connected, true)
    t.equal(joint.client.facts.compression, algorithm)
    t.same(joint.client.facts.chain.map(toHex), server.context.credentials[0]!.chain.map(toHex))
    const plain = await server.pair().handshakeAsync()
    const length = ({ client }: JointPair, type: number): number => client.messages.find((item) => item.type === type)!.bytes.length
    t.ok(length(joint, 25) < length(plain, 11))
  })
}

t.test('our order, of what the client has', async (t) => {
  const [first, second] = available
  t.equal(await chosen(serving(), { compressionAlgorithms: available.map(({ algorithm }) => algorithm).reverse() }), first!.algorithm)
  t.equal(await chosen(serving({}, [second!, first!]), { compressionAlgorithms: [first!.algorithm, second!.algorithm] }), second!.algorithm)
  t.equal(await chosen(serving(), { compressionAlgorithms: [9, zlib, 0xfefe] }), zlib)
})

t.test('not where the client did not ask, has none of ours, or we have none', async (t) => {
  t.equal(await chosen(serving(), {}), null)
  t.equal(await chosen(serving(), { compressionAlgorithms: [9, 0x4000] }), null)
  t.equal(await chosen(serving({}, []), { compressionAlgorithms: algorithms }), null)
})

t.test('not where it would be longer', async (t) => {
  let asked = 0
  const padding: CertificateCompression = { algorithm: zlib, name: 'padding', compress: (data) => { asked++; return concat(data, [0]) }, decompress: () => null }
  const server = serving({}, [padding])
  t.equal(await chosen(server, { compressionAlgorithms: [zlib] }), null)
  t.equal(await chosen(server, { compressionAlgorithms: [zlib] }), null)
  t.equal(asked, 1, 'and that is remembered too')
})

t.test('once for each certificate, algorithm and staple', async (t) => {
  const done: string[] = []
  const counting = [zlib, brotli].map((algorithm): CertificateCompression => ({
    algorithm,
    name: names[algorithm]!,
    compress: (data) => { done.push(names[algorithm]!); return compress(algorithm, data) },
    decompress: () => null
  }))
  let response: Uint8Array | null = null
  const server = serving({ configuration: { ocspResponse: () => response } }, counting)
  const handshake = async (compressionAlgorithms: readonly number[], statusRequest = false): Promise<string | null> => {
    const joint = await server.pair({ compressionAlgorithms, statusRequest }).handshakeAsync()
    t.equal(joint.connection.connected, true)
    const { ocspResponse } = joint.client.facts
    return ocspResponse === null ? null : Buffer.from(ocspResponse).toString()
  }
  const count = (): number => done.splice(0).length
  await handshake([zlib])
  t.equal(count(), 1)
  await handshake([zlib])
  t.equal(count(), 0)
  await handshake([brotli])
  await handshake([zlib])
  t.equal(count(), 1, 'another algorithm')
  response = Buffer.from('response one')
  t.equal(await handshake([zlib], true), 'response one')
  t.equal(count(), 1, 'another staple')
  for (let round = 0; round < 3; round++) {
    t.equal(await handshake([zlib]), null)
    response = Buffer.from('response one')
    t.equal(await handshake([zlib], true), 'response one')
  }
  t.equal(count(), 0, 'clients that want one beside clients that do not, and the same response as another object')
  response.set(Buffer.from('response two'))
  t.equal(await handshake([zlib], true), 'response two', 'the same object with other content')
  t.equal(count(), 1)
})

t.test('with a HelloRetryRequest, and with CertificateRequest before it', async (t) => {
  const server = serving({ configuration: { requestCert: true } })
  const joint = await server.pair({ compressionAlgorithms: [zlib], shareGroups: [] }).handshakeAsync({ credential: clientCredential() })
  t.equal(joint.connection.connected, true)
  t.same(joint.client.messages.slice(0, 6).map(({ type }) => type), [2, 2, 8, 13, 25, 15])
})

t.test('compress_certificate: malformed lists', async (t) => {
  const body = (bytes: readonly number[]): number | null =>
    answerTo(serving({}, []), { signatureSchemes: [0x0804], compressionAlgorithms: [1], editExtensions: (extensions) => replaceExtension(extensions, extensionType.compressCertificate, concat(bytes)) })
  for (const bytes of [[], [0], [1, 0], [3, 0, 1, 0], [4, 0, 1], [2, 0, 1, 0]]) t.equal(body(bytes), alerts.decode_error, bytes.join())
  t.equal(body([255, ...new Array<number>(255).fill(1)]), alerts.decode_error)
  t.equal(body([2, 0, 9]), null)
})

// The client's

const credential = clientCredential('P-256')
const plainCertificate = certificateMessage({ context: new Uint8Array(0) }, { credential })
const asking = { configuration: { requestCert: true, certificateCompression: available } }

function attempt (answer: AnswerOptions, options: ServerOptions = asking): JointPair {
  return createServer(options).pair().handshake({ credential, ...answer })
}

const alertTo = (certificate: Uint8Array, options: ServerOptions = asking): number | null => alertOf(attempt({ certificate }, options))

t.test('the request names what we can read, in our order; nothing where we read nothing', async (t) => {
  const { client } = attempt({})
  const list = new Reader(new Reader(client.incoming.handshakeRequest!.extensions.get(extensionType.compressCertificate)!).vector(1)).list((reader) => reader.uint(2))
  t.same(list, available.map(({ algorithm }) => algorithm))
  const none = attempt({}, { configuration: { requestCert: true, certificateCompression: [] } })
  t.equal(none.client.incoming.handshakeRequest!.extensions.has(extensionType.compressCertificate), false)
  t.equal(none.connection.connected, true)
})

for (const algorithm of algorithms) {
  t.test(`a client's certificate by ${names[algorithm]}, in the handshake and after it`, async (t) => {
    const joint = attempt({ certificate: compressedCertificate(algorithm, plainCertificate) })
    t.equal(joint.connection.identity?.authorized, true)
    t.same(joint.connection.identity?.chain.map(toHex), credential.chain.map(toHex))
    joint.deliver(joint.client.data('after'))
    t.equal(joint.accepted.plaintext, 'after')

    const later = createServer({ configuration: { certificateCompression: available } }).pair({ postHandshakeAuth: true }).handshake()
    ask(later)
    const request = later.client.requests[0]!
    const certificate = compressedCertificate(algorithm, certificateMessage(request, { credential }))
    later.deliver(later.client.handshake(later.client.answer(request, { credential, certificate })))
    t.equal(later.connection.identity?.authorized, true)
  })

  t.test(`${names[algorithm]}: wrong lengths, bombs, damage`, async (t) => {
    const body = plainCertificate.slice(4)
    const damaged = (fields: Parameters<typeof compressedCertificate>[2]): number | null => alertTo(compressedCertificate(algorithm, plainCertificate, fields))
    const data = compress(algorithm, body)
    const bomb = compress(algorithm, new Uint8Array(2 ** 24 - 1))
    for (const length of [0, 1, body.length - 1, body.length + 1, 100 * 1024]) t.equal(damaged({ length }), alerts.bad_certificate, `announced as ${length} bytes`)
    t.equal(damaged({ length: body.length, data: bomb }), alerts.bad_certificate, 'more comes out than was announced')
    t.equal(damaged({ length: 2 ** 24 - 1, data: bomb }), alerts.bad_certificate, 'more is announced than a certificate may have')
    t.equal(damaged({ length: 100 * 1024 + 1, data: compress(algorithm, new Uint8Array(100 * 1024 + 1)) }), alerts.bad_certificate, 'a byte over the limit')
    t.equal(damaged({ data: data.slice(0, -1) }), alerts.bad_certificate, 'cut short')
    t.equal(damaged({ data: new Uint8Array(40).fill(0x55) }), alerts.bad_certificate, 'noise')
    t.equal(damaged({ data: new Uint8Array(0) }), alerts.decode_error, 'nothing')
    t.equal(damaged({ trailing: Uint8Array.of(0) }), alerts.decode_error, 'trailing')
    t.equal(damaged({ algorithm: 9 }), alerts.illegal_parameter, 'an algorithm that nobody knows')
  })
}

t.test('an algorithm that was not offered is refused, whatever is in it', async (t) => {
  const only = (...certificateCompression: CertificateCompression[]): ServerOptions => ({ configuration: { requestCert: true, certificateCompression } })
  const byZlib = compressedCertificate(zlib, plainCertificate)
  t.equal(alertTo(byZlib, only(available.find(({ algorithm }) => algorithm === brotli)!)), alerts.illegal_parameter)
  t.equal(alertTo(byZlib, only()), alerts.illegal_parameter, 'none was')
  t.equal(alertTo(byZlib, only(available.find(({ algorithm }) => algorithm === zlib)!)), null)
})

t.test('nothing is decompressed that is not asked for or too long', async (t) => {
  const lengths: number[] = []
  const watched: CertificateCompression = { ...available.find(({ algorithm }) => algorithm === zlib)!, decompress: (_data, length) => { lengths.push(length); return null } }
  const options = { configuration: { requestCert: true, certificateCompression: [watched] } }
  alertTo(compressedCertificate(zlib, plainCertificate, { length: 100 * 1024 + 1 }), options)
  alertTo(compressedCertificate(brotli, plainCertificate), options)
  t.same(lengths, [])
  alertTo(compressedCertificate(zlib, plainCertificate), options)
  t.same(lengths, [plainCertificate.length - 4])
})

t.test('what comes out is a Certificate like any other', async (t) => {
  const wrapped = (certificate: Uint8Array): number | null => alertTo(compressedCertificate(zlib, certificate))
  t.equal(wrapped(certificateMessage({ context: Uint8Array.of(1) }, { credential })), alerts.illegal_parameter, 'a context that is not the request\'s')
  t.equal(wrapped(concat(plainCertificate, [0])), alerts.decode_error, 'trailing')
  t.equal(wrapped(message(11, [0])), alerts.decode_error, 'cut short')
  t.equal(wrapped(message(11)), alerts.decode_error, 'nothing at all')
  const chain = Array.from({ length: 11 }, () => credential.chain[0]!)
  t.equal(wrapped(certificateMessage({ context: new Uint8Array(0) }, { chain })), alerts.bad_certificate, 'too many')
})

t.test('an empty Certificate may be compressed too', async (t) => {
  const certificate = compressedCertificate(zlib, certificateMessage({ context: new Uint8Array(0) }, {}))
  const refused = createServer(asking).pair().handshake({ certificate })
  t.equal(alertOf(refused), alerts.certificate_required)
  const accepted = createServer({ configuration: { ...asking.configuration, rejectUnauthorized: false } }).pair().handshake({ certificate })
  t.equal(accepted.connection.connected, true)
  t.equal(accepted.connection.identity, null)
})

t.test('CertificateVerify and Finished cover what was sent, not what it stands for', async (t) => {
  const certificate = compressedCertificate(zlib, plainCertificate)
  const edit = ([, ...others]: Uint8Array[]): Uint8Array[] => [plainCertificate, ...others]
  t.equal(alertOf(attempt({ certificate, edit })), alerts.decrypt_error)
})

t.test('a CompressedCertificate that nobody asked for', async (t) => {
  const unasked = createServer({ configuration: { certificateCompression: available } }).pair()
  unasked.deliver(unasked.client.clientHello())
  unasked.deliver(unasked.client.handshake(compressedCertificate(zlib, plainCertificate)))
  t.equal(alertOf(unasked), alerts.unexpected_message, 'in the handshake')
  const later = createServer({ configuration: { certificateCompression: available } }).pair({ postHandshakeAuth: true }).handshake()
  later.deliver(later.client.handshake(compressedCertificate(zlib, plainCertificate)))
  t.equal(alertOf(later), alerts.unexpected_message, 'after it')
})

t.test('the message has the bound of a Certificate', async (t) => {
  t.equal(alertTo(message(25, new Uint8Array(100 * 1024 + 1))), alerts.decode_error)
})
