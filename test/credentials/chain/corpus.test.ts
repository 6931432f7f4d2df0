import t from 'tap'
import { createClientVerifier } from '../../../lib/credentials/chain/verifier.ts'
import { cases } from '../../helpers/chain-corpus.ts'

t.test('every chain of the corpus gets its verdict', async (t) => {
  for (const { name, chain, anchors, crls, time, expected } of cases) {
    const verifier = createClientVerifier({ trustAnchors: anchors, crls, now: () => time.getTime() })
    const { authorized, authorizationError, publicKey } = verifier.verify(chain)
    t.strictSame({ authorized, authorizationError }, { authorized: expected === null, authorizationError: expected }, name)
    t.ok(publicKey, name + ': the key of the leaf is given')
  }
})

t.test('the names of the cases tell them apart', async (t) => {
  t.equal(new Set(cases.map(({ name }) => name)).size, cases.length)
})
