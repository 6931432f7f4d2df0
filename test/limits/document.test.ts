/** What docs/security.md points to is there: each test by its file and title, each module by its path. */
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

const document = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')

t.test('every test that is named exists, with that title', async (t) => {
  let titles = 0
  for (const [, file, quoted = ''] of document.matchAll(/`(test\/[\w/.-]+\.ts)`(?:: ((?:"[^"]+"(?:, )?)+))?/g)) {
    if (!existsSync(file!)) {
      t.fail(`${file} does not exist`)
      continue
    }
    const source = readFileSync(file!, 'utf8').replaceAll("\\'", "'")
    for (const [, title] of quoted.matchAll(/"([^"]+)"/g)) {
      titles++
      t.ok(source.includes(title!), `${file}: ${title}`)
    }
  }
  t.ok(titles > 40, `${titles} titles`)
})

t.test('every module that answers an attack exists', async (t) => {
  const folders = ['lib/', 'lib/core/handshake/', 'lib/core/', 'lib/socket/', 'lib/session/']
  const paths = [...document.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, path]) => path!).filter((path) => !path.startsWith('test/'))
  t.ok(paths.length > 20)
  for (const path of new Set(paths)) t.ok(existsSync(path) || folders.some((folder) => existsSync(folder + path)), path)
})
