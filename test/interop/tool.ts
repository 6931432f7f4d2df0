/** Tests that need a program beside Node: run where it is installed, listed as not run elsewhere, required in CI. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'

type Body = (t: Test) => Promise<void>

/**
 * Makes a file's `test`: a subtest that is skipped when one of the programs is missing, with the reason in its title, and
 * that fails instead when the environment says `CI=true`.
 */
export function interop (...programs: string[]): (name: string, body: Body) => void {
  const missing = programs.filter(program => !isInstalled(program)).join(', ')
  return (name, body) => {
    if (missing === '') t.test(name, body)
    else if (process.env.CI === 'true') t.test(name, async (t) => { t.fail(`needs ${missing}`) })
    else t.test(name, { skip: `needs ${missing}` }, body)
  }
}

function isInstalled (program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => isExecutable(join(folder, program)))
}

function isExecutable (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
