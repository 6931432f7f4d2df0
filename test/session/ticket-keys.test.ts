import { inspect } from 'node:util'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import type { CryptoProvider } from '../../types/crypto.ts'
import { TicketKeyRing } from '../../lib/session/ticket-keys.ts'
import type { TicketKeyRingOptions } from '../../lib/session/ticket-keys.ts'

const state = Buffer.from('a session state')
const policy = Buffer.alloc(32, 1)
const rotation = 1000
const lifetime = 300

/** A ring and its clock, in seconds since a multiple of the rotation. */
function ringWithClock (options: Partial<TicketKeyRingOptions> = {}, clock = { seconds: 0 }) {
  const ring = new TicketKeyRing({
    crypto: cryptoProvider('node'),
    now: () => (rotation * 1_700_000 + clock.seconds) * 1000,
    rotation,
    lifetime,
    secret: null,
    ...options
  })
  return { ring, clock }
}

function secretOf (byte: number): Uint8Array {
  return new Uint8Array(48).fill(byte)
}

for (const [kind, secret] of [['random keys', null], ['shared keys', secretOf(7)]] as const) {
  t.test(kind, async (t) => {
    t.test('a ticket is opened, and is another each time', async (t) => {
      const { ring } = ringWithClock({ secret })
      const ticket = ring.seal(state, policy)
      t.not(Buffer.compare(ticket, ring.seal(state, policy)), 0)
      t.equal(ticket.length, state.length + 44)
      t.notOk(Buffer.from(ticket).includes(state))
      const { state: opened, refused } = ring.openNow(ticket, policy)
      t.equal(refused, null)
      t.same(Buffer.from(opened!), state)
    })

    t.test('an empty state and an empty policy are as good as any', async (t) => {
      const { ring } = ringWithClock({ secret })
      const ticket = ring.seal(new Uint8Array(0), new Uint8Array(0))
      t.equal(ring.openNow(ticket, new Uint8Array(0)).state?.length, 0)
      t.equal(ring.openNow(ticket, policy).refused, 'rejected')
    })

    t.test('the ticket is left as it was, though an AEAD decrypts in place', async (t) => {
      const { ring } = ringWithClock({ secret })
      const ticket = Buffer.from(ring.seal(state, policy))
      const before = ticket.toString('hex')
      ring.openNow(ticket, policy)
      ring.openNow(ticket, Buffer.alloc(32, 2))
      t.equal(ticket.toString('hex'), before)
    })

    t.test('a ticket of one policy is rejected under another', async (t) => {
      const { ring } = ringWithClock({ secret })
      const ticket = ring.seal(state, policy)
      t.same(ring.openNow(ticket, Buffer.alloc(32, 2)), { state: null, refused: 'rejected' })
      t.same(ring.openNow(ticket, Buffer.alloc(31, 1)), { state: null, refused: 'rejected' })
    })

    t.test('more policies than are kept ready', async (t) => {
      const { ring } = ringWithClock({ secret })
      const policies = Array.from({ length: 200 }, (_, n) => Buffer.alloc(32, n))
      const tickets = policies.map((each) => ring.seal(state, each))
      t.ok(tickets.every((ticket, n) => ring.openNow(ticket, policies[n]!).refused === null))
    })

    t.test('a changed bit is refused, in whatever byte', async (t) => {
      const { ring } = ringWithClock({ secret })
      const ticket = ring.seal(state, policy)
      const results = Array.from(ticket, (_, at) => {
        const changed = new Uint8Array(ticket)
        changed[at]! ^= 1
        return ring.openNow(changed, policy).refused
      })
      t.notOk(results.includes(null))
      t.ok(results.slice(16).every((result) => result === 'rejected'), 'the key is known where its name is whole')
      t.equal(results[0], 'unknown')
    })

    t.test('whatever is no ticket is unknown', async (t) => {
      const { ring } = ringWithClock({ secret })
      const ticket = ring.seal(state, policy)
      for (let length = 0; length < 44; length++) t.equal(ring.openNow(ticket.subarray(0, length), policy).refused, 'unknown')
      t.equal(ring.openNow(ticket.subarray(0, 44), policy).refused, 'rejected')
      t.equal(ring.openNow(new Uint8Array(200), policy).refused, 'unknown')
      t.equal(ring.openNow(new Uint8Array(200).fill(255), policy).refused, 'unknown')
      t.equal(ringWithClock().ring.openNow(ticket, policy).refused, 'unknown')
    })

    t.test('the key rotates by the clock, and opens for a ticket\'s life longer', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const first = ring.seal(state, policy)
      clock.seconds = rotation - 1
      const last = ring.seal(state, policy)
      t.same(nameOf(last), nameOf(first))
      clock.seconds = rotation
      const next = ring.seal(state, policy)
      t.not(nameOf(next), nameOf(first))

      clock.seconds = rotation + lifetime - 1
      t.equal(ring.openNow(first, policy).refused, null)
      t.equal(ring.openNow(last, policy).refused, null)
      clock.seconds = rotation + lifetime
      t.equal(ring.openNow(first, policy).refused, 'expired')
      t.equal(ring.openNow(last, Buffer.alloc(32, 2)).refused, 'expired')
      t.equal(ring.openNow(next, policy).refused, null)
    })

    t.test('a key that nothing rotated ends all the same', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const ticket = ring.seal(state, policy)
      clock.seconds = rotation + lifetime
      t.equal(ring.openNow(ticket, policy).refused, 'expired')
      t.equal(ring.openNow(ring.seal(state, policy), policy).refused, null)
    })

    t.test('a clock that is set back gives another key, and no key that has ended', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const ticket = ring.seal(state, policy)
      clock.seconds = rotation + lifetime
      t.equal(ring.openNow(ticket, policy).refused, 'expired')
      clock.seconds = -rotation
      const next = ring.seal(state, policy)
      t.not(nameOf(next), nameOf(ticket))
      t.equal(ring.openNow(next, policy).refused, null)
    })

    t.test('rotate: another key seals, the old one opens for a ticket\'s life', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const before = ring.seal(state, policy)
      clock.seconds = 10
      ring.rotate()
      const after = ring.seal(state, policy)
      t.not(nameOf(after), nameOf(before))
      clock.seconds = 10 + lifetime - 1
      t.equal(ring.openNow(before, policy).refused, null)
      t.equal(ring.openNow(after, policy).refused, null)
    })

    t.test('rotate in a loop keeps a bounded number of keys', async (t) => {
      const { ring } = ringWithClock({ secret })
      for (let n = 0; n < 1000; n++) ring.rotate()
      t.equal(ring.openNow(ring.seal(state, policy), policy).refused, null)
    })

    t.test('setSecret: new keys seal, tickets of the old ones are opened until they end', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const before = ring.seal(state, policy)
      ring.setSecret(secretOf(8))
      const after = ring.seal(state, policy)
      t.equal(ringWithClock({ secret: secretOf(8) }).ring.openNow(after, policy).refused, null)
      t.equal(ring.openNow(before, policy).refused, null)
      t.equal(ring.openNow(before, Buffer.alloc(32, 2)).refused, 'rejected')
      clock.seconds = rotation + lifetime
      t.equal(ring.openNow(before, policy).refused, 'expired')
      ring.setSecret(null)
      t.equal(ringWithClock({ secret: secretOf(8) }, clock).ring.openNow(ring.seal(state, policy), policy).refused, 'unknown')
      t.equal(ring.openNow(ring.seal(state, policy), policy).refused, null)
    })

    t.test('setSecret keeps a bounded number of secrets', async (t) => {
      const { ring } = ringWithClock({ secret })
      const tickets = [ring.seal(state, policy)]
      for (let n = 10; n < 14; n++) {
        ring.setSecret(secretOf(n))
        tickets.push(ring.seal(state, policy))
      }
      t.same(tickets.map((ticket) => ring.openNow(ticket, policy).refused), ['unknown', null, null, null, null])
    })

    t.test('it says what seals, and since when', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const begin = rotation * 1_700_000 * 1000
      const source = secret === null ? 'random' : 'secret'
      ring.seal(state, policy)
      t.strictSame(ring.sealingKey(), { source, issueFrom: begin })
      clock.seconds = rotation
      ring.seal(state, policy)
      t.strictSame(ring.sealingKey(), { source, issueFrom: begin + rotation * 1000 })
      clock.seconds = rotation + 5
      ring.rotate()
      t.strictSame(ring.sealingKey(), { source, issueFrom: begin + rotation * 1000 + 5000 })
      ring.setSecret(secret === null ? secretOf(8) : null)
      t.equal(ring.sealingKey().source, secret === null ? 'secret' : 'random')
    })

    t.test('it says what seals, and since when', async (t) => {
      const { ring, clock } = ringWithClock({ secret })
      const begin = rotation * 1_700_000 * 1000
      const source = secret === null ? 'random' : 'secret'
      ring.seal(state, policy)
      t.strictSame(ring.sealingKey(), { source, issueFrom: begin })
      clock.seconds = rotation
      ring.seal(state, policy)
      t.strictSame(ring.sealingKey(), { source, issueFrom: begin + rotation * 1000 })
      ring.setSecret(secret === null ? secretOf(8) : null)
      t.equal(ring.sealingKey().source, secret === null ? 'secret' : 'random')
    })

    t.test('nothing shows the keys', async (t) => {
      const { ring } = ringWithClock({ secret })
      ring.seal(state, policy)
      t.equal(JSON.stringify(ring), '{}')
      t.equal(inspect(ring, { showHidden: true, depth: 10 }), 'TicketKeyRing {}')
    })
  })
}

