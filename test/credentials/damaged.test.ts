/** Whatever is done to the input, the answer is a coded error or a context: nothing else is thrown. */
import fc from 'fast-check'
import t from 'tap'
import { createSecureContext } from '../../lib/credentials/secure-context.ts'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { SecureContextOptions } from '../../types/options.ts'
import { createAuthority } from '../helpers/pki.ts'

const root = createAuthority({ name: 'Root' })
const server = root.issueServer()
const good = { key: server.key, cert: server.certificate, ca: root.certificate, crl: root.issueCrl().der }
const text = { key: server.keyPem, cert: server.pem, ca: root.pem, crl: root.issueCrl().pem }

const options = fc.constantFrom('key', 'cert', 'ca', 'crl')

/** Some bytes changed, or the end cut off. */
function damage (bytes: Uint8Array, changes: ReadonlyArray<[number, number]>, cut: number): Buffer {
  const copy = Buffer.from(bytes)
  for (const [position, value] of changes) copy[position % copy.length] = value
  return copy.subarray(0, copy.length - cut % copy.length)
}

const damages = fc.tuple(fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }), fc.oneof(fc.constant(0), fc.nat(2000)))

t.test('DER', (t) => {
  fc.assert(fc.property(options, damages, (option, [changes, cut]) =>
    isRefusedOrMade({ ...good, [option]: damage(good[option as keyof typeof good], changes, cut) })), { numRuns: 400 })
  t.end()
})

t.test('PEM', (t) => {
  fc.assert(fc.property(options, damages, fc.boolean(), (option, [changes, cut], asText) => {
    const damaged = damage(Buffer.from(text[option as keyof typeof text]), changes, cut)
    return isRefusedOrMade({ ...text, [option]: asText ? damaged.toString('latin1') : damaged })
  }), { numRuns: 400 })
  t.end()
})

t.test('any bytes', (t) => {
  fc.assert(fc.property(options, fc.uint8Array({ maxLength: 64 }), (option, bytes) =>
    isRefusedOrMade({ ...good, [option]: Uint8Array.of(0x30, bytes.length, ...bytes) })), { numRuns: 300 })
  t.end()
})

function isRefusedOrMade (options: SecureContextOptions): boolean {
  try {
    createSecureContext(options, { crypto: cryptoProvider('node'), now: Date.now, name: 'x' })
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'FST_TLS13_INVALID_OPTION') return true
    throw error
  }
}
