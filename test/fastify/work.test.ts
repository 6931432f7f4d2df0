/** What a request costs, counted: nobody notices a second write or a second cipher object, except in a benchmark. */
import type { Socket } from 'node:net'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { Aead, CryptoProvider } from '../../types/crypto.ts'
import { createApp, credentials, dial, get, listen } from './helpers.ts'

interface Work { aeads: number, sealed: number, opened: number, writes: number }

t.test('a request and its response are a record each, and one write', async (t) => {
  const work: Work = { aeads: 0, sealed: 0, opened: 0, writes: 0 }
  const app = await createApp(t, { ...credentials, numTickets: 0, crypto: counting(work) })
  app.get('/', async () => ({ hello: 'world' }))
  app.get('/long', async () => Buffer.alloc(2 ** 20))
  app.server.prependListener('connection', (raw: Socket) => {
    const { write } = raw
    raw.write = function (...args: unknown[]) {
      work.writes++
      return Reflect.apply(write, this, args)
    }
  })
  const client = await dial(t, await listen(app))
  const ask = async (path: string, atLeast?: number): Promise<Work> => {
    const before = { ...work }
    client.send(get(path))
    await client.expectData(atLeast)
    return { aeads: work.aeads - before.aeads, sealed: work.sealed - before.sealed, opened: work.opened - before.opened, writes: work.writes - before.writes }
  }
  await ask('/')
  t.equal(work.aeads, 4, 'a handshake makes one for each direction and epoch')
  for (let i = 0; i < 3; i++) t.same(await ask('/'), { aeads: 0, sealed: 1, opened: 1, writes: 1 })
  // Head and body are one write of http's, in records that grow at first.
  t.same(await ask('/long', 2 ** 20 + 1), { aeads: 0, sealed: 68, opened: 1, writes: 1 })
  for (let i = 0; i < 3; i++) t.same(await ask('/long', 2 ** 20 + 1), { aeads: 0, sealed: 65, opened: 1, writes: 1 })
})

function counting (work: Work): CryptoProvider {
  const provider = cryptoProvider('node')
  return {
    ...provider,
    cipherSuites: provider.cipherSuites.map((suite) => ({
      ...suite,
      aead (key: Uint8Array): Aead {
        const aead = suite.aead(key)
        work.aeads++
        return {
          seal (...args) {
            work.sealed++
            aead.seal(...args)
          },
          open (...args) {
            work.opened++
            return aead.open(...args)
          },
          destroy: () => aead.destroy()
        }
      }
    }))
  }
}
