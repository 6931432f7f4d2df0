/** The arrows of docs/architecture.md, held against what the sources really import. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

interface Import { from: string, to: string, typeOnly: boolean }

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Which parts a part may import, besides itself. Whatever is not named here may not be imported. */
const arrows: Record<string, readonly string[]> = {
  types: [],
  core: ['types'],
  crypto: ['types', 'core'],
  errors: ['types', 'core'],
  'option-names': ['types', 'errors'],
  credentials: ['types', 'core', 'errors', 'option-names'],
  session: ['types', 'core', 'errors', 'option-names'],
  metrics: ['types', 'core', 'errors', 'option-names'],
  socket: ['types', 'core', 'errors', 'credentials'],
  sealing: ['types', 'core', 'crypto', 'socket'],
  server: ['types', 'core', 'errors', 'option-names', 'crypto', 'credentials', 'session', 'metrics', 'socket', 'sealing'],
  fastify: ['types', 'core', 'errors', 'option-names', 'credentials', 'metrics', 'socket', 'server'],
  index: ['types', 'errors', 'credentials', 'session', 'metrics', 'server', 'fastify']
}

/** Packages that only some files may import; `typeOnly` files may import their types alone. */
const packages: Array<{ name: RegExp, files: RegExp, typeOnly: RegExp }> = [
  { name: /^node:crypto$/, files: /^lib\/(crypto\/node[\w-]*\.ts|credentials\/)/, typeOnly: /^(types\/|lib\/|index\.ts)/ },
  { name: /^@noble\//, files: /^lib\/crypto\/noble(-groups)?\.ts$/, typeOnly: /^$/ },
  { name: /^@peculiar\//, files: /^lib\/(credentials|crypto)\//, typeOnly: /^$/ },
  { name: /^fastify(-plugin)?$/, files: /^(lib\/fastify\/|index\.ts$)/, typeOnly: /^(lib\/server\/|types\/fastify\.ts$)/ },
  { name: /^prom-client$/, files: /^lib\/metrics\//, typeOnly: /^lib\/fastify\// },
  // server-names.ts asks node:net what an IP address is, and nothing else.
  { name: /^node:(net|stream)$/, files: /^lib\/(socket\/|server\/|credentials\/server-names\.ts$)/, typeOnly: /^types\// },
  { name: /^node:worker_threads$/, files: /^lib\/(sealing\/|crypto\/node-key-pair-(worker|thread)\.ts$)/, typeOnly: /^$/ },
  { name: /^node:cluster$/, files: /^lib\/session\/cluster\//, typeOnly: /^$/ },
  { name: /^node:(http|https|http2|tls)$/, files: /^lib\/(server|fastify)\//, typeOnly: /^(types\/|lib\/(socket|credentials)\/)/ }
]

const files = [...typescriptFiles('lib'), ...typescriptFiles('types'), 'index.ts']
const sources = new Map(files.map(file => [file, parse(file)]))
const leaves = new Map(files.map(file => [file, leavesOf(sources.get(file)!)]))
const imports = files.flatMap(importsOf)

t.test('parts import only what the arrows allow', async (t) => {
  const wrong = imports
    .filter(({ to }) => !isPackage(to))
    .filter(({ from, to }) => partOf(from) !== partOf(to) && !arrows[partOf(from)]?.includes(partOf(to)))
  t.strictSame(wrong, [])
  t.ok(imports.length > files.length, 'imports were found')
})

t.test('the core and the contracts import nothing but themselves', async (t) => {
  t.strictSame(imports.filter(({ from, to }) => partOf(from) === 'core' && isPackage(to)), [])
  t.strictSame(imports.filter(({ from, typeOnly }) => partOf(from) === 'types' && !typeOnly), [])
  t.strictSame(globalsOf('core'), [], 'no clock, randomness or timers of its own')
})

t.test('packages are imported where they belong', async (t) => {
  for (const { name, files, typeOnly } of packages) {
    const wrong = imports
      .filter(({ to }) => name.test(to))
      .filter(found => !files.test(found.from) && !(found.typeOnly && typeOnly.test(found.from)))
    t.strictSame(wrong, [], String(name))
  }
})

t.test('every package that is loaded is a dependency', async (t) => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const loaded = imports.filter(({ to, typeOnly }) => isPackage(to) && !typeOnly && !to.startsWith('node:'))
  const wrong = loaded.filter(({ to }) => !declared.some(name => to === name || to.startsWith(name + '/')))
  t.strictSame(wrong, [])
})

t.test('no cycles', async (t) => {
  const runtime = imports.filter(({ to, typeOnly }) => !isPackage(to) && !typeOnly)
  t.strictSame(cycleIn(runtime), [])
})

t.test('one writer of the handshake state, one caller of the socket\'s write', async (t) => {
  t.strictSame(filesWith(/\bthis\.#state = /, /^lib\/core\//), ['lib/core/handshake/states.ts'])
  t.equal(filesWith(/\braw\.write\(/, /^lib\//).length, 1)
  t.strictSame(filesWith(/\braw\.(end|cork|uncork)\(/, /^lib\/(?!socket\/)/), [])
})

t.test('every FST_TLS13 code is declared in one file', async (t) => {
  t.strictSame(filesWith(/\bcreateError\b/, /^(lib\/|index\.ts)/), ['lib/errors.ts'])
})

function typescriptFiles (folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
    .sort()
}

function parse (file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ESNext, true)
}

/** Static and dynamic imports and re-exports of a file, the relative ones as paths from the root. */
function importsOf (from: string): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node, typeOnly: boolean) => {
    if (!ts.isStringLiteral(specifier)) return
    const path = specifier.text
    found.push({ from, to: path.startsWith('.') ? relative(root, resolve(root, dirname(from), path)) : path, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0]!, false)
    ts.forEachChild(node, visit)
  }
  visit(sources.get(from)!)
  return found
}

function isPackage (to: string): boolean {
  return !/^(lib|types)\/|^index\.ts$/.test(to)
}

/** `lib/core/wire/reader.ts` → core, `lib/errors.ts` → errors, `types/options.ts` → types. */
function partOf (file: string): string {
  return file.replace(/^lib\//, '').replace(/\.ts$/, '').split('/')[0]!
}

/** Uses of globals that make code depend on when or where it runs. */
function globalsOf (part: string): string[] {
  const ambient = new Set([
    'Date', 'Math', 'performance', 'process', 'globalThis', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'
  ])
  const pure = /^Math\.(min|max|floor|ceil|trunc|abs)$/
  return files.filter(file => partOf(file) === part).flatMap(file => identifiersOf(file)
    .filter(node => ambient.has(node.text) && isReference(node) && !pure.test(node.parent.getText()))
    .map(node => `${file}: ${node.parent.getText()}`))
}

function identifiersOf (file: string): ts.Identifier[] {
  return leaves.get(file)!.filter(ts.isIdentifier)
}

/** Is it the use of a variable that the file does not declare itself, and not the name of a member or a parameter? */
function isReference (node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression === node
  return false
}

/** Files whose code, without comments and strings, matches. */
function filesWith (pattern: RegExp, within: RegExp): string[] {
  return files.filter(file => within.test(file) && pattern.test(codeOf(file)))
}

function codeOf (file: string): string {
  return leaves.get(file)!
    .map(node => ts.isStringLiteralLike(node) ? "''" : node.getText())
    .join(' ')
    .replace(/ ?([.()]) ?/g, '$1')
}

function leavesOf (node: ts.Node): ts.Node[] {
  const children = node.getChildren()
  return children.length === 0 ? [node] : children.filter(child => !ts.isJSDoc(child)).flatMap(leavesOf)
}

/** @returns the files of one cycle in order, empty when there is none */
function cycleIn (edges: Import[]): string[] {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const { to } of edges.filter(({ from }) => from === file)) {
      const cycle = visit(to, [...path, file])
      if (cycle.length > 0) return cycle
    }
    done.add(file)
    return []
  }
  return files.map(file => visit(file, [])).find(cycle => cycle.length > 0) ?? []
}
