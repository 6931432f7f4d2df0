/** An OCSP response (RFC 6960 §4.2.1) that says of a certificate that it is good, signed by its issuer. */
import { createHash } from 'node:crypto'
import { bitString, explicit, implicit, integer, nullValue, octetString, oid, sequence, tlv } from '../helpers/der.ts'
import { signatureAlgorithm } from '../helpers/pki.ts'
import type { Authority, Credential } from '../helpers/pki.ts'

/** Good for a day. */
export function ocspResponse (certificate: Credential, issuer: Authority): Uint8Array {
  const signature = signatureAlgorithm(issuer.privateKey, 'sha256')
  const now = Date.now()
  const good = implicit(0, new Uint8Array(0))
  const single = sequence(certificateId(certificate, issuer), good, generalizedTime(now), explicit(0, generalizedTime(now + day)))
  const responder = explicit(1, issuer.subject)
  const data = sequence(responder, generalizedTime(now), sequence(single))
  const basic = sequence(data, signature.der, bitString(signature.sign(data)))
  const successful = tlv(0x0a, Uint8Array.of(0))
  return sequence(successful, explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))))
}

/** SHA-1, as RFC 5019 §2.1.1 wants it. */
function certificateId ({ serial }: Credential, issuer: Authority): Uint8Array {
  const sha1 = sequence(oid('1.3.14.3.2.26'), nullValue)
  const publicKey = issuer.publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Uint8Array.of(4), Buffer.from(publicKey.x!, 'base64url'), Buffer.from(publicKey.y!, 'base64url')])
  return sequence(sha1, octetString(hash(issuer.subject)), octetString(hash(point)), integer(serial))
}

function hash (data: Uint8Array): Uint8Array {
  return createHash('sha1').update(data).digest()
}

function generalizedTime (time: number): Uint8Array {
  return tlv(0x18, Buffer.from(new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '')))
}

const day = 86_400_000
