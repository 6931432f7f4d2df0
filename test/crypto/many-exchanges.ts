/** Does key exchanges by the thousand, for a test that wants them in a process of their own. */
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { named } from './exchange.ts'

const group = named(cryptoProvider('node'), 'x25519')
const share = new Uint8Array(32).fill(9)
for (let i = 0; i < 30_000; i++) group.encapsulate(share)
