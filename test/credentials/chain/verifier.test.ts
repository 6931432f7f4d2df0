import { X509Certificate, createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { maxCertificates } from '../../../lib/credentials/chain/limits.ts'
import { createClientVerifier } from '../../../lib/credentials/chain/verifier.ts'
import { AlertDescription } from '../../../lib/core/constants.ts'
import { bitString, integer, octetString, oid, sequence } from '../../helpers/der.ts'
import { createAuthority, extension } from '../../helpers/pki.ts'
import type { Credential, Crl } from '../../helpers/pki.ts'

const root = createAuthority({ name: 'Root' })
const intermediate = root.issueAuthority({ name: 'Intermediate' })
const client = intermediate.issueClient()
const chain = [client.certificate, intermediate.certificate]
const time = Date.parse('2030-01-01T00:00:00Z')

function verifierOf (anchors: readonly Credential[], crls: readonly Crl[] = [], now = () => time) {
  return createClientVerifier({ trustAnchors: anchors.map(({ certificate }) => certificate), crls: crls.map(({ der }) => der), now })
}

t.test('an authorized chain gives the public key of its leaf', async (t) => {
  const { authorized, authorizationError, publicKey } = verifierOf([root]).verify(chain)
  t.equal(authorized, true)
  t.equal(authorizationError, null)
  t.ok(createPublicKey({ key: Buffer.from(publicKey!), format: 'der', type: 'spki' }).equals(client.publicKey))
})

t.test('a refusal names the alert that OpenSSL sends', async (t) => {
  const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }
  const alertOf = (leaf: Credential, crls: Crl[] = []): number => verifierOf([root], crls).verify([leaf.certificate]).alert
  t.equal(alertOf(root.issueClient(past)), AlertDescription.certificate_expired)
  t.equal(alertOf(createAuthority({ name: 'Stranger' }).issueClient()), AlertDescription.unknown_ca)
  t.equal(alertOf(root.issueServer()), AlertDescription.unsupported_certificate)
  t.equal(alertOf(root.issueClient({ signWith: client.privateKey })), AlertDescription.decrypt_error)
  t.equal(alertOf(root.issueClient({ digest: 'sha1' })), AlertDescription.bad_certificate)
  const revoked = root.issueClient()
  t.equal(alertOf(revoked, [root.issueCrl({ revoked: [revoked] })]), AlertDescription.certificate_revoked)
})

t.test('what is no certificate is refused with bad_certificate', async (t) => {
  const verifier = verifierOf([root])
  const refusal = { authorized: false, authorizationError: 'UNSPECIFIED', alert: AlertDescription.bad_certificate, publicKey: null }
  for (const [name, broken] of Object.entries({
    nothing: new Uint8Array(0),
    garbage: Buffer.from('garbage'),
    'a PEM certificate': Buffer.from(client.pem),
    'a certificate with something behind it': Buffer.concat([client.certificate, Buffer.from([0])]),
    'a certificate cut short': client.certificate.subarray(0, -1)
  })) {
    t.strictSame(verifier.verify([broken]), refusal, name)
    t.strictSame(verifier.verify([client.certificate, broken]), refusal, name + ', as the second certificate')
  }
  t.strictSame(verifier.verify([]), refusal, 'no certificate at all')
})

t.test('a public key that nobody knows is refused, and not given', async (t) => {
  const spki = sequence(sequence(oid('1.3.6.1.4.1.55555.4')), bitString(Buffer.from([1, 2, 3])))
  const { certificate } = root.issueClient({ spki })
  const { authorized, authorizationError, publicKey } = verifierOf([root]).verify([certificate])
  t.strictSame({ authorized, authorizationError, publicKey }, { authorized: false, authorizationError: 'UNSPECIFIED', publicKey: null })
})

t.test('more certificates than the limit are refused before they are read', async (t) => {
  const verifier = verifierOf([root])
  const filled = (length: number): Uint8Array[] => [...chain, ...new Array<Uint8Array>(length - chain.length).fill(root.certificate)]
  t.equal(verifier.verify(filled(maxCertificates)).authorized, true)
  t.equal(verifier.verify(filled(maxCertificates + 1)).authorizationError, 'CERT_CHAIN_TOO_LONG')
})

