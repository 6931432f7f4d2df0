/** Fleets of real processes, and openssl s_client as the client that goes from one to another. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { serverKey } from '../app.ts'
import type { App } from '../app.ts'
import { Program } from '../program.ts'
import { SClient } from '../s-client.ts'
import type { MemberOptions } from './options.ts'

const rotation = 3000
const sessionTimeout = 7200

/** What a member answers. */
export interface MemberAnswer {
  readonly resumed: boolean
  /** Where the key comes from that seals, and since when it does. */
  readonly source: string
  readonly issueFrom: number
  /** Tickets that had expired, and operations on the store that failed. */
  readonly expired: number
  readonly storeErrors: number
}

export class Member {
  readonly program: Program
  readonly port: number
  readonly #t: Test

  constructor (t: Test, program: Program, port: number) {
    this.#t = t
    this.program = program
    this.port = port
  }

  /** One request on a connection of its own. */
  async get (path = '/', session?: string): Promise<MemberAnswer> {
    return (await this.connect(path, session)).answer
  }

  /** @returns the newest ticket of a connection as well */
  async connect (path = '/', session?: string): Promise<{ answer: MemberAnswer, session: string }> {
    const client = new SClient(this.#t, { port: this.port } as App, session === undefined ? [] : ['-sess_in', session])
    const { status, answer } = await client.get(path)
    this.#t.equal(status, 200)
    await client.end()
    return { answer: answer as unknown as MemberAnswer, session: client.session()! }
  }

  /** Asks again until it answers so. */
  async until (holds: (answer: MemberAnswer) => boolean, session?: string): Promise<void> {
    while (!holds(await this.get('/', session)));
  }
}

/** A process of its own. */
export async function startMember (t: Test, ticketKeys: MemberOptions['ticketKeys']): Promise<Member> {
  return listening(t, startProgram(t, 'member.ts', ticketKeys, {}))
}

/** A primary and its first two workers. @param alone does the primary do without the package? */
export async function startCluster (t: Test, alone = false): Promise<{ program: Program, workers: [Member, Member] }> {
  const program = startProgram(t, 'primary.ts', undefined, alone ? { FLEET_ALONE: '1' } : {})
  return { program, workers: [await listening(t, program), await listening(t, program)] }
}

/** The next that says that it listens. */
export async function listening (t: Test, program: Program): Promise<Member> {
  const said = await program.expect(/listens on \d+\./)
  return new Member(t, program, Number(/listens on (\d+)\.$/.exec(said)![1]))
}

function startProgram (t: Test, script: string, ticketKeys: MemberOptions['ticketKeys'], env: NodeJS.ProcessEnv): Program {
  const options: MemberOptions = { ...credential, ticketKeys, ticketKeyRotation: rotation }
  const environment = { ...process.env, ...env, FLEET: JSON.stringify(options) }
  // The tests' own runner may silence the warnings that are looked for (NODE_OPTIONS).
  return new Program(t, process.execPath, ['--warnings', '--import', typesLoader, join(folder, script)], { env: environment })
}

/** Rotates on the one, until the other seals with the key that came of it. */
export async function rotateAll (one: Member, other: Member): Promise<void> {
  const { issueFrom } = await other.get()
  await one.get('/rotate')
  await other.until((answer) => answer.issueFrom > issueFrom)
}

/** A session of one is resumed on the other: now, after a rotation, after two, and not when its key has ended. */
export async function livesThrough (t: Test, source: string, one: Member, other: Member, rotate: () => Promise<void>): Promise<void> {
  const { answer, session } = await one.connect()
  t.equal(answer.resumed, false)
  t.equal(answer.source, source)
  t.ok((await other.get('/', session)).resumed)

  await rotate()
  const renewed = await other.connect('/', session)
  t.ok(renewed.answer.resumed, 'after a rotation')
  t.ok((await one.get('/', renewed.session)).resumed, 'with the ticket that came of it')

  for (const each of [one, other]) await each.get(`/ahead/${rotation}`)
  t.ok((await other.get('/', session)).resumed, 'after two')
  const { expired } = await other.get()

  for (const each of [one, other]) await each.get(`/ahead/${rotation + sessionTimeout}`)
  const ended = await other.get('/', session)
  t.notOk(ended.resumed, 'a full handshake when the key has ended')
  t.equal(ended.expired, expired + 1)
}

const credential = serverKey()
const folder = fileURLToPath(new URL('.', import.meta.url))
const typesLoader = new URL('../../../scripts/strip-types.mjs', import.meta.url).href
