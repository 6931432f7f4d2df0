/** The caps on handshakes in progress, as they are by default. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { VictimOptions } from './victim.ts'
import { Victim, Visitors } from './victim.ts'

export interface Capped {
  /** The most handshakes in progress at any time. */
  readonly held: number
  /** Connections that the server closed at once. */
  readonly refused: number
  readonly visitors: Visitors
}

/** That many connections from one address say nothing, while somebody from another one visits. */
export async function capped (count: number, options: VictimOptions = {}): Promise<Capped> {
  const victim = await Victim.start(options)
  try {
    const visitors = new Visitors(victim.port, 50)
    const sockets: Socket[] = []
    for (let opened = 0; opened < count; opened++) {
      const socket = connect({ port: victim.port, host: '127.0.0.1', localAddress: '127.0.0.1' }).on('error', () => {}).resume()
      sockets.push(socket)
      if (opened % 50 === 0) await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    }
    const { handshakes: held } = await steady(victim, sockets)
    await visitors.leave()
    const refused = sockets.filter((socket) => socket.destroyed).length
    for (const socket of sockets) socket.destroy()
    return { held, refused, visitors }
  } finally {
    await victim.stop()
  }
}

/** Until no more is refused, and somebody has been served meanwhile. */
async function steady (victim: Victim, sockets: readonly Socket[]): Promise<{ handshakes: number }> {
  for (let refused = -1; ;) {
    const now = sockets.filter((socket) => socket.destroyed).length
    if (now === refused) return victim.held()
    refused = now
    await delay(500)
  }
}
