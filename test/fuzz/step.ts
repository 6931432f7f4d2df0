/** What is done to a connection, one thing after another: the input of the fuzzer, and how it is written down. */
import type { Node } from './tree.ts'

export interface Step {
  /**
   * - `wire`: bytes as they are;
   * - `record`: content in a record of `type`, sealed where there are keys, `extra` bytes of padding behind it;
   * - `damaged`: the same, with bits of the sealed record changed at a place, both in `extra`;
   * - `hello`: a ClientHello whose binders are made right, whatever else is wrong with it;
   * - `state`: a session state, sealed as a ticket and offered in a right ClientHello;
   * - `ticket`: a ticket, offered in a right ClientHello;
   * - `answer`: a Certificate message, with the CertificateVerify and Finished that make it good;
   * - `call`: what an application does, number `type`.
   */
  readonly kind: Kind
  readonly type: number
  readonly bytes: Uint8Array
  readonly extra: number
  /** Delivered in pieces of that many bytes; 0: in one. */
  readonly piece: number
  /** What was found in the bytes, once somebody looked. */
  structure?: Node
}

export const kinds = ['wire', 'record', 'damaged', 'hello', 'state', 'ticket', 'answer', 'call'] as const
export type Kind = typeof kinds[number]

/** What applications do with a connection. */
export const calls = [
  'send', 'close', 'requestClientCertificate', 'requestOptional', 'updateKeys', 'updateKeysBoth', 'sendTickets',
  'exportKeyingMaterial', 'numTickets', 'clientAuthTimedOut', 'abort', 'disconnected'
] as const

export function step (kind: Kind, bytes: Uint8Array, { type = 22, extra = 0, piece = 0 }: Partial<Step> = {}): Step {
  return { kind, type, bytes, extra, piece }
}

export function call (name: typeof calls[number]): Step {
  return step('call', new Uint8Array(0), { type: calls.indexOf(name) })
}

/** One line, `kind:type:extra:piece:hex` after another. */
export function writeSteps (steps: readonly Step[]): string {
  return steps.map(({ kind, type, bytes, extra, piece }) => [kind, type, extra, piece, Buffer.from(bytes).toString('hex')].join(':')).join(',')
}

export function readSteps (line: string): Step[] {
  return line.split(',').map((word) => {
    const [kind, type, extra, piece, bytes] = word.split(':') as [Kind, string, string, string, string]
    if (!kinds.includes(kind)) throw new Error(`no step ${word}`)
    return { kind, type: Number(type), extra: Number(extra), piece: Number(piece), bytes: Uint8Array.from(Buffer.from(bytes, 'hex')) }
  })
}
