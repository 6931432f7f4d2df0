/** A site as people run one, for testssl.sh: a name and certificates of its own, stapling, headers, and our defaults. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import tls13 from '../../index.ts'
import { explicit, oid, sequence } from '../helpers/der.ts'
import { createAuthority, encodeGeneralName, extension } from '../helpers/pki.ts'
import type { CertificateOptions } from '../helpers/pki.ts'
import { ocspResponse } from './ocsp.ts'

export interface Site {
  readonly port: number
  /** The file with its authority's certificate, gone when the site is closed. */
  readonly ca: string
  close (): Promise<void>
}

/** On https://localhost, with an ECDSA and an RSA certificate. */
export async function startSite (crypto: 'node' | 'noble'): Promise<Site> {
  const authority = createAuthority({ name: 'Conformance Root', ...validity() })
  const certificates = (['P-256', 'rsa'] as const).map((keyType) => authority.issueServer({ keyType, ...validity(), extensions: revocation() }))
  const responses = certificates.map((certificate) => ({ certificate: certificate.certificate, response: ocspResponse(certificate, authority) }))
  const folder = mkdtempSync(join(tmpdir(), 'fastify-tls13-conformance-'))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, authority.pem)

  const app = Fastify({ https: {}, forceCloseConnections: true })
  await app.register(tls13, {
    key: certificates.map(({ keyPem }) => keyPem),
    cert: certificates.map(({ pem }) => pem),
    ocspResponse: (certificate) => responses.find((known) => certificate.equals(known.certificate))!.response,
    crypto,
    metrics: false
  })
  app.get('/', async (_request, reply) => reply.headers(headers).send('conformance\n'))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: (app.server.address() as AddressInfo).port,
    ca,
    close: async () => {
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Ninety days, as public authorities give. */
function validity (): Pick<CertificateOptions, 'notBefore' | 'notAfter'> {
  const day = 86_400_000
  return { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 89 * day) }
}

/** RFC 5280 §4.2.1.13 and §4.2.2.1: where to ask whether a certificate was revoked. Nobody is there to answer. */
function revocation (): Uint8Array[] {
  const list = explicit(0, explicit(0, encodeGeneralName('URI:http://localhost/root.crl')))
  const ocsp = sequence(oid('1.3.6.1.5.5.7.48.1'), encodeGeneralName('URI:http://localhost/ocsp'))
  return [extension('2.5.29.31', false, sequence(sequence(list))), extension('1.3.6.1.5.5.7.1.1', false, sequence(ocsp))]
}

/** What testssl.sh looks for in an answer and finds missing; half a year of HSTS (RFC 6797) at least. */
const headers = {
  'strict-transport-security': 'max-age=31536000',
  'content-security-policy': "default-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}
