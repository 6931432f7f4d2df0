import { createSecureContext as createNodeContext } from 'node:tls'
import { inspect } from 'node:util'
import t from 'tap'
import { cryptoProvider } from '../../lib/crypto/index.ts'
import { Contexts } from '../../lib/credentials/contexts.ts'
import { createOpaqueContext } from '../../lib/credentials/opaque-context.ts'
import type { SecureContext } from '../../types/credentials.ts'
import type { SecureContextOptions, Tls13Options } from '../../types/options.ts'
import { checkRefusal, piecesOf, refuses } from '../helpers/invalid-option.ts'
import { createAuthority } from '../helpers/pki.ts'

const authority = createAuthority({ name: 'Contexts' })
const crypto = cryptoProvider('node')

function optionsFor (name: string): SecureContextOptions {
  const { keyPem, pem } = authority.issueServer({ name })
  return { key: keyPem, cert: pem }
}

function createContexts (SNICallback: Tls13Options['SNICallback'] | null = null): Contexts {
  return new Contexts({ crypto, now: Date.now, SNICallback })
}

async function nameFor (contexts: Contexts, serverName: string | null): Promise<string | null> {
  const context = await contexts.resolve({ serverName, alpnProtocols: [] })
  return context === null ? null : context.name
}

t.test('without contexts nobody is served', async (t) => {
  const contexts = createContexts()
  t.equal(contexts.default, null)
  t.equal(await nameFor(contexts, null), null)
  t.equal(await nameFor(contexts, 'example.com'), null)
  t.strictSame(contexts.credentials, [])
})

t.test('names: exact before wildcard before default', async (t) => {
  const contexts = createContexts()
  contexts.setDefault(optionsFor('default'))
  contexts.add('*.example.com', optionsFor('wild'))
  contexts.add('WWW.Example.com.', optionsFor('exact'))
  const expected: Array<[string | null, string]> = [
    [null, 'default'],
    ['www.example.com', 'WWW.Example.com.'],
    ['api.example.com', '*.example.com'],
    ['example.com', 'default'],
    ['a.b.example.com', 'default'],
    ['example.com.evil.org', 'default'],
    ['wwwexample.com', 'default'],
    ['com', 'default'],
    ['', 'default']
  ]
  for (const [serverName, name] of expected) t.equal(await nameFor(contexts, serverName), name, String(serverName))
  t.strictSame(contexts.credentials.map(({ name }) => name), ['default', '*.example.com', 'WWW.Example.com.'])
})

t.test('a second context for a name replaces the first; a wrong one leaves it', async (t) => {
  const contexts = createContexts()
  contexts.setDefault(optionsFor('one'))
  contexts.add('a.test', optionsFor('one'))
  const before = contexts.resolve({ serverName: 'a.test', alpnProtocols: [] })
  const first = contexts.default
  refuses(t, () => contexts.add('a.test', { key: 'x' }), 'key', /not PEM/)
  refuses(t, () => contexts.setDefault({}), 'key', /is missing/)
  t.equal(contexts.resolve({ serverName: 'a.test', alpnProtocols: [] }), before)
  t.equal(contexts.default, first)
  contexts.add('A.test', optionsFor('two'))
  contexts.setDefault(optionsFor('two'))
  t.not(contexts.resolve({ serverName: 'a.test', alpnProtocols: [] }), before)
  t.not(contexts.default, first)
  t.equal(contexts.credentials.length, 2)
})

t.test('names that no client can send are refused', (t) => {
  const contexts = createContexts()
  const options = optionsFor('x')
  const names: Array<[unknown, RegExp]> = [
    ['', /host name/], ['*', /host name/], ['*.', /host name/], ['a.*.test', /host name/], ['www*.test', /host name/], ['*.*.test', /host name/],
    ['a..b', /host name/], ['bücher.example', /xn--/], ['a b', /host name/], ['https://a.test', /host name/], ['a.test:443', /host name/],
    ['-a.test', /host name/], ['x'.repeat(64), /host name/], ['127.0.0.1', /an address/], ['::1', /an address/],
    [Array(64).fill('abc').join('.'), /host name/], [17, /must be a string/], [undefined, /must be a string/]
  ]
  for (const [name, reason] of names) refuses(t, () => contexts.add(name as string, options), 'serverName', reason)
  for (const name of ['localhost', '*.localhost', 'xn--bcher-kva.example', '_dmarc.a-b.test']) contexts.add(name, options)
  t.end()
})

