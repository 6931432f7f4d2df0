import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

const report = '.tap/report/coverage-summary.json'

/**
 * Files of a folder that the last run did not cover in full, each with its percentage. A file that no test loads counts,
 * unless it holds nothing but types.
 */
export function uncoveredLines (folder) {
  const summary = JSON.parse(readFileSync(report, 'utf8'))
  const result = []
  for (const file of sources(folder)) {
    const lines = summary[resolve(file)]?.lines
    if (lines === undefined && !hasCode(file)) continue
    if (lines?.pct !== 100) result.push(`${file}: ${lines?.pct ?? 0} %`)
  }
  return result
}

function sources (folder) {
  return readdirSync(folder, { recursive: true })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
    .sort()
}

function hasCode (file) {
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true, removeComments: true }
  })
  return !/^\s*(export \{\s*\};?)?\s*$/.test(outputText)
}
