import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { connectionLeft, connectionStays, handshakeAtEnd, othersTurn, writeAtEnd } from '../../lib/socket/turn.ts'

/** Notes what it does, and does the rest of what it is given. */
function party (log: string[], name: string, then: () => void = () => {}) {
  const act = (): boolean => {
    log.push(name)
    then()
    return true
  }
  return { writeOut: act, goOn: act }
}

function stays (t: Test): void {
  connectionStays()
  t.teardown(connectionLeft)
}

t.test('what was written leaves before a handshake goes on, and while a connection stays one handshake goes on a turn', async (t) => {
  const log: string[] = []
  stays(t)
  for (const name of ['first', 'second', 'third']) handshakeAtEnd(party(log, name))
  writeAtEnd(party(log, 'written'))
  t.strictSame(log, [], 'nothing before the end of the turn')
  await turn()
  t.strictSame(log, ['written', 'first'])
  writeAtEnd(party(log, 'written again'))
  await turn()
  await turn()
  t.strictSame(log, ['written', 'first', 'written again', 'second', 'third'])
})

t.test('what is written in answer to a handshake leaves in the same turn, promises and all', async (t) => {
  const log: string[] = []
  stays(t)
  const answer = async (): Promise<void> => {
    await null
    process.nextTick(() => writeAtEnd(party(log, 'answer')))
  }
  handshakeAtEnd(party(log, 'handshake', () => { answer() }))
  handshakeAtEnd(party(log, 'next'))
  await turn()
  t.strictSame(log, ['handshake', 'answer'])
  await turn()
  t.strictSame(log, ['handshake', 'answer', 'next'])
})

t.test('a handshake that is gone takes nobody\'s turn', async (t) => {
  const log: string[] = []
  for (let i = 0; i < 3; i++) handshakeAtEnd({ goOn: () => false })
  handshakeAtEnd(party(log, 'here'))
  await turn()
  t.strictSame(log, ['here'])
})

t.test('a handshake gives way in its middle to what was written, and goes on before those that have not begun', async (t) => {
  const log: string[] = []
  const halves = async (): Promise<void> => {
    await othersTurn()
    log.push('second half')
  }
  stays(t)
  handshakeAtEnd(party(log, 'first half', () => { halves() }))
  handshakeAtEnd(party(log, 'next'))
  await turn()
  t.strictSame(log, ['first half'])
  writeAtEnd(party(log, 'written'))
  await turn()
  await turn()
  t.strictSame(log, ['first half', 'written', 'second half', 'next'])
})

t.test('where no other handshake waits, nobody is given way to', async (t) => {
  stays(t)
  t.equal(othersTurn(), null)
  const log: string[] = []
  handshakeAtEnd(party(log, 'alone', () => { t.equal(othersTurn(), null) }))
  await turn()
  t.strictSame(log, ['alone'])
})

t.test('where no connection stays, several go on in one turn, all by one half before any by the second', async (t) => {
  const log: string[] = []
  writeAtEnd(party(log, 'written'))
  for (const name of ['first', 'second']) handshakeAtEnd(party(log, name, () => { secondHalf(name) }))
  async function secondHalf (name: string): Promise<void> {
    const others = othersTurn()
    if (others !== null) await others // to await null would be to wait, too
    log.push(`${name}'s other half`)
    writeAtEnd(party(log, `${name}'s answer`))
  }
  await turn()
  t.strictSame(log, ['written', 'first', 'second', "first's other half", "second's other half", "first's answer", "second's answer"])
})

t.test('one alone does both halves at once', async (t) => {
  const log: string[] = []
  handshakeAtEnd(party(log, 'alone', () => { t.equal(othersTurn(), null) }))
  await turn()
  t.strictSame(log, ['alone'])
  t.equal(othersTurn(), null, 'and so does one that had to wait for something in between')
})

t.test('there is an end to how many go on in one turn', async (t) => {
  const log: string[] = []
  const names = Array.from({ length: 20 }, (_, i) => String(i))
  handshakeAtEnd({ goOn: () => false })
  for (const name of names) handshakeAtEnd(party(log, name))
  await turn()
  t.strictSame(log, names.slice(0, 8))
  writeAtEnd(party(log, 'written'))
  await turn()
  t.strictSame(log.slice(8), ['written', ...names.slice(8, 16)])
  await turn()
  t.equal(log.length, 21)
})

t.test('whoever writes because it could write waits for the next turn', async (t) => {
  const log: string[] = []
  const endless = party(log, 'endless', () => { if (log.length < 5) writeAtEnd(endless) })
  writeAtEnd(endless)
  writeAtEnd(party(log, 'other'))
  await turn()
  t.strictSame(log, ['endless', 'other'])
  while (log.length < 5) await turn()
})

t.test('whoever throws harms nobody else', async (t) => {
  const log: string[] = []
  const thrown: string[] = []
  const fail = (name: string) => party(log, name, () => { throw new Error(name) })
  const caught = (error: Error): void => { thrown.push(error.message) }
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', caught)
  writeAtEnd(party(log, 'a'))
  writeAtEnd(fail('writer'))
  writeAtEnd(party(log, 'b'))
  handshakeAtEnd(party(log, 'half', () => { otherHalf() }))
  handshakeAtEnd(fail('handshake'))
  handshakeAtEnd(party(log, 'c'))
  const otherHalf = async (): Promise<void> => {
    await othersTurn()
    log.push('other half')
  }
  while (!log.includes('c')) await turn()
  process.removeListener('uncaughtException', caught)
  for (const listener of listeners) process.on('uncaughtException', listener)
  t.strictSame([...log].sort(), ['a', 'b', 'c', 'half', 'handshake', 'other half', 'writer'])
  t.strictSame(thrown.sort(), ['handshake', 'writer'])
})
