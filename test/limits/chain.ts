/** How to go beyond each limit of lib/credentials/chain/limits.ts that a client can reach, by its name there. */
import type { Tls13Options } from '../../index.ts'
import { root } from '../fastify/helpers.ts'
import type { Authority, Credential } from '../helpers/pki.ts'
import { aliceCredential, alertTo } from './app.ts'
import type { LimitCase } from './case.ts'

/** A client that shows these certificates; what follows them does not matter, they are judged first. */
function shows (chain: readonly Credential[], ca: Tls13Options['ca'] = []): LimitCase {
  return {
    options: { requestCert: true, ca: [root.pem, ca].flat() as string[] },
    async reach (target) {
      const client = await target.client()
      await client.handshake({ credential: aliceCredential, chain: chain.map(({ certificate }) => certificate) })
      return alertTo(client)
    }
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `DNS:${i}`)

/** More than any client may send: the server has all but the leaf. */
const intermediates = Array.from({ length: 11 }).reduce<Authority[]>((all, _, i) => [...all, (all.at(-1) ?? root).issueAuthority({ name: `Intermediate ${i}` })], [])

const constrained = root.issueAuthority({ name: 'Constrained', nameConstraints: { excluded: names(1000) } })

export const chainCases: Record<string, LimitCase> = {
  maxValues: shows([root.issueClient({ subjectAltName: names(5000) })]),
  maxIntermediates: shows([intermediates.at(-1)!.issueClient()], intermediates.map(({ pem }) => pem)),
  maxNameComparisons: shows([constrained.issueClient({ subjectAltName: names(1100) })], constrained.pem),
  minRsaBits: shows([root.issueClient({ keyType: 'rsa-768' })]),
  minCurveBits: shows([root.issueClient({ keyType: 'secp112r1' })]),
  minDigestStrength: shows([root.issueClient({ digest: 'sha1' })])
}
