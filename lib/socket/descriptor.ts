import type { Socket } from 'node:net'

/** @returns the file descriptor of a socket; -1 where there is none, as on Windows */
export function descriptorOf (raw: Socket): number {
  return (raw as Partial<WithHandle>)._handle?.fd ?? -1
}

/**
 * Keeps a socket's descriptor open while another thread writes to it, whoever destroys the socket meanwhile: the number of
 * one that was closed may be that of the next connection, which would be sent what was meant for this one.
 * @returns what ends the loan
 */
export function lendDescriptor (raw: Socket): () => void {
  const destroy = raw._destroy
  let postponed: (() => void) | null = null
  const postpone: Socket['_destroy'] = (error, callback) => { postponed = () => destroy.call(raw, error, callback) }
  raw._destroy = postpone
  return () => {
    raw._destroy = destroy
    postponed?.()
  }
}

interface WithHandle { readonly _handle: { readonly fd?: number } | null }
