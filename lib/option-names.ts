/** A misspelt option must not be a silent one. */
import { invalidOption } from './errors.ts'

/**
 * @param prefix of the name in the message, `metrics.`
 * @throws FST_TLS13_INVALID_OPTION for a member that is not in `known`, with the name that was probably meant
 */
export function refuseUnknown (options: object, known: readonly string[], prefix = ''): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue
    const near = nearest(name, known)
    throw invalidOption(prefix + name, near === undefined ? 'is not known' : `is not known: did you mean ${prefix}${near}?`)
  }
}

/** The known name that is the fewest changes away, if they are few. */
function nearest (name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => ({ candidate, changes: distance(name.toLowerCase(), candidate.toLowerCase()) }))
  const best = distances.reduce((a, b) => b.changes < a.changes ? b : a)
  return best.changes <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined
}

/** Insertions, deletions, substitutions and swaps of neighbours from one to the other (optimal string alignment). */
function distance (from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const substituted = rows[i - 1]![j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, substituted, swapped))
    }
    rows.push(row)
  }
  return rows[from.length]![to.length]!
}
