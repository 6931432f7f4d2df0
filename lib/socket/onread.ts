import { Socket } from 'node:net'

/** Called with the socket as `this`, when so many bytes were read into the buffer that all sockets share. */
type Callback = (this: Socket, length: number, shared: Uint8Array) => void

/**
 * Lets a socket that a server accepted be read as by net.Socket's option `onread`: into one buffer for all sockets, without
 * events. As a stream a socket is given 64 KiB of new memory for each read, and that is a tenth of what a short request
 * takes. Node gives the option to who makes a socket, and a server's sockets it makes itself; so where it keeps the option
 * is learned from a socket of ours.
 * What is in the stream already comes as `data`, and so does everything where Node keeps the option somewhere else.
 */
export function onread (raw: Socket, callback: Callback): void {
  const socket = raw as unknown as Partial<WithHandle> & Record<symbol, unknown>
  const handle = socket._handle
  if (places === null || !takesBuffer(handle)) return
  socket[places.buffer] = shared
  socket[places.callback] = callback
  handle.useUserBuffer(shared)
}

function takesBuffer (handle: unknown): handle is TakesBuffer {
  return typeof (handle as Partial<TakesBuffer> | null | undefined)?.useUserBuffer === 'function'
}

/** @returns null when this version of Node keeps the option elsewhere */
function findPlaces (): { readonly buffer: symbol, readonly callback: symbol } | null {
  const callback: Callback = () => {}
  const socket = new Socket({ onread: { buffer: shared, callback } } as object)
  const placeOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(socket).find((symbol) => (socket as unknown as Record<symbol, unknown>)[symbol] === value)
  const buffer = placeOf(shared)
  const of = placeOf(callback)
  return buffer === undefined || of === undefined ? null : { buffer, callback: of }
}

interface WithHandle { readonly _handle: unknown }
interface TakesBuffer { useUserBuffer (buffer: Uint8Array): void }

/** Bytes; as much as libuv asks for when it reads a stream. */
const shared = new Uint8Array(65_536)
const places = findPlaces()
