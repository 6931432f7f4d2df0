/**
 * The key schedule (RFC 8446 §7.1), a class for each secret: from each only that can be derived which the RFC draws from
 * it, and the secret itself is nowhere to be had.
 */
import type { Hash } from '../../../types/crypto.ts'
import { noBytes } from '../wire/bytes.ts'
import { deriveSecret, digestOfNothing, expandLabel, extract, zeros } from './hkdf.ts'

export class EarlySecret {
  readonly #hash: Hash
  readonly #secret: Uint8Array
  #derived: Uint8Array | null

  constructor (hash: Hash, psk: Uint8Array) {
    this.#hash = hash
    this.#secret = extract(hash, zeros(hash), psk)
    this.#derived = null
  }

  /** Of a full handshake: nothing secret goes into it, so that all have the same one. */
  static withoutPsk (hash: Hash): EarlySecret {
    let known = withoutPsk.get(hash)
    if (known === undefined) withoutPsk.set(hash, known = new EarlySecret(hash, zeros(hash)))
    return known
  }

  /** The key of a PSK's binder (§4.2.11.2): the label keeps one kind from being taken for the other. */
  binderKey (external: boolean): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, external ? 'ext binder' : 'res binder', digestOfNothing(this.#hash))
  }

  /** @param transcriptHash of the ClientHello */
  clientEarlyTrafficSecret (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 'c e traffic', transcriptHash)
  }

  /** @param sharedSecret of (EC)DHE; null where a PSK stands alone */
  handshakeSecret (sharedSecret: Uint8Array | null): HandshakeSecret {
    this.#derived ??= deriveSecret(this.#hash, this.#secret, 'derived', digestOfNothing(this.#hash))
    return new HandshakeSecret(this.#hash, extract(this.#hash, this.#derived, sharedSecret ?? zeros(this.#hash)))
  }
}

class HandshakeSecret {
  readonly #hash: Hash
  readonly #secret: Uint8Array

  constructor (hash: Hash, secret: Uint8Array) {
    this.#hash = hash
    this.#secret = secret
  }

  /** @param transcriptHash of ClientHello…ServerHello */
  clientHandshakeTrafficSecret (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 'c hs traffic', transcriptHash)
  }

  serverHandshakeTrafficSecret (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 's hs traffic', transcriptHash)
  }

  masterSecret (): MasterSecret {
    const derived = deriveSecret(this.#hash, this.#secret, 'derived', digestOfNothing(this.#hash))
    return new MasterSecret(this.#hash, extract(this.#hash, derived, zeros(this.#hash)))
  }
}

class MasterSecret {
  readonly #hash: Hash
  readonly #secret: Uint8Array

  constructor (hash: Hash, secret: Uint8Array) {
    this.#hash = hash
    this.#secret = secret
  }

  /** @param transcriptHash of ClientHello…server Finished */
  clientApplicationTrafficSecret0 (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 'c ap traffic', transcriptHash)
  }

  serverApplicationTrafficSecret0 (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 's ap traffic', transcriptHash)
  }

  exporterMasterSecret (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 'exp master', transcriptHash)
  }

  /** @param transcriptHash of ClientHello…client Finished */
  resumptionMasterSecret (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 'res master', transcriptHash)
  }
}

export type { HandshakeSecret, MasterSecret }

const withoutPsk = new WeakMap<Hash, EarlySecret>()

/** §7.2: the traffic secret that follows this one. */
export function nextTrafficSecret (hash: Hash, trafficSecret: Uint8Array): Uint8Array {
  return expandLabel(hash, trafficSecret, 'traffic upd', noBytes, hash.length)
}

/** §4.6.1: the PSK of the ticket with this nonce. */
export function resumptionPsk (hash: Hash, resumptionMasterSecret: Uint8Array, ticketNonce: Uint8Array): Uint8Array {
  return expandLabel(hash, resumptionMasterSecret, 'resumption', ticketNonce, hash.length)
}

/** §4.4.4: verify_data of Finished, and a binder, under their base key. */
export function finishedVerifyData (hash: Hash, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return hash.hmac(expandLabel(hash, baseKey, 'finished', noBytes, hash.length), transcriptHash)
}

/** §7.5: TLS-Exporter(label, context, length). */
export function exportKeyingMaterial (hash: Hash, exporterMasterSecret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const secret = deriveSecret(hash, exporterMasterSecret, label, digestOfNothing(hash))
  return expandLabel(hash, secret, 'exporter', hash.digest(context), length)
}
