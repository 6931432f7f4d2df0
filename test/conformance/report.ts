/** The results of a plan as a table, and its place in a document. */

/** As the runner writes it with --json. */
export interface Result {
  group: string
  script: string
  endpoint: string
  args: string[]
  verdict: 'PASS' | 'FAIL' | 'ERROR' | 'TIMEOUT' | 'NOT-RUN'
  counts: { pass: number, fail: number, xfail?: number, xpass?: number } | null
  why: string
}

/**
 * @param folder of tlsfuzzer's keys, whose name in the arguments becomes `tests`
 * @returns Markdown: totals, and a row for each script
 */
export function table (results: readonly Result[], folder: string): string {
  return [
    totals(results),
    '',
    '| group | script | endpoint | arguments | result | passed | failed | expected failures |',
    '|---|---|---|---|---|---:|---:|---:|',
    ...results.map((result) => row(result, folder))
  ].join('\n')
}

/**
 * Puts text between `<!-- name -->` and `<!-- /name -->`.
 * @throws {Error} when the document does not have these two lines
 */
export function replaceBlock (document: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  if (from === -1 || to < from) throw new Error(`no lines ${start} and ${end} in the document`)
  return document.slice(0, from + start.length) + `\n\n${text}\n\n` + document.slice(to)
}

function totals (results: readonly Result[]): string {
  const scripts = (...verdicts: string[]): number => results.filter(({ verdict }) => verdicts.includes(verdict)).length
  const conversations = (key: 'pass' | 'fail' | 'xfail'): number => results.reduce((sum, { counts }) => sum + (counts?.[key] ?? 0), 0)
  return `Scripts: ${scripts('PASS')} passed, ${scripts('FAIL', 'ERROR', 'TIMEOUT')} failed, ${scripts('NOT-RUN')} not run. ` +
    `Conversations: ${conversations('pass')} passed, ${conversations('fail')} failed, ${conversations('xfail')} expected failures.`
}

function row ({ group, script, endpoint, args, verdict, counts, why }: Result, folder: string): string {
  const name = script.replace(/^test-|\.py$/g, '')
  const line = args.map((arg) => shellWord(arg.replace(folder, 'tests'))).join(' ')
  const result = verdict === 'NOT-RUN' ? `not run: ${why}` : verdict === 'PASS' ? 'passed' : `${verdict} ${why}`
  const numbers = [counts?.pass, counts?.fail, counts?.xfail].map((count) => count ?? '')
  return `| ${[group, name, endpoint, codeOf(line), result, ...numbers].join(' | ')} |`
}

function codeOf (line: string): string {
  if (line === '') return ''
  const short = line.length <= longestArguments ? line : line.slice(0, longestArguments) + ' …'
  return '`' + short.replaceAll('|', '\\|').replaceAll('\r', '\\r').replaceAll('\n', '\\n') + '`'
}

/** A word as a shell takes it. */
export function shellWord (word: string): string {
  return /^[\w=:.,/{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

const longestArguments = 160