t.test('either provider opens the tickets of the other', async (t) => {
  const secret = secretOf(7)
  const { ring: node } = ringWithClock({ secret, crypto: cryptoProvider('node') })
  const { ring: noble } = ringWithClock({ secret, crypto: cryptoProvider('noble') })
  for (const [sealing, opening] of [[node, noble], [noble, node], [noble, noble]] as const) {
    const ticket = sealing.seal(state, policy)
    t.same(Buffer.from(opening.openNow(ticket, policy).state!), state)
    t.equal(opening.openNow(ticket, Buffer.alloc(32, 2)).refused, 'rejected')
    ticket[ticket.length - 1]! ^= 1
    t.equal(opening.openNow(ticket, policy).refused, 'rejected')
  }
  const { ring: random } = ringWithClock({ crypto: cryptoProvider('noble') })
  t.same(Buffer.from(random.openNow(random.seal(state, policy), policy).state!), state)
})

t.test('a random key that was rotated away opens for a ticket\'s life and no longer', async (t) => {
  const { ring, clock } = ringWithClock()
  const ticket = ring.seal(state, policy)
  clock.seconds = 10
  ring.rotate()
  clock.seconds = 10 + lifetime
  t.equal(ring.openNow(ticket, policy).refused, 'expired')
})

t.test('random keys: the oldest of many goes', async (t) => {
  const { ring } = ringWithClock()
  const tickets = Array.from({ length: 200 }, () => {
    ring.rotate()
    return ring.seal(state, policy)
  })
  const results = tickets.map((ticket) => ring.openNow(ticket, policy).refused)
  t.equal(results[0], 'unknown')
  t.equal(results.filter((result) => result === null).length, 128)
  t.equal(results.at(-128), null)
})

