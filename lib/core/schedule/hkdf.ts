/** HKDF as TLS 1.3 uses it (RFC 8446 §7.1, RFC 5869). */
import type { Hash } from '../../../types/crypto.ts'
import { noBytes } from '../wire/bytes.ts'
import { encodeLatin1 } from '../wire/text.ts'

/** HKDF-Extract. */
export function extract (hash: Hash, salt: Uint8Array, keyMaterial: Uint8Array): Uint8Array {
  return hash.hmac(salt, keyMaterial)
}

/**
 * HKDF-Expand-Label(Secret, Label, Context, Length).
 * @param label without the prefix "tls13 "
 */
export function expandLabel (hash: Hash, secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const info = infoOf(label, context, length)
  // Nearly every output is one block long: T(1) = HMAC(secret, info | 0x01).
  const block = hash.hmac(secret, info)
  if (length === hash.length) return block
  return length < hash.length ? block.slice(0, length) : expandFurther(hash, secret, info, block, length)
}

/** What HKDF-Expand-Label takes beside the secret. */
export interface Expansion { readonly label: string, readonly context: Uint8Array, readonly length: number }

/** HKDF-Expand-Label of one secret, several times, which costs less together; each output is at most a block. */
export function expandLabels (hash: Hash, secret: Uint8Array, expansions: readonly Expansion[]): Uint8Array[] {
  const count = expansions.length
  const infos: Uint8Array[] = new Array(count)
  const lengths: number[] = new Array(count)
  for (let i = 0; i < count; i++) {
    const { label, context, length } = expansions[i]
    infos[i] = infoOf(label, context, length)
    lengths[i] = length
  }
  return hash.hmacs(secret, infos, lengths)
}

/** Derive-Secret(Secret, Label, Messages), given the transcript hash of the messages. */
export function deriveSecret (hash: Hash, secret: Uint8Array, label: string, transcriptHash: Uint8Array): Uint8Array {
  return expandLabel(hash, secret, label, transcriptHash, hash.length)
}

/** What Derive-Secret takes beside the secret. */
export interface Derivation { readonly label: string, readonly transcriptHash: Uint8Array }

/** Derive-Secret of one secret, several times. */
export function deriveSecrets (hash: Hash, secret: Uint8Array, derivations: readonly Derivation[]): Uint8Array[] {
  return expandLabels(hash, secret, derivations.map(({ label, transcriptHash }) => ({ label, context: transcriptHash, length: hash.length })))
}

/** RFC 5869 §2.3: T(i) = HMAC(secret, T(i-1) | info | i). */
function expandFurther (hash: Hash, secret: Uint8Array, info: Uint8Array, first: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length)
  const input = new Uint8Array(hash.length + info.length)
  input.set(info, hash.length)
  for (let block = first, at = 0, i = 1; ; block = hash.hmac(secret, input)) {
    output.set(block.subarray(0, length - at), at)
    at += hash.length
    if (at >= length) return output
    input.set(block)
    input[input.length - 1] = ++i
  }
}

/** The labels of the key schedule are few; an exporter's, which an application chooses, are not kept. */
function infoOf (label: string, context: Uint8Array, length: number): Uint8Array {
  const known = knownLabels.get(label)
  return known === undefined ? hkdfLabel(label, context, length) : known.info(context, length)
}

/** Keeps an HkdfLabel for each length of context and output; the context is written into it, and is a public value. */
class KnownLabel {
  readonly #label: string
  readonly #infos = new Map<number, Uint8Array>()

  constructor (label: string) {
    this.#label = label
  }

  /** @returns what is valid until the next call with such lengths */
  info (context: Uint8Array, length: number): Uint8Array {
    const lengths = context.length << 16 | length
    const kept = this.#infos.get(lengths)
    if (kept === undefined) return this.#keep(lengths, hkdfLabel(this.#label, context, length))
    if (context.length > 0) kept.set(context, kept.length - 1 - context.length) // of nothing it takes as long as all the rest
    return kept
  }

  #keep (lengths: number, info: Uint8Array): Uint8Array {
    this.#infos.set(lengths, info)
    return info
  }
}

/** Their contexts are empty or transcript hashes. Of `resumption` one secret has several outputs at once, of several nonces. */
const knownLabels: ReadonlyMap<string, KnownLabel> = new Map([
  'key', 'iv', 'finished', 'derived', 'res binder', 'ext binder', 'c e traffic', 'c hs traffic', 's hs traffic', 'c ap traffic', 's ap traffic',
  'exp master', 'res master', 'traffic upd'
].map((label) => [label, new KnownLabel(label)]))

/**
 *     struct {
 *         uint16 length = Length;
 *         opaque label<7..255> = "tls13 " + Label;
 *         opaque context<0..255> = Context;
 *     } HkdfLabel;
 *
 * with the counter of the first block behind it.
 */
function hkdfLabel (label: string, context: Uint8Array, length: number): Uint8Array {
  const name = encodeLatin1('tls13 ' + label)
  const info = new Uint8Array(2 + 1 + name.length + 1 + context.length + 1)
  info[0] = length >>> 8
  info[1] = length
  info[2] = name.length
  info.set(name, 3)
  info[3 + name.length] = context.length
  info.set(context, 4 + name.length)
  info[info.length - 1] = 1
  return info
}

/** The all-zero input that stands where a secret is absent. */
export function zeros (hash: Hash): Uint8Array {
  return hash.length === zeros32.length ? zeros32 : zeros48
}

/** Transcript-Hash(""), which every key schedule uses. */
export function digestOfNothing (hash: Hash): Uint8Array {
  let known = digestsOfNothing.get(hash)
  if (known === undefined) digestsOfNothing.set(hash, known = hash.digest(noBytes))
  return known
}

const digestsOfNothing = new WeakMap<Hash, Uint8Array>()
const zeros32 = new Uint8Array(32)
const zeros48 = new Uint8Array(48)
