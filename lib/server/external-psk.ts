/** The option `externalPsk`, in front of the core: its answers are an application's and are checked. */
import type { Tls13Options } from '../../types/options.ts'
import type { ExternalPsk, ExternalPskLookup } from '../../types/server.ts'
import { invalidOption } from '../errors.ts'
import { isObject } from './options/checks.ts'

type Option = NonNullable<Tls13Options['externalPsk']>

export function externalPskLookup (option: Option): ExternalPskLookup {
  return (identity) => {
    // A copy: the identity is part of a ClientHello, and the callback may keep it.
    const answer = option(Buffer.from(identity))
    return answer instanceof Promise ? answer.then(readAnswer) : readAnswer(answer)
  }
}

function readAnswer (answer: Awaited<ReturnType<Option>>): ExternalPsk | null {
  if (answer === null) return null
  if (answer instanceof Uint8Array) return checked({ key: answer, hash: 'sha256' })
  if (isObject(answer) && answer.key instanceof Uint8Array && hashes.includes(answer.hash)) return checked(answer)
  throw invalidOption('externalPsk', "gave neither bytes, nor { key, hash } with hash 'sha256' or 'sha384', nor null")
}

/** RFC 9257 §6: a PSK of less than 128 bits can be guessed off-line by whoever sees one handshake. */
function checked (psk: ExternalPsk): ExternalPsk {
  if (psk.key.length < minimumLength) throw invalidOption('externalPsk', `gave a key of ${psk.key.length} bytes: at least ${minimumLength} are needed`)
  return psk
}

const minimumLength = 16
const hashes: readonly string[] = ['sha256', 'sha384']
