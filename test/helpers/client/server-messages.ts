/** What each message of the server does, checked as a client must (RFC 8446 §4). */
import { X509Certificate } from 'node:crypto'
import { concat, equal, readExtensions, Reader, toHex } from './bytes.ts'
import { decompress } from './compression.ts'
import { extensionType, isHelloRetryRequest, messageHash, offered } from './hello.ts'
import type { Incoming } from './incoming.ts'
import { digest, KeySchedule, suiteOf, verifyData } from './key-schedule.ts'
import type { Suite } from './key-schedule.ts'
import { signedContent, verifyWith } from './signatures.ts'

export class ServerMessages {
  readonly #incoming: Incoming

  constructor (incoming: Incoming) {
    this.#incoming = incoming
  }

  receive (type: number, bytes: Uint8Array): void {
    const body = bytes.slice(4)
    switch (type) {
      case 2: return this.#serverHello(body, bytes)
      case 4: return this.#newSessionTicket(body)
      case 8: return this.#encryptedExtensions(body, bytes)
      case 11: return this.#certificate(body, bytes)
      case 25: return this.#compressedCertificate(body, bytes)
      case 13: return this.#certificateRequest(body, bytes)
      case 15: return this.#certificateVerify(body, bytes)
      case 20: return this.#finished(body, bytes)
      case 24: return this.#keyUpdate(body)
    }
  }

