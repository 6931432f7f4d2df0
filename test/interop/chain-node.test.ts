/**
 * node:tls as a second oracle: a handshake with every chain of the corpus that a TLS client can present, and
 * `authorizationError` must be ours. Node's own words depend on the OpenSSL it was built with, so this is run with the
 * one whose rules are ours.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { maxIntermediates } from '../../lib/credentials/chain/limits.ts'
import { createClientVerifier } from '../../lib/credentials/chain/verifier.ts'
import { cases } from '../helpers/chain-corpus.ts'
import type { ChainCase } from '../helpers/chain-corpus.ts'
import { toPem } from '../helpers/der.ts'
import { createAuthority } from '../helpers/pki.ts'

const skip = /^3\.0\./.test(process.versions.openssl) ? false : 'not run, this Node has another OpenSSL than 3.0'

t.test('node:tls reports the same authorizationError', { skip }, async (t) => {
  const authority = createAuthority({ name: 'Server Root' })
  const server = authority.issueServer()
  for (const chainCase of cases.filter(isPresentable)) {
    const { name, chain, anchors, crls } = chainCase
    const { authorized, authorizationError } = createClientVerifier({ trustAnchors: anchors, crls, now: Date.now }).verify(chain)
    const theirs = await handshake(chainCase, server, authority.pem)
    const inTheirWords = authorizationError === null || words.has(authorizationError) ? authorizationError : 'UNSPECIFIED'
    t.strictSame(theirs, { authorized, authorizationError: inTheirWords }, name)
  }
})

/** With a key that signs in TLS 1.3, and none of the cases in which we do not mean to be like node:tls. */
function isPresentable ({ key, anchors, stricter, otherProblems, expected }: ChainCase): boolean {
  if (stricter !== undefined || otherProblems !== undefined) return false
  // node:tls allows 100 intermediates.
  if (anchors.length > maxIntermediates + 1) return false
  if (expected === 'EE_KEY_TOO_SMALL' || expected === 'EC_KEY_EXPLICIT_PARAMS') return false
  const { namedCurve } = key.asymmetricKeyDetails ?? {}
  return namedCurve === undefined || ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve)
}

async function handshake ({ chain, key, anchors, crls }: ChainCase, { keyPem, pem }: { keyPem: string, pem: string }, serverRoot: string): Promise<object> {
  const server = createServer({
    key: keyPem,
    cert: pem,
    ca: anchors.map((der) => toPem('CERTIFICATE', der)),
    crl: crls.map((der) => toPem('X509 CRL', der)),
    requestCert: true,
    rejectUnauthorized: false
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    servername: 'localhost',
    ca: serverRoot,
    // What is weak is to be judged by the server.
    ciphers: 'DEFAULT@SECLEVEL=0',
    key: key.export({ format: 'pem', type: 'pkcs8' }),
    cert: chain.map((der) => toPem('CERTIFICATE', der)).join('')
  })
  const [socket] = await once(server, 'secureConnection') as [TLSSocket]
  const { authorized, authorizationError = null } = socket
  client.destroy()
  socket.destroy()
  server.close()
  await once(server, 'close')
  return { authorized, authorizationError }
}

/** Node names these; all others are UNSPECIFIED to it. */
const words = new Set([
  'CERT_CHAIN_TOO_LONG', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_REJECTED', 'CERT_REVOKED', 'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED', 'CRL_HAS_EXPIRED', 'CRL_NOT_YET_VALID', 'CRL_SIGNATURE_FAILURE', 'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERROR_IN_CERT_NOT_AFTER_FIELD', 'ERROR_IN_CERT_NOT_BEFORE_FIELD', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'UNABLE_TO_GET_CRL', 'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
])
