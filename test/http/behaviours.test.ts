/**
 * What HTTP sees of our TLS: the same scenarios on Fastify over node:https and on Fastify over ours, by the same client,
 * with the same outcome.
 */
import t from 'tap'
import { scenarios as bodies } from './scenarios/bodies.ts'
import { scenarios as closing } from './scenarios/closing.ts'
import { scenarios as limits } from './scenarios/limits.ts'
import { scenarios as messages } from './scenarios/messages.ts'
import { scenarios as upgrades } from './scenarios/upgrades.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { ours, stock } from './servers.ts'
import type { MakeApp } from './servers.ts'

for (const scenario of [...messages, ...upgrades, ...bodies, ...closing, ...limits]) {
  t.test(scenario.name, { timeout: 20_000 }, async (t) => {
    const reference = await run(scenario, stock)
    t.match(reference, scenario.expected, 'node:https does what the scenario is about')
    t.same(await run(scenario, ours), reference, 'and so do we')
  })
}

async function run ({ options, limits, scene }: Scenario, make: MakeApp): Promise<unknown> {
  const app = make(options, limits)
  try {
    return await scene(app, async () => {
      await app.listen({ host: '127.0.0.1', port: 0 })
      return app.server
    })
  } finally {
    app.server.closeAllConnections()
    await app.close()
  }
}
