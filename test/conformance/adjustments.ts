/** Where a script has to be told more than a plan tells it. docs/conformance.md has the RFCs' words for each. */

/** A plan for the runner, so far as it is read here. */
export interface Plan { groups: Record<string, PlanEntry[]> }
export interface PlanEntry { script: string, endpoint?: string, args?: string[], needs?: string[] }

interface Adjustment {
  readonly script: string
  /** Arguments to take out, as they follow each other. */
  readonly remove?: readonly string[]
  readonly add?: readonly string[]
}

export const adjustments: readonly Adjustment[] = [
  // RFC 9149: extension 58 is ticket_request, no unassigned number whose body may be anything.
  { script: 'test-tls13-large-number-of-extensions.py', add: ['--exc', '58'] },
  { script: 'test-tls13-shuffled-extentions.py', add: ['--exc', '58'] },
  // RFC 8446 §6.2: the alert about a Finished of 16 MiB comes after its header, while the script is still sending; the
  // script, whose connection is reset, then expects its end and no alert.
  { script: 'test-tls13-finished.py', add: [...alertWhileSending('TLS_AES_128_GCM_SHA256', 32), ...alertWhileSending('TLS_AES_256_GCM_SHA384', 48)] },
  // RFC 8446 §5: a change_cipher_spec of more than one byte is refused, so this conversation passes.
  { script: 'test-tls13-multiple-ccs-messages.py', remove: ['-x', 'multiple CCS Messages in one TLS record'] }
]

function alertWhileSending (suite: string, finishedLength: number): string[] {
  const probe = `padding - cipher ${suite}, pad_byte 0, pad_left 0, pad_right ${2 ** 24 - 1 - finishedLength}`
  return ['-x', probe, '-X', 'Unexpected message from peer: Alert(fatal, decode_error)']
}

/** @throws {Error} for an argument to take out that is not there: the plan is not the one that was adjusted to */
export function adjust (plan: Plan): Plan {
  const groups = Object.entries(plan.groups).map(([name, entries]) => [name, entries.map(adjustEntry)])
  return { ...plan, groups: Object.fromEntries(groups) }
}

function adjustEntry (entry: PlanEntry): PlanEntry {
  const { remove = [], add = [] } = adjustments.find(({ script }) => script === entry.script) ?? {}
  return { ...entry, endpoint: endpointOf(entry), args: [...add, ...without(entry, remove)] }
}

/** A plan has one name for servers with one ECDSA certificate and with three, and entries for each. */
function endpointOf ({ endpoint, needs = [] }: PlanEntry): string | undefined {
  return needs.includes('ecdsa_p256_only') ? 'ecdsa-p256' : endpoint
}

function without ({ script, args = [] }: PlanEntry, words: readonly string[]): string[] {
  if (words.length === 0) return args
  const start = args.findIndex((_, index) => words.every((word, offset) => args[index + offset] === word))
  if (start === -1) throw new Error(`the plan's ${script} has no ${words.join(' ')}`)
  return args.toSpliced(start, words.length)
}
