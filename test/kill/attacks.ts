/** What hostile clients do, many at a time. Each attack goes on until the server has ended all of its connections. */
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { concat, connect, TestClient, u16 } from '../helpers/client/index.ts'
import type { ClientConnection } from '../helpers/client/index.ts'
import type { VictimOptions } from './victim.ts'

export interface Attack {
  readonly name: string
  readonly options: VictimOptions
  /** @returns the sockets of the attack, once each has done its worst */
  run (port: number, count: number): Promise<Socket[]>
}

/**
 * @param time milliseconds after which the server's time-outs end what an attack began
 * @param longTime the same for attacks whose clients need some time to get there: a handshake each
 */
export function attacks (time: number, longTime: number): Attack[] {
  // The caps are there to be raised by a server that can hold more; here they would hide what the connections cost.
  const open = { maxPendingHandshakes: 100_000, maxPendingHandshakesPerAddress: 100_000 }
  const timed = { ...open, handshakeTimeout: time }
  // Those that complete their handshakes need the time for it.
  const patient = { ...open, handshakeTimeout: 300_000 }
  const hello = new TestClient({ serverName: 'localhost' }).clientHello()
  return [
    { name: 'send nothing', options: { tls: timed }, run: (port, count) => many(count, () => tcp(port)) },
    { name: 'stop after the ClientHello', options: { tls: timed }, run: (port, count) => many(count, () => tcp(port, hello)) },
    {
      name: 'announce a ClientHello of 64 KiB and stop',
      options: { tls: timed },
      run: (port, count) => many(count, () => tcp(port, concat([22, 3, 1], u16(4), [1, 1, 0, 0])))
    },
    { name: 'send a ClientHello a byte at a time', options: { tls: timed }, run: (port, count) => slowly(port, count, hello) },
    {
      name: 'ask for 256 MiB and read nothing',
      options: { tls: patient, connectionTimeout: 2 * longTime },
      // A few of them fill 2.5 MB of the kernel's buffers each; where thousands have filled what it has, it takes less of each.
      run: (port, count) => many(count, async () => {
        const client = await secure(port)
        client.send('GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n')
        client.socket.pause()
        return client.socket
      })
    },
    {
      name: 'leave a certificate request without an answer',
      options: { tls: { ...patient, clientCertificateTimeout: longTime } },
      run: (port, count) => many(count, async () => {
        const client = await secure(port)
        client.send('GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n')
        await client.expectCertificateRequest()
        return client.socket
      })
    },
    {
      name: 'renew keys for ever, within the limit',
      options: { tls: patient },
      run: (port, count) => many(Math.ceil(count / 100), () => renew(port, 32, time))
    },
    {
      name: 'renew keys beyond the limit',
      options: { tls: patient },
      run: (port, count) => many(Math.ceil(count / 10), () => renew(port, 33, time))
    }
  ]
}

/** Not all at once: a backlog that is full makes the kernel wait, not the server. */
async function many (count: number, open: () => Promise<Socket>): Promise<Socket[]> {
  const sockets: Socket[] = []
  const worker = async (): Promise<void> => {
    while (count-- > 0) sockets.push(await open())
  }
  await Promise.all(Array.from({ length: 50 }, worker))
  return sockets
}

async function tcp (port: number, bytes: Uint8Array = new Uint8Array(0)): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (bytes.length > 0) socket.write(bytes)
  return socket.resume()
}

async function secure (port: number): Promise<ClientConnection> {
  const client = await connect(port, { serverName: 'localhost', postHandshakeAuth: true, verifyServer: false })
  await client.handshake()
  return client
}

/** One byte to every connection, then the next, until the server has had enough of all of them. */
async function slowly (port: number, count: number, bytes: Uint8Array): Promise<Socket[]> {
  const sockets = await many(count, () => tcp(port))
  const drip = async (): Promise<void> => {
    for (const byte of bytes) {
      const open = sockets.filter((socket) => socket.writable)
      if (open.length === 0) return
      for (const socket of open) socket.write(Uint8Array.of(byte))
      await delay(1000)
    }
  }
  drip().catch(() => {})
  return sockets
}

/** As many KeyUpdates in a row, then a byte, for so long or until the server ends it. */
async function renew (port: number, inARow: number, time: number): Promise<Socket> {
  const client = await secure(port)
  const { socket } = client
  client.send('GET / HTTP/1.1\r\nX: ')
  const end = Date.now() + time
  while (socket.writable && client.client.alerts.length === 0 && Date.now() < end) {
    const updates = Array.from({ length: inARow }, () => client.client.keyUpdate(1))
    if (!socket.write(concat(...updates, client.client.data('x')))) await drained(socket)
    await delay(1)
  }
  socket.end()
  return socket
}

/** Or closed: a reset is no failure of the attack. */
function drained (socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    socket.once('drain', resolve).once('close', () => resolve())
  })
}
