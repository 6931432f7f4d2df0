/**
 * Reads the TAP of a whole run line by line: passes on one line a test file, every failure with its diagnostics, and
 * the coverage table; counts the assertions as tap itself does, those of subtests by their leaves.
 */
export class TapDigest {
  skipped = []
  failures = []
  passed = 0
  failed = 0
  #print
  /** The names of the subtests around the present line, by depth. */
  #path = []
  /** The indentation of the YAML block that is being printed, or -1. */
  #diagnostics = -1

  constructor (print) {
    this.#print = print
  }

  take (line) {
    const indent = line.length - line.trimStart().length
    const text = line.trimStart()
    if (this.#diagnostics >= 0) this.#takeDiagnostics(line, text, indent)
    else if (text.startsWith('# Subtest: ')) this.#enter(indent, text.slice('# Subtest: '.length))
    else if (/^(not )?ok\b/.test(text)) this.#takePoint(line, text, indent)
    else if (isSummary(line)) this.#takeSummary(line)
  }

  #enter (indent, name) {
    this.#path.length = Math.floor(indent / 4)
    this.#path.push(name)
  }

  #takePoint (line, text, indent) {
    const skip = /^(?:not )?ok \d+ - (.*?)\s+# SKIP\s*(.*)$/.exec(text)
    if (skip !== null) this.skipped.push(this.#where(indent, [skip[1], skip[2]].filter(part => part !== '').join(': ')))
    if (indent === 0) this.#print(line)
    if (!text.startsWith('not ok') || /# (SKIP|TODO)\b/.test(text)) return
    const name = text.replace(/^not ok \d+ - /, '').replace(/ # time=.*$/, '')
    const where = this.#where(indent, name)
    if (this.failures.some(failure => failure.startsWith(where + ' > '))) return // it holds a failure printed before
    this.failures.push(where)
    if (indent > 0) this.#print(where)
    this.#diagnostics = indent
  }

  #takeDiagnostics (line, text, indent) {
    if (indent <= this.#diagnostics && text !== '') {
      this.#diagnostics = -1
      return this.take(line)
    }
    this.#print(line)
    if (text === '...') this.#diagnostics = -1
  }

  #takeSummary (line) {
    const totals = /^# \{ (total: .*) \}$/.exec(line)
    if (totals === null) return this.#print(line)
    const count = Object.fromEntries(totals[1].split(', ').map(entry => entry.split(': ')))
    this.passed = Number(count.pass ?? 0)
    this.failed = Number(count.fail ?? 0)
  }

  #where (indent, name) {
    return [...this.#path.slice(0, indent / 4), name].join(' > ')
  }
}

/** tap's totals, its bail-out, a row of the coverage table (its indentation is of one to three spaces). */
function isSummary (line) {
  return /^(# \{ total:|Bail out!|-+\|| {0,3}\S.* \|)/.test(line)
}
