/** The table of limits in docs/security.md, as the tests read it. */
import { readFileSync } from 'node:fs'

export interface Row {
  /** What the code calls it; several names where one number stands for one limit in two places. */
  readonly names: readonly string[]
  readonly number: string
  /** In words: `alert decode_error`, `HTTP 409`, `closed`. */
  readonly answer: string
  /** A sample of the registry without its value: `tls_limits_reached_total{limit="tickets"}`. */
  readonly metric: string
}

export function readTable (): Row[] {
  const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
  const section = /^### Limits$([^]*?)^##/m.exec(document)?.[1] ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) => {
    const [limit, number, , answer, metric] = line.split('|').slice(1).map((cell) => cell.trim()) as [string, string, string, string, string]
    return { names: codeIn(limit), number, answer, metric: codeIn(metric)[0] ?? '' }
  })
}

function codeIn (cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)
}