t.test('a chain of more values than the limit is refused', async (t) => {
  const names = (count: number) => ({ subjectAltName: new Array<string>(count).fill('DNS:a') })
  const verify = ({ certificate }: Credential, ...rest: Uint8Array[]) => verifierOf([root]).verify([certificate, ...rest]).authorizationError
  t.equal(verify(root.issueClient(names(3000))), null)
  t.equal(verify(root.issueClient(names(5000))), 'UNSPECIFIED')
  t.equal(verify(root.issueClient(names(3000)), root.certificate), 'UNSPECIFIED', 'it is shared by all certificates')
})

t.test('a verdict is kept until the next date that it depends on', async (t) => {
  let now = Date.parse('2030-01-01T00:00:00Z')
  const short = intermediate.issueClient({ notBefore: new Date('2029-01-01'), notAfter: new Date('2031-01-01') })
  const crls = [root.issueCrl(), intermediate.issueCrl({ nextUpdate: new Date('2030-06-01') })]
  const verifier = verifierOf([root], crls, () => now)
  const verify = () => verifier.verify([short.certificate, intermediate.certificate])
  const verdict = verify()
  t.equal(verdict.authorized, true)
  now = Date.parse('2030-06-01') - 1
  t.equal(verify(), verdict, 'the very same verdict')
  now = Date.parse('2030-06-01')
  t.equal(verify().authorizationError, 'CRL_HAS_EXPIRED')
  now = Date.parse('2031-01-01')
  t.equal(verify().authorizationError, 'CERT_HAS_EXPIRED')
  now = Date.parse('2029-01-01') - 1
  t.equal(verify().authorizationError, 'CERT_NOT_YET_VALID')
})

t.test('a verdict of one chain is not that of another', async (t) => {
  const verifier = verifierOf([root])
  t.equal(verifier.verify(chain).authorized, true)
  t.equal(verifier.verify([client.certificate]).authorized, false)
  t.equal(verifier.verify([intermediate.certificate, client.certificate]).authorized, false)
  t.equal(verifier.verify([Buffer.concat(chain)]).authorized, false)
})

t.test('a trust anchor or a CRL that cannot be read is told when it is configured', async (t) => {
  const make = (trustAnchors: Uint8Array[], crls: Uint8Array[]) => () => createClientVerifier({ trustAnchors, crls, now: () => time })
  t.throws(make([root.certificate, Buffer.from('garbage')], []), { message: 'certificate 1 of the trust anchors cannot be read' })
  t.throws(make([root.certificate], [Buffer.from('garbage')]), { message: /^CRL 0 cannot be read: / })
  const delta = root.issueCrl({ number: 2, extensions: [extension('2.5.29.27', true, integer(1))] })
  t.throws(make([root.certificate], [delta.der]), { message: /delta CRLs are not supported/ })
  const strange = root.issueCrl({ extensions: [extension('2.5.29.28', true, octetString(Buffer.alloc(1)))] })
  t.throws(make([root.certificate], [strange.der]), { message: /^CRL 0 cannot be read: / })
})

t.test('a long CRL is read', async (t) => {
  const serials = Array.from({ length: 5000 }, (_, index) => ({ serial: Buffer.from([1, index >> 8, index & 0xff]) }))
  const revoked = root.issueClient({ serial: serials.at(-1)!.serial })
  const verifier = verifierOf([root], [root.issueCrl({ revoked: serials })])
  t.equal(verifier.verify([revoked.certificate]).authorizationError, 'CERT_REVOKED')
  t.equal(verifier.verify([root.issueClient().certificate]).authorized, true)
})

t.test('no mutation of a chain throws or is authorized, unless it leaves the certificates as they are', async (t) => {
  const verifier = verifierOf([root], [root.issueCrl(), intermediate.issueCrl()])
  const property = fc.property(fc.nat(chain.length - 1), fc.nat(), fc.nat(7), fc.boolean(), (which, position, bit, cut) => {
    const mutated = chain.map((der) => Buffer.from(der))
    const der = mutated[which]!
    if (cut) mutated[which] = der.subarray(0, position % der.length)
    else der[position % der.length]! ^= 1 << bit
    const { authorized } = verifier.verify(mutated)
    return !authorized || isSameCertificate(mutated[which]!, chain[which]!)
  })
  fc.assert(property, { numRuns: 1000 })
  t.pass('1000 mutations')
})

/** The signature is the one part that is not signed: a bit of it that is unused may be changed. */
function isSameCertificate (mutated: Uint8Array, original: Uint8Array): boolean {
  const { publicKey, serialNumber, subject } = new X509Certificate(mutated)
  const one = new X509Certificate(original)
  return publicKey.equals(one.publicKey) && serialNumber === one.serialNumber && subject === one.subject
}
