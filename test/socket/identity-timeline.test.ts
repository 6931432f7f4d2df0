import t from 'tap'
import { IdentityTimeline } from '../../lib/socket/identity-timeline.ts'
import type { ClientIdentity } from '../../types/credentials.ts'

const identity = (name: string): ClientIdentity => ({ chain: [Buffer.from(name)], authorized: true, authorizationError: null })

t.test('a byte belongs to who the client was when it arrived', async (t) => {
  const timeline = new IdentityTimeline()
  const [alice, bob] = [identity('alice'), identity('bob')]
  timeline.ended(10, null)
  timeline.ended(10, alice)
  timeline.ended(20, bob)
  t.equal(timeline.at(0, alice), null, 'nothing was read')
  t.equal(timeline.at(10, alice), null, 'up to the last byte before the change')
  t.equal(timeline.at(11, alice), bob, 'an identity under which nothing was said is passed over')
  t.equal(timeline.at(20, alice), bob)
  t.equal(timeline.at(21, alice), alice, 'the present one')
})
