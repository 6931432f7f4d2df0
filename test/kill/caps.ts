/** The caps on handshakes in progress, as they are by default. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { VictimOptions } from './victim.ts'
import { Victim, Visitors } from './victim.ts'

export interface Capped {
  /** Handshakes in progress when the rest was refused. */
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
    await steady(sockets)
    await visitors.leave() // or a handshake of theirs may be counted
    const { handshakes: held } = await victim.held()
    const refused = sockets.filter((socket) => socket.destroyed).length
    for (const socket of sockets) socket.destroy()
    return { held, refused, visitors }
  } finally {
    await victim.stop()
  }
}

/** Until no more is refused. */
async function steady (sockets: readonly Socket[]): Promise<void> {
  for (let refused = -1; ;) {
    const now = sockets.filter((socket) => socket.destroyed).length
    if (now === refused) return
    refused = now
    await delay(500)
  }
}
