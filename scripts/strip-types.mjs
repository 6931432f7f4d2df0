/**
 * Lets Node 20 load TypeScript as later versions do by themselves: types become blanks, so that lines and columns stay.
 * tap's own loader compiles instead, which takes seconds for each test file.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import swc from '@swc/wasm-typescript'

// Node loads this file a second time, in the thread of the hooks; worker threads have hooks of their own.
const hooks = new URL('?hooks', import.meta.url).href
if (import.meta.url !== hooks && !process.features.typescript) register(hooks)

export async function load (url, context, nextLoad) {
  if (!url.startsWith('file:') || !new URL(url).pathname.endsWith('.ts')) return nextLoad(url, context)
  const filename = fileURLToPath(url)
  const { code } = swc.transformSync(await readFile(filename, 'utf8'), { mode: 'strip-only', filename })
  return { format: 'module', source: code, shortCircuit: true }
}
