import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { Roster } from '../../lib/server/roster.ts'
import type { Listed } from '../../lib/server/roster.ts'

class Member implements Listed<Member> {
  readonly name: string
  roster: Roster<Member> | null = null
  newer: Member | null = null
  older: Member | null = null
  readonly ballast: readonly number[]

  constructor (name: string, ballast = 0) {
    this.name = name
    this.ballast = new Array(ballast).fill(0)
  }
}

t.test('who was added is there until deleted, the newest first', async (t) => {
  const roster = new Roster<Member>()
  const names = (): string => [...roster].map(({ name }) => name).join('')
  const [a, b, c, d] = [...'abcd'].map((name) => new Member(name)) as [Member, Member, Member, Member]
  for (const member of [a, b, c, d]) roster.add(member)
  t.equal(names(), 'dcba')
  t.equal(roster.size, 4)
  t.ok(roster.delete(b), 'from the middle')
  t.equal(names(), 'dca')
  t.ok(roster.delete(d), 'the newest')
  t.equal(names(), 'ca')
  t.ok(roster.delete(a), 'the oldest')
  t.equal(names(), 'c')
  t.notOk(roster.delete(a), 'a second time')
  t.ok(roster.delete(c), 'the last')
  t.equal(roster.size, 0)
  t.strictSame([...roster], [])
  roster.add(b)
  t.equal(names(), 'b', 'somebody comes back')
  t.strictSame([b.newer, b.older, a.roster, a.newer, a.older], [null, null, null, null, null], 'and nobody knows of those who have gone')
})

t.test('a member is in one roster', async (t) => {
  const [mine, other] = [new Roster<Member>(), new Roster<Member>()]
  const member = new Member('a')
  mine.add(member)
  t.notOk(other.delete(member))
  t.equal(mine.size, 1)
  t.equal(other.size, 0)
})

t.test('members may be deleted while they are looked at', async (t) => {
  const roster = new Roster<Member>()
  for (const name of 'abc') roster.add(new Member(name))
  let seen = ''
  for (const member of roster) {
    seen += member.name
    roster.delete(member)
  }
  t.equal(seen, 'cba')
  t.equal(roster.size, 0)
})

t.test('who has gone is collected with the young', async (t) => {
  const roster = new Roster<Member>()
  const kept = keptOld((member) => roster.add(member), (member) => roster.delete(member))
  // 1 to 33 of them in 72 runs on Node 20, 24 and 26: those who were there became old, once or twice. Of a Set 4,000 to 12,000.
  t.ok(kept < 10 * present, `${kept} of ${passes} members`)
})

/** @returns how many members are in the old generation, at most, while they come and go */
function keptOld (add: (member: Member) => unknown, remove: (member: Member) => unknown): number {
  const there: Member[] = []
  const pass = (): void => {
    const member = new Member('', ballast)
    add(member)
    there.push(member)
    if (there.length > present) remove(there.shift()!)
  }
  for (let i = 0; i < 100; i++) pass()
  collect() // what is there becomes old
  const before = oldBytes()
  let most = 0
  for (let i = 0; i < passes; i++) {
    pass()
    // While they come, not at the end: what has been kept for long makes V8 collect the whole heap, and then it is gone.
    if (i % present === 0) most = Math.max(most, oldBytes() - before)
  }
  return most / (8 * ballast)
}

function oldBytes (): number {
  return v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size
}

const present = 16
const ballast = 1000
/** 120 MiB, so much that the young generation is collected several times. */
const passes = Math.floor(120 * 2 ** 20 / (8 * ballast))
v8.setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