t.test('SNICallback is asked where no name was added, and the default answers where it has none', async (t) => {
  const asked: string[] = []
  const opaque = createOpaqueContext(optionsFor('opaque'), { name: 'from callback' })
  const answers: Record<string, () => [Error | null, typeof opaque?]> = {
    'now.test': () => [null, opaque],
    'null.test': () => [null, null as never],
    'undefined.test': () => [null]
  }
  const contexts = createContexts((serverName, callback) => {
    asked.push(serverName)
    callback(...answers[serverName]!())
  })
  t.equal(await nameFor(contexts, 'null.test'), null, 'no default yet')
  contexts.setDefault(optionsFor('default'))
  contexts.add('added.test', optionsFor('added'))
  t.equal(await nameFor(contexts, 'now.test'), 'from callback')
  t.equal(await nameFor(contexts, 'null.test'), 'default')
  t.equal(await nameFor(contexts, 'undefined.test'), 'default')
  t.equal(await nameFor(contexts, 'added.test'), 'added.test')
  t.equal(await nameFor(contexts, null), 'default')
  t.strictSame(asked, ['null.test', 'now.test', 'null.test', 'undefined.test'])
})

t.test('SNICallback may answer later, and only once', async (t) => {
  const first = createOpaqueContext(optionsFor('first'), { name: 'first' })
  const second = createOpaqueContext(optionsFor('second'), { name: 'second' })
  const later = createContexts((_name, callback) => setImmediate(callback, null, first))
  t.equal(await nameFor(later, 'a.test'), 'first')
  const twice = createContexts((_name, callback) => {
    callback(null, first)
    callback(null, second)
    callback(new Error('too late'))
  })
  t.equal(await nameFor(twice, 'a.test'), 'first')
  const afterError = createContexts((_name, callback) => {
    callback(new Error('first'))
    callback(null, first)
  })
  await t.rejects(nameFor(afterError, 'a.test'), { message: 'first' })
})

t.test('what SNICallback gives wrong, or throws, rejects', async (t) => {
  const wrong: unknown[] = [createNodeContext(), { name: 'like ours' }, optionsFor('bare options'), 'a string']
  for (const context of wrong) {
    const contexts = createContexts((_name, callback) => callback(null, context as never))
    const error: unknown = await nameFor(contexts, 'a.test').then(() => null, (error: unknown) => error)
    checkRefusal(t, error, 'SNICallback', /createSecureContext of fastify-tls13 did not make/)
  }
  const throwing = createContexts(() => {
    throw new Error('thrown')
  })
  await t.rejects(nameFor(throwing, 'a.test'), { message: 'thrown' })
})

t.test('an opaque context is checked when made, shows nothing, and is bound once for each server', async (t) => {
  refuses(t, () => createOpaqueContext({}), 'key', /is missing/)
  const { keyPem, pem, key } = authority.issueServer()
  const opaque = createOpaqueContext({ key: keyPem, cert: pem })
  t.equal(opaque.name, 'sni')
  const shown = inspect(opaque, { showHidden: true, depth: null }) + JSON.stringify(opaque)
  t.notOk(piecesOf(key).find((piece) => shown.includes(piece)))

  const resolve = async (contexts: Contexts): Promise<SecureContext | null> => await contexts.resolve({ serverName: 'a.test', alpnProtocols: [] })
  const node = createContexts((_name, callback) => callback(null, opaque))
  const noble = new Contexts({ crypto: cryptoProvider('noble'), now: Date.now, SNICallback: (_name, callback) => callback(null, opaque) })
  t.equal(await resolve(node), await resolve(node))
  t.not(await resolve(node), await resolve(noble))

  node.add('named.test', opaque)
  node.setDefault(opaque)
  t.equal(await nameFor(node, 'named.test'), 'named.test')
  t.equal(node.default!.name, 'default')
})
