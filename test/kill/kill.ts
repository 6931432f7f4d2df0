/** Runs one attack on a server of its own, and says what it did to it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Attack } from './attacks.ts'
import type { Held } from './server.ts'
import { Victim, Visitors } from './victim.ts'

export interface Outcome {
  readonly name: string
  readonly before: Held
  /** The most of each at any time. */
  readonly peak: Held
  /** When every connection was ended by the server, or by its client, and the garbage is gone. */
  readonly after: Held
  /** The most of each when the same is done a second time: what an allocator kept is used again. */
  readonly again: Held
  readonly visitors: Visitors
}

/**
 * @param count connections
 * @param pause milliseconds between two visits of others
 * @param twice does it, to see what the second time adds
 */
export async function kill (attack: Attack, count: number, pause: number, twice: boolean): Promise<Outcome> {
  const victim = await Victim.start(attack.options)
  try {
    await warmUp(victim.port)
    const before = await victim.held('settle')
    const visitors = new Visitors(victim.port, pause)
    const peak = await suffer(victim, attack, count)
    const again = twice ? await suffer(victim, attack, count) : peak
    await visitors.leave()
    return { name: attack.name, before, peak, again, after: await nothingHeld(victim), visitors }
  } finally {
    await victim.stop()
  }
}

/** @returns the most that was held until the server had ended every connection of the attack */
async function suffer (victim: Victim, attack: Attack, count: number): Promise<Held> {
  const watch = new Watch(victim)
  const sockets = await attack.run(victim.port, count)
  await watch.until(({ handshakes, connections }) => handshakes + connections <= visitorsAtATime)
  for (const socket of sockets) socket.destroy()
  return watch.end()
}

/** Code is compiled, caches are filled: not the attack's. */
async function warmUp (port: number): Promise<void> {
  const visitors = new Visitors(port, 0)
  while (visitors.asked < 20) await delay(10)
  await visitors.leave()
}

/** Until the server has ended what it began; a visitor's connection may still be closing. */
async function nothingHeld (victim: Victim): Promise<Held> {
  for (;;) {
    const held = await victim.held('settle')
    if (held.handshakes === 0 && held.connections === 0) return held
    await delay(100)
  }
}

/** Looks at what a server holds, several times a second. */
class Watch {
  readonly #victim: Victim
  readonly #peak: Held
  readonly #watching: Promise<void>
  #going: boolean
  #look: (held: Held) => void

  constructor (victim: Victim) {
    this.#victim = victim
    this.#look = () => {}
    this.#peak = { rss: 0, heapUsed: 0, external: 0, handshakes: 0, connections: 0, accepted: 0 }
    this.#going = true
    this.#watching = this.#watch()
  }

  async end (): Promise<Held> {
    this.#going = false
    await this.#watching
    return this.#peak
  }

  /** Waits for a moment that is as wanted. */
  async until (wanted: (held: Held) => boolean): Promise<void> {
    await new Promise<void>((resolve) => { this.#look = (held) => { if (wanted(held)) resolve() } })
  }

  async #watch (): Promise<void> {
    while (this.#going) {
      const held = await this.#victim.held()
      this.#look(held)
      for (const name of Object.keys(held) as Array<keyof Held>) this.#peak[name] = Math.max(this.#peak[name], held[name])
      await delay(100)
    }
  }
}

/** The one that is served, and the one before that is closing. */
const visitorsAtATime = 2
