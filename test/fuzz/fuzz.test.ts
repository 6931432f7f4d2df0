/**
 * A short piece of fuzzing for every run of the tests; docs/fuzzing.md tells of the long one. What the fuzzer looks for is
 * shown to be found, and every input that ever broke something is run again.
 */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { Random } from './random.ts'
import { execute, Finding, Fuzzer, writeInput } from './fuzzer.ts'
import { maxHeld, measureHeld } from './memory.ts'
import { createStages } from './stages.ts'
import type { Stage } from './stages.ts'
import { call, readSteps, step, writeSteps } from './step.ts'
import { Subject } from './subject.ts'
import { encode, parseDer, parseGuess, parseMessage } from './tree.ts'
import { plainWorld } from './worlds.ts'

const inputs = 1500
const stages = createStages()
const regressions = new URL('regressions/', import.meta.url)

for (const seed of [1, 2, Date.now() % 1e9]) {
  t.test(`${inputs} inputs of the seed ${seed}`, async (t) => {
    const fuzzer = new Fuzzer(seed, stages)
    const found: string[] = []
    for (let index = 0; index < inputs; index++) {
      try {
        fuzzer.run(index)
      } catch (error) {
        found.push((error as Finding).message)
      }
    }
    t.same(found, [])
    t.ok(fuzzer.courses > 100, 'many courses')
    t.ok(measureHeld(fuzzer.open) < maxHeld, 'what open connections hold')
  })
}

for (const file of readdirSync(regressions).filter((name) => name.endsWith('.txt'))) {
  t.test(file, async (t) => {
    for (const line of readFileSync(new URL(file, regressions), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
      const [name, steps] = line.split('|') as [string, string]
      t.doesNotThrow(() => execute({ stage: stageOf(name), steps: readSteps(steps) }), line)
    }
  })
}

t.test('every stage begins where it says and goes well as recorded', async (t) => {
  const ends = new Map(stages.map((stage) => [stage.name, execute({ stage, steps: stage.seeds[0]! }).connection.state]))
  const others: Record<string, string> = { 'hello of a lenient server': 'WAIT_CERT', 'session state that allows early data': 'WAIT_EOED' }
  for (const [name, state] of ends) t.equal(state, others[name] ?? (/hello|ticket|session/.test(name) ? 'WAIT_FINISHED' : 'CONNECTED'), name)
  const asked = execute({ stage: stageOf('asked'), steps: stageOf('asked').seeds[0]! })
  t.equal(asked.connection.identity?.authorized, true)
})

t.test('an input is made again by its name', async (t) => {
  const fuzzer = new Fuzzer(7, stages)
  const made = Array.from({ length: 3000 }, (_, index) => fuzzer.run(index))
  const descended = made.filter(({ lineage }) => lineage.length > 2)
  t.ok(descended.length > 0)
  for (const input of [made[0]!, ...descended.slice(-20)]) {
    const again = new Fuzzer(7, createStages()).replay(input.lineage)
    t.equal(writeInput(again), writeInput(input))
  }
  t.same(readSteps(writeSteps(made[5]!.steps)), made[5]!.steps.map(({ kind, type, bytes, extra, piece }) => ({ kind, type, bytes, extra, piece })))
})

t.test('what must not be is found', async (t) => {
  const flight = stageOf('flight')
  const finished = flight.seeds[1]!.with(2, step('record', Uint8Array.of(20, 0, 0, 32, ...new Uint8Array(32))))
  const trusting = changed(flight, { crypto: { ...flight.world.configuration.crypto, timingSafeEqual: () => true } })
  t.throws(() => execute({ stage: trusting, steps: finished }), /connected without the Finished/)
  const throwing = changed(flight, { observer: { handshakeCompleted: () => { throw new Error('mine') } } })
  t.throws(() => execute({ stage: throwing, steps: flight.seeds[0]! }), /internal error in WAIT_CERT: Error: mine/)
  const anybody = { ...flight, world: { ...flight.world, legitimate: () => false } }
  t.throws(() => execute({ stage: anybody, steps: flight.seeds[0]! }), /an identity that nobody proved/)
  const hello = stageOf('hello')
  const laborious = changed(hello, {
    alpnProtocols: [],
    resolveContext: () => {
      hello.world.tap.work += 1e6
      return hello.world.context
    }
  })
  t.throws(() => execute({ stage: laborious, steps: hello.seeds[0]! }), /units of work/)
  const failing = { name: 'Finding', message: /npm run fuzz -- --seed 3 --replay 4/ }
  t.match(new Finding({ stage: flight, steps: flight.seeds[0]!, lineage: [4] }, 3, new Error('why')), failing)
})

t.test('a connection that writes, fails or transits as it must not', async (t) => {
  const after = new Subject(plainWorld())
  after.receive(new Uint8Array(5))
  const { connection } = after
  t.equal(connection.state, 'CLOSED')
  connection.takeOutput = () => Uint8Array.of(21, 3, 3, 0, 2, 2, 80)
  t.throws(() => after.receive(Uint8Array.of(1)), /bytes were written after CLOSED/)
  t.throws(() => after.onPeerClosed(), /told Z after the failure/)
  const mute = new Subject(plainWorld())
  mute.connection.takeOutput = () => null
  t.throws(() => mute.receive(new Uint8Array(5)), /the last record is not the alert unexpected_message/)
  const noise = new Subject(plainWorld())
  noise.connection.takeOutput = () => Uint8Array.of(22, 3, 3, 0, 9, 1)
  t.throws(() => noise.receive(Uint8Array.of(22)), /no record at 0/)
  const waiting = new Subject(plainWorld())
  Object.defineProperty(waiting.connection, 'waiting', { value: Promise.resolve() })
  t.throws(() => waiting.receive(Uint8Array.of(22)), /waits without end/)
  const throwing = new Subject(plainWorld())
  throwing.connection.receive = () => { throw new RangeError('thrown') }
  t.throws(() => throwing.receive(Uint8Array.of(22)), /thrown/)
  const jumping = new Subject(plainWorld())
  let state = 'NEGOTIATED'
  Object.defineProperty(jumping.connection, 'state', { get: () => { const now = state; state = 'WAIT_CV'; return now } })
  t.doesNotThrow(() => jumping.call(0), 'over two transitions')
  state = 'CONNECTED'
  t.throws(() => jumping.call(0), /from CONNECTED to WAIT_CV/)
})

t.test('structure is seen and written as it was', async (t) => {
  for (const stage of stages) {
    for (const { bytes } of stage.seeds.flat()) for (const parse of [parseMessage, parseGuess, parseDer]) t.same(encode(parse(bytes)), bytes, stage.name)
  }
  t.not(parseMessage(stageOf('hello').hello).kind, 'leaf')
  const random = new Random(1, 2)
  t.same(random.bytes(8), new Random(1, 2).bytes(8))
  t.notSame(random.bytes(8), new Random(1, 3).bytes(8))
  t.equal(call('send').type, 0)
})

function stageOf (name: string): Stage {
  return stages.find((stage) => stage.name === name) ?? t.bailout(`no stage ${name}`) as never
}

function changed (stage: Stage, configuration: Partial<Stage['world']['configuration']>): Stage {
  return { ...stage, world: { ...stage.world, configuration: { ...stage.world.configuration, ...configuration } } }
}