t.test('processes that share a secret', async (t) => {
  const secret = secretOf(7)

  t.test('open each other\'s tickets, though each has keys of its own', async (t) => {
    const { ring: one } = ringWithClock({ secret })
    const { ring: other } = ringWithClock({ secret: secretOf(7) })
    t.not(nameOf(one.seal(state, policy)), nameOf(other.seal(state, policy)))
    t.same(Buffer.from(other.openNow(one.seal(state, policy), policy).state!), state)
    t.equal(other.openNow(one.seal(state, policy), Buffer.alloc(32, 2)).refused, 'rejected')
    one.rotate()
    t.same(Buffer.from(other.openNow(one.seal(state, policy), policy).state!), state)
  })

  t.test('go on rotating together', async (t) => {
    const { ring: one, clock } = ringWithClock({ secret })
    const { ring: other } = ringWithClock({ secret }, clock)
    for (let epoch = 0; epoch < 5; epoch++) {
      clock.seconds = epoch * rotation
      const ticket = one.seal(state, policy)
      t.equal(other.openNow(ticket, policy).refused, null)
      clock.seconds += rotation + lifetime
      t.equal(other.openNow(ticket, policy).refused, 'expired')
    }
  })

  t.test('open tickets of a clock that is ahead, by the next epoch and no more', async (t) => {
    const { ring: ahead, clock } = ringWithClock({ secret })
    const { ring } = ringWithClock({ secret })
    clock.seconds = 2 * rotation - 1
    t.equal(ring.openNow(ahead.seal(state, policy), policy).refused, null)
    clock.seconds = 2 * rotation
    t.equal(ring.openNow(ahead.seal(state, policy), policy).refused, 'unknown')
  })

  t.test('keep more keys of others than are kept ready', async (t) => {
    const { ring } = ringWithClock({ secret })
    const tickets = Array.from({ length: 100 }, () => ringWithClock({ secret }).ring.seal(state, policy))
    for (const ticket of [...tickets, ...tickets]) {
      if (ring.openNow(ticket, policy).refused !== null) t.fail('a ticket of another process was refused')
    }
    t.equal(ring.openNow(ring.seal(state, policy), policy).refused, null)
  })

  t.test('take up a new secret one after the other', async (t) => {
    const { ring: one, clock } = ringWithClock({ secret })
    const { ring: other } = ringWithClock({ secret }, clock)
    one.setSecret(secretOf(8))
    clock.seconds = rotation
    const late = other.seal(state, policy)
    t.equal(one.openNow(late, policy).refused, null)
    t.equal(other.openNow(one.seal(state, policy), policy).refused, 'unknown')
    other.setSecret(secretOf(8))
    t.equal(other.openNow(one.seal(state, policy), policy).refused, null)
    t.equal(one.openNow(late, policy).refused, null)
    clock.seconds = 2 * rotation
    const { ring: never } = ringWithClock({ secret }, clock)
    t.equal(one.openNow(never.seal(state, policy), policy).refused, 'unknown', 'two epochs after it was left')
  })

  t.test('may be told the present secret again and again', async (t) => {
    const { ring } = ringWithClock({ secret: secretOf(6) })
    const before = ring.seal(state, policy)
    ring.setSecret(secret)
    for (let n = 0; n < 10; n++) ring.setSecret(secretOf(7))
    t.equal(ring.openNow(before, policy).refused, null)
  })

  t.test('do not know each other when they rotate at different times, or differ in any part of the secret', async (t) => {
    const ticket = ringWithClock({ secret }).ring.seal(state, policy)
    t.equal(ringWithClock({ secret, rotation: rotation * 2 }).ring.openNow(ticket, policy).refused, 'unknown')
    for (const at of [0, 16, 47]) {
      const other = secretOf(7)
      other[at] = 8
      t.equal(ringWithClock({ secret: other }).ring.openNow(ticket, policy).refused, 'unknown')
    }
  })

  t.test('do not depend on the caller\'s array', async (t) => {
    const mine = secretOf(7)
    const { ring } = ringWithClock({ secret: mine })
    mine.fill(0)
    t.equal(ringWithClock({ secret }).ring.openNow(ring.seal(state, policy), policy).refused, null)
  })
})

