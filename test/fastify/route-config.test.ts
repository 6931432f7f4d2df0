/** `config.tls`: what is refused when a route is added, and which hooks it gets. */
import Fastify from 'fastify'
import t from 'tap'
import tls13 from '../../index.ts'
import type { RouteTlsConfig } from '../../index.ts'
import { readRouteConfig } from '../../lib/fastify/route-config.ts'
import { createApp, trusting } from './helpers.ts'

t.test('what is wrong is refused when the route is added, by its name and the route', async (t) => {
  const app = await createApp(t)
  const cases: Array<[config: unknown, message: RegExp]> = [
    [null, /config\.tls: must be an object, not null/],
    ['require', /config\.tls: must be an object, not "require"/],
    [{ clientCertificates: 'require' }, /config\.tls\.clientCertificates: is not known: did you mean .*clientCertificate\?/],
    [{ clientCertificate: 'required' }, /config\.tls\.clientCertificate: must be 'request', 'require' or an object, not "required"/],
    [{ clientCertificate: true }, /config\.tls\.clientCertificate: .* not true/],
    [{ clientCertificate: [] }, /config\.tls\.clientCertificate: .* not an array/],
    [{ clientCertificate: { required: 'yes' } }, /config\.tls\.clientCertificate\.required: must be true, false or 'fatal'/],
    [{ clientCertificate: { rejectUnauthorised: true } }, /did you mean .*rejectUnauthorized/],
    [{ clientCertificate: { rejectUnauthorized: 1 } }, /clientCertificate\.rejectUnauthorized: must be true or false, not 1/],
    [{ clientCertificate: { timeout: 0 } }, /clientCertificate\.timeout: must be an integer from 1 .* milliseconds/],
    [{ clientCertificate: { numTickets: 256 } }, /clientCertificate\.numTickets: must be an integer from 0 to 255, not 256/],
    [{ numTickets: -1 }, /config\.tls\.numTickets: must be an integer from 0 to 255, not -1/],
    [{ numTickets: '2' }, /config\.tls\.numTickets/],
    [{ earlyData: 'yes' }, /config\.tls\.earlyData: must be true or false, not "yes"/],
    [{ earlyData: true, clientCertificate: 'request' }, /config\.tls\.earlyData: must not be true beside clientCertificate/]
  ]
  for (const [tls, message] of cases) {
    t.throws(() => app.get('/admin', { config: { tls: tls as RouteTlsConfig } }, async () => ''), { code: 'FST_TLS13_INVALID_OPTION', message })
    t.throws(() => app.get('/admin', { config: { tls: tls as RouteTlsConfig } }, async () => ''), { message: /route GET \/admin/ })
  }
})

t.test('the policies', async (t) => {
  t.same(readRouteConfig({}, ''), { numTickets: null, clientCertificate: null, earlyData: false })
  t.same(readRouteConfig({ numTickets: 0, earlyData: true }, ''), { numTickets: 0, clientCertificate: null, earlyData: true })
  const policy = (clientCertificate: unknown): unknown => readRouteConfig({ clientCertificate }, '').clientCertificate
  t.same(policy('request'), { options: {}, required: false, mustBeAuthorized: false })
  t.same(policy('require'), { options: {}, required: true, mustBeAuthorized: true })
  t.same(policy({}), { options: { required: false }, required: false, mustBeAuthorized: false })
  t.same(policy({ required: true, timeout: 5 }), { options: { required: false, timeout: 5 }, required: true, mustBeAuthorized: true })
  t.same(policy({ required: 'fatal' }), { options: { required: 'fatal' }, required: true, mustBeAuthorized: true })
  t.same(policy({ required: true, rejectUnauthorized: false }), {
    options: { required: false, rejectUnauthorized: false }, required: true, mustBeAuthorized: false
  })
})

t.test('only routes with config.tls get a hook, before their own', async (t) => {
  const app = await createApp(t)
  const hooks: Record<string, number> = {}
  app.addHook('onRoute', (route) => { hooks[`${String(route.method)} ${route.url}`] = [route.onRequest ?? []].flat().length })
  const own = async (): Promise<void> => {}
  app.get('/plain', async () => '')
  app.get('/guarded', { config: { tls: { numTickets: 1 } } }, async () => '')
  app.get('/both', { config: { tls: { numTickets: 1 } }, onRequest: own }, async () => '')
  app.get('/several', { config: { tls: { numTickets: 1 } }, onRequest: [own, own] }, async () => '')
  t.match(hooks, { 'GET /plain': 0, 'GET /guarded': 1, 'HEAD /guarded': 1, 'GET /both': 2, 'HEAD /both': 2, 'GET /several': 3 })
})

t.test('under inject a protected route answers as to a client that cannot be asked', async (t) => {
  const app = await createApp(t)
  app.get('/require', { config: { tls: { clientCertificate: 'require' } } }, async () => 'reached')
  app.get('/request', { config: { tls: { clientCertificate: 'request', numTickets: 3 } } }, async () => 'reached')
  app.post('/prefix', { config: { tls: { clientCertificate: { required: true } } } }, async () => 'reached')
  const refused = await app.inject('/require')
  t.equal(refused.statusCode, 403)
  t.match(refused.json(), { code: 'FST_TLS13_PHA_NOT_OFFERED', message: /post-handshake authentication/ })
  t.equal((await app.inject({ method: 'HEAD', url: '/require' })).statusCode, 403)
  t.equal((await app.inject({ method: 'POST', url: '/prefix' })).statusCode, 403)
  t.equal((await app.inject('/request')).body, 'reached')
  t.equal((await app.inject('/missing')).statusCode, 404)
})

t.test('routes that were added before the plugin was loaded are guarded too', async (t) => {
  const app = Fastify({ https: {} })
  t.teardown(() => app.close())
  app.register(tls13, trusting)
  const shared = { clientCertificate: 'require' } as const
  app.get('/early', { config: { tls: shared } }, async () => 'reached')
  app.get('/open', async (request) => String(request.tls.authorized))
  app.get('/wrong', { config: { tls: { clientCertificate: 'required' as 'require' } } }, async () => 'reached')
  app.register(async (child) => {
    child.get('/late', { config: { tls: shared } }, async () => 'reached')
    child.get('/', { config: { tls: shared } }, async () => 'reached')
  }, { prefix: '/child' })
  for (const url of ['/early', '/early', '/child/late', '/child', '/child/']) {
    const { statusCode, body } = await app.inject(url)
    t.equal(statusCode, 403, url)
    t.match(body, 'FST_TLS13_PHA_NOT_OFFERED')
  }
  t.equal((await app.inject('/open')).body, 'false')
  t.match((await app.inject('/wrong')).json(), { statusCode: 500, code: 'FST_TLS13_INVALID_OPTION' })
})