  #addToTranscript (bytes: Uint8Array): void {
    this.#incoming.client.transcript = concat(this.#incoming.client.transcript, bytes)
  }

  #serverHello (body: Uint8Array, bytes: Uint8Array): void {
    const { hello } = this.#incoming.client
    const reader = new Reader(body)
    if (reader.uint(2) !== 0x0303) throw new Error("server's legacy_version is not 1.2")
    const random = reader.take(32)
    if (!equal(hello.sessionId, reader.vector(1))) throw new Error('server did not echo the session id')
    const suite = suiteOf(reader.uint(2))
    if (!hello.cipherSuites.includes(suite.id)) throw new Error('server chose a suite that was not offered')
    if (reader.uint(1) !== 0) throw new Error('server chose a compression method')
    const extensions = readExtensions(reader.vector(2))
    reader.end()
    if (toHex(extensions.get(extensionType.supportedVersions) ?? new Uint8Array(0)) !== '0304') throw new Error('server did not choose TLS 1.3')
    if (isHelloRetryRequest(random)) return this.#retry(suite, extensions, bytes)
    this.#onlyExtensions(extensions, [extensionType.supportedVersions, extensionType.keyShare, extensionType.preSharedKey], 'ServerHello')
    if (this.#incoming.helloRetryRequest !== null && this.#incoming.helloRetryRequest.suite !== suite) throw new Error('server changed the suite after its HelloRetryRequest')
    this.#addToTranscript(bytes)
    this.#incoming.facts.cipherSuite = suite.id
    this.#incoming.schedule = new KeySchedule(suite, this.#selectedPsk(extensions, suite))
    this.#incoming.schedule.handshake(this.#sharedSecret(extensions), this.#incoming.client.transcript)
    this.#incoming.changeKeys(this.#incoming.schedule.serverHandshake)
    this.#incoming.client.startHandshakeKeys(this.#incoming.schedule)
    this.#incoming.expected = [8]
  }

  #retry (suite: Suite, extensions: ReadonlyMap<number, Uint8Array>, bytes: Uint8Array): void {
    if (this.#incoming.helloRetryRequest !== null) throw new Error('server sent a second HelloRetryRequest')
    this.#onlyExtensions(extensions, [extensionType.supportedVersions, extensionType.keyShare, extensionType.cookie], 'HelloRetryRequest')
    const share = extensions.get(extensionType.keyShare)
    const cookie = extensions.get(extensionType.cookie)
    const group = share === undefined ? null : new Reader(share).uint(2)
    if (share !== undefined && share.length !== 2) throw new Error("server's HelloRetryRequest has a key_share that is not one group")
    if (group !== null && !(this.#incoming.client.hello.groups ?? []).includes(group)) throw new Error('server asked for a group that was not offered')
    if (group !== null && this.#incoming.client.keyPairs.some((pair) => pair.group === group)) throw new Error('server asked for a share that it had')
    this.#incoming.client.transcript = concat(messageHash(suite, this.#incoming.client.transcript), bytes)
    this.#incoming.helloRetryRequest = { suite, group, cookie: cookie === undefined ? null : new Reader(cookie).vector(2) }
  }

  #selectedPsk (extensions: ReadonlyMap<number, Uint8Array>, suite: Suite): Uint8Array | null {
    const body = extensions.get(extensionType.preSharedKey)
    if (body === undefined) return null
    const index = new Reader(body).uint(2)
    const chosen = this.#incoming.client.hello.psks[index]
    if (chosen === undefined) throw new Error(`server chose PSK ${index}, which was not offered`)
    if (chosen.session.suite.hash !== suite.hash) throw new Error('server chose a suite with another hash than the PSK has')
    this.#incoming.facts.selectedIdentity = index
    return chosen.session.psk
  }

  #sharedSecret (extensions: ReadonlyMap<number, Uint8Array>): Uint8Array | null {
    const body = extensions.get(extensionType.keyShare)
    if (body === undefined) {
      if (this.#incoming.facts.selectedIdentity === null || !(this.#incoming.client.hello.pskModes ?? []).includes(0)) throw new Error('server sent no key_share')
      return null
    }
    if (this.#incoming.facts.selectedIdentity !== null && !(this.#incoming.client.hello.pskModes ?? []).includes(1)) throw new Error('server sent a key_share beside a PSK that was offered alone')
    const reader = new Reader(body)
    const group = reader.uint(2)
    const share = reader.vector(2)
    reader.end()
    const pair = this.#incoming.client.hello.shares?.find((candidate) => candidate.group === group)
    if (pair === undefined) throw new Error(`server answered with group ${group}, for which it had no share`)
    this.#incoming.facts.group = group
    return pair.secret(share)
  }

  #encryptedExtensions (body: Uint8Array, bytes: Uint8Array): void {
    const reader = new Reader(body)
    const extensions = readExtensions(reader.vector(2))
    reader.end()
    this.#onlyExtensions(extensions, offered(this.#incoming.client.hello), 'EncryptedExtensions')
    this.#incoming.facts.encryptedExtensions = extensions
    const alpn = extensions.get(extensionType.alpn)
    if (alpn !== undefined) this.#incoming.facts.alpnProtocol = this.#alpn(alpn)
    this.#recordSizeLimit(extensions.get(extensionType.recordSizeLimit))
    this.#earlyData(extensions.get(extensionType.earlyData))
    this.#addToTranscript(bytes)
    this.#incoming.expected = this.#incoming.facts.selectedIdentity === null ? [13, ...this.#certificateTypes] : [20]
  }

  /** RFC 8449 §4: said when the client said it, from 64 to 2^14 and the content type. */
  #recordSizeLimit (body: Uint8Array | undefined): void {
    if (body === undefined && this.#incoming.client.hello.recordSizeLimit === null) return
    if (body?.length !== 2) throw new Error('server did not answer record_size_limit with a number')
    const limit = new Reader(body).uint(2)
    if (limit < 64 || limit > 16385) throw new Error(`server's record_size_limit is ${limit}`)
  }

  /** RFC 8446 §4.2.10: with the first PSK, and not after a HelloRetryRequest. */
  #earlyData (body: Uint8Array | undefined): void {
    if (body === undefined) return
    const { facts, helloRetryRequest } = this.#incoming
    if (body.length > 0 || facts.selectedIdentity !== 0 || helloRetryRequest !== null) throw new Error('server accepted early data wrongly')
  }

  /** Certificate, and CompressedCertificate where it was asked for. */
  get #certificateTypes (): number[] {
    return this.#incoming.client.hello.compressionAlgorithms === null ? [11] : [11, 25]
  }

  #alpn (body: Uint8Array): string {
    const list = new Reader(new Reader(body).vector(2)).list((reader) => Buffer.from(reader.vector(1)).toString('latin1'))
    if (list.length !== 1 || !(this.#incoming.client.hello.alpnProtocols ?? []).includes(list[0]!)) throw new Error('server chose ALPN wrongly')
    return list[0]!
  }

  #certificateRequest (body: Uint8Array, bytes: Uint8Array): void {
    const reader = new Reader(body)
    const context = reader.vector(1)
    const extensions = readExtensions(reader.vector(2))
    reader.end()
    const schemes = extensions.get(extensionType.signatureAlgorithms)
    if (schemes === undefined) throw new Error("server's CertificateRequest lacks signature_algorithms")
    const signatureSchemes = new Reader(new Reader(schemes).vector(2)).list((item) => item.uint(2))
    const request = { context, extensions, signatureSchemes, bytes }
    if (this.#incoming.expected.includes(11)) {
      if (context.length !== 0) throw new Error('server sent a context in the handshake')
      this.#incoming.handshakeRequest = request
      this.#addToTranscript(bytes)
      this.#incoming.expected = this.#certificateTypes
      return
    }
    this.#incoming.needClientFinished('a CertificateRequest')
    if (!this.#incoming.client.hello.postHandshakeAuth) throw new Error('server asked for a certificate though post_handshake_auth was not offered')
    if (this.#incoming.requests.some((earlier) => equal(earlier.context, context))) throw new Error('server used a context twice')
    this.#incoming.requests.push(request)
  }

  #certificate (body: Uint8Array, bytes: Uint8Array): void {
    const reader = new Reader(body)
    if (reader.vector(1).length !== 0) throw new Error("server's Certificate has a context")
    const allowed = this.#incoming.client.hello.statusRequest ? [extensionType.statusRequest] : []
    this.#incoming.facts.chain = new Reader(reader.vector(3)).list((entry) => {
      const isLeaf = entry.offset === 0
      const certificate = entry.vector(3)
      const extensions = readExtensions(entry.vector(2))
      this.#onlyExtensions(extensions, isLeaf ? allowed : [], 'Certificate')
      for (const status of extensions.values()) this.#incoming.facts.ocspResponse = ocspResponse(status)
      return certificate
    })
    reader.end()
    if (this.#incoming.facts.chain.length === 0) throw new Error("server's chain is empty")
    this.#addToTranscript(bytes)
    this.#incoming.expected = [15]
  }

  /** RFC 8879 §4. */
  #compressedCertificate (body: Uint8Array, bytes: Uint8Array): void {
    const reader = new Reader(body)
    const algorithm = reader.uint(2)
    const length = reader.uint(3)
    const compressed = reader.vector(3)
    reader.end()
    if (!this.#incoming.client.hello.compressionAlgorithms?.includes(algorithm)) throw new Error(`server compressed by ${algorithm}, which was not offered`)
    const certificate = decompress(algorithm, compressed)
    if (certificate.length !== length) throw new Error(`server's certificate has ${certificate.length} bytes where it announced ${length}`)
    this.#incoming.facts.compression = algorithm
    this.#certificate(certificate, bytes)
  }

  #certificateVerify (body: Uint8Array, bytes: Uint8Array): void {
    const reader = new Reader(body)
    const scheme = reader.uint(2)
    const signature = reader.vector(2)
    reader.end()
    if (!(this.#incoming.client.hello.signatureSchemes ?? []).includes(scheme)) throw new Error('server signed with a scheme that was not offered')
    const content = signedContent('server', digest(this.#incoming.schedule!.suite, this.#incoming.client.transcript))
    if (this.#incoming.verifyServer && !verifyWith(scheme, new X509Certificate(this.#incoming.facts.chain[0]!).publicKey, content, signature)) {
      throw new Error("server's CertificateVerify is wrong")
    }
    this.#incoming.facts.signatureScheme = scheme
    this.#addToTranscript(bytes)
    this.#incoming.expected = [20]
  }

  #finished (body: Uint8Array, bytes: Uint8Array): void {
    const schedule = this.#incoming.schedule!
    if (!equal(body, verifyData(schedule.suite, schedule.serverHandshake, this.#incoming.client.transcript))) throw new Error("server's Finished is wrong")
    this.#addToTranscript(bytes)
    schedule.application(this.#incoming.client.transcript)
    this.#incoming.changeKeys(schedule.serverApplication)
    this.#incoming.expected = [4, 13, 24]
  }

  #newSessionTicket (body: Uint8Array): void {
    this.#incoming.needClientFinished('a ticket')
    const reader = new Reader(body)
    const lifetime = reader.uint(4)
    const ageAdd = reader.uint(4)
    const nonce = reader.vector(1)
    const ticket = reader.vector(2)
    const extensions = readExtensions(reader.vector(2))
    reader.end()
    if (lifetime > 604800 || ticket.length === 0) throw new Error("server's ticket has a wrong lifetime or is empty")
    this.#onlyExtensions(extensions, [extensionType.earlyData], 'NewSessionTicket')
    const maxEarlyData = extensions.get(extensionType.earlyData)
    if (maxEarlyData !== undefined && maxEarlyData.length !== 4) throw new Error("server's max_early_data_size is no number")
    if (this.#incoming.tickets.some((earlier) => equal(earlier.nonce, nonce))) throw new Error('server used a ticket nonce twice')
    this.#incoming.tickets.push({ ticket, psk: this.#incoming.schedule!.ticketPsk(nonce), suite: this.#incoming.schedule!.suite, lifetime, ageAdd, nonce, extensions })
  }

  #keyUpdate (body: Uint8Array): void {
    if (body.length !== 1 || body[0]! > 1) throw new Error("server's KeyUpdate is malformed")
    this.#incoming.assertAligned()
    this.#incoming.keyUpdates.push(body[0]!)
    this.#incoming.read!.update()
  }

  #onlyExtensions (extensions: ReadonlyMap<number, Uint8Array>, allowed: readonly number[], where: string): void {
    for (const type of extensions.keys()) {
      if (!allowed.includes(type)) throw new Error(`server put extension ${type} in ${where}`)
    }
  }
}

/** RFC 8446 §4.4.2.1, RFC 6066 §8: CertificateStatus of one OCSP response. */
function ocspResponse (body: Uint8Array): Uint8Array {
  const reader = new Reader(body)
  if (reader.uint(1) !== 1) throw new Error("server's status is no OCSP response")
  const response = reader.vector(3)
  reader.end()
  if (response.length === 0) throw new Error("server's OCSP response is empty")
  return response
}