t.test('what a ring refuses to be made of', async (t) => {
  t.throws(() => ringWithClock({ secret: new Uint8Array(48) }), { message: 'the ticket secret must not be all zero' })
  const named = new Uint8Array(48)
  named.fill(1, 0, 16)
  t.throws(() => ringWithClock({ secret: named }), { message: 'the ticket secret must not be all zero' })
  t.throws(() => ringWithClock({ secret: new Uint8Array(47).fill(1) }), { message: 'the ticket secret must be 48 bytes, not 47' })
  t.throws(() => ringWithClock().ring.setSecret(new Uint8Array(32).fill(1)), RangeError)
  for (const seconds of [0, -1, NaN, Infinity]) {
    t.throws(() => ringWithClock({ rotation: seconds }), { message: `rotation must be a positive number of seconds, not ${seconds}` })
    t.throws(() => ringWithClock({ lifetime: seconds }), { message: `lifetime must be a positive number of seconds, not ${seconds}` })
  }
  const without: CryptoProvider = { ...cryptoProvider('node'), cipherSuites: [] }
  t.throws(() => ringWithClock({ crypto: without }), { message: 'the crypto provider node has no TLS_AES_256_GCM_SHA384, which session tickets need' })
})

function nameOf (ticket: Uint8Array): string {
  return Buffer.from(ticket.subarray(0, 16)).toString('hex')
}
