/** The package as npm would publish it: built by `npm run build`, which `npm test` runs first. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const name: string = manifest.name

t.test('import and require give the same plugin', async (t) => {
  const script = `
    const { createRequire } = await import('node:module')
    const imported = await import('${name}')
    const required = createRequire(import.meta.url)('${name}')
    console.log(typeof imported.default, typeof imported.serverFactory, typeof imported.createSecureContext, required.default === imported.default)
  `
  // A process of its own with a bare environment: the coverage is that of the sources, not of what was built of them.
  const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], { cwd: root, env: {}, encoding: 'utf8' })
  t.equal(said.trim(), 'function function function true')
})

t.test('a cluster\'s primary answers its workers once it has imported one file', async (t) => {
  const script = `
    await import('${name}/cluster')
    const { default: cluster } = await import('node:cluster')
    console.log(cluster.listenerCount('message'))
  `
  const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], { cwd: root, env: {}, encoding: 'utf8' })
  t.equal(said.trim(), '1')
})

t.test('it holds what was built, its types and its documents, and no sources', async (t) => {
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }))
  const paths = (files as Array<{ path: string }>).map(({ path }) => path)
  for (const expected of ['dist/index.js', 'dist/index.d.ts', 'dist/types/options.d.ts', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']) {
    t.ok(paths.includes(expected), expected)
  }
  t.strictSame(paths.filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts')), [])
  t.strictSame(paths.filter(path => !/^(dist|docs)\/|^(README|CHANGELOG|SECURITY)\.md$|^LICENSE$|^package\.json$/.test(path)), [])
})
