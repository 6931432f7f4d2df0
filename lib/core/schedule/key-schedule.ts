/**
 * The key schedule (RFC 8446 §7.1), a class for each secret: from each only that can be derived which the RFC draws from
 * it, and the secret itself is nowhere to be had. What it draws at one point is derived in one call, which costs less.
 */
import type { Hash } from '../../../types/crypto.ts'
import { noBytes } from '../wire/bytes.ts'
import { deriveSecret, deriveSecrets, digestOfNothing, expandLabel, expandLabels, extract, zeros } from './hkdf.ts'

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

  /**
   * The key of a PSK's binder (§4.2.11.2): the label keeps one kind from being taken for the other. Once it is verified the
   * handshake secret follows, so that what this is made of is derived with it.
   */
  binderKey (external: boolean): Uint8Array {
    const nothing = digestOfNothing(this.#hash)
    const secrets = deriveSecrets(this.#hash, this.#secret, [
      { label: external ? 'ext binder' : 'res binder', transcriptHash: nothing },
      { label: 'derived', transcriptHash: nothing }
    ])
    this.#derived = secrets[1]
    return secrets[0]
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
  derive (transcriptHash: Uint8Array): HandshakeSecrets {
    const hash = this.#hash
    const secrets = deriveSecrets(hash, this.#secret, [
      { label: 'c hs traffic', transcriptHash },
      { label: 's hs traffic', transcriptHash },
      { label: 'derived', transcriptHash: digestOfNothing(hash) }
    ])
    return {
      clientHandshakeTrafficSecret: secrets[0],
      serverHandshakeTrafficSecret: secrets[1],
      masterSecret: new MasterSecret(hash, extract(hash, secrets[2], zeros(hash)))
    }
  }
}

export interface HandshakeSecrets {
  readonly clientHandshakeTrafficSecret: Uint8Array
  readonly serverHandshakeTrafficSecret: Uint8Array
  readonly masterSecret: MasterSecret
}

class MasterSecret {
  readonly #hash: Hash
  readonly #secret: Uint8Array

  constructor (hash: Hash, secret: Uint8Array) {
    this.#hash = hash
    this.#secret = secret
  }

  /** @param transcriptHash of ClientHello…server Finished */
  derive (transcriptHash: Uint8Array): ApplicationSecrets {
    const secrets = deriveSecrets(this.#hash, this.#secret, [
      { label: 'c ap traffic', transcriptHash },
      { label: 's ap traffic', transcriptHash },
      { label: 'exp master', transcriptHash }
    ])
    return { clientApplicationTrafficSecret0: secrets[0], serverApplicationTrafficSecret0: secrets[1], exporterMasterSecret: secrets[2] }
  }

  /** @param transcriptHash of ClientHello…client Finished */
  resumptionMasterSecret (transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#hash, this.#secret, 'res master', transcriptHash)
  }
}

export interface ApplicationSecrets {
  readonly clientApplicationTrafficSecret0: Uint8Array
  readonly serverApplicationTrafficSecret0: Uint8Array
  readonly exporterMasterSecret: Uint8Array
}

export type { HandshakeSecret, MasterSecret }

const withoutPsk = new WeakMap<Hash, EarlySecret>()

/** §7.2: the traffic secret that follows this one. */
export function nextTrafficSecret (hash: Hash, trafficSecret: Uint8Array): Uint8Array {
  return expandLabel(hash, trafficSecret, 'traffic upd', noBytes, hash.length)
}

/** §4.6.1: the PSKs of the tickets with these nonces. */
export function resumptionPsks (hash: Hash, resumptionMasterSecret: Uint8Array, ticketNonces: readonly Uint8Array[]): Uint8Array[] {
  return expandLabels(hash, resumptionMasterSecret, ticketNonces.map((ticketNonce) => ({ label: 'resumption', context: ticketNonce, length: hash.length })))
}

/** §4.4.4: verify_data of Finished, and a binder, under their base key. */
export function finishedVerifyData (hash: Hash, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return verifyData(hash, expandLabel(hash, baseKey, 'finished', noBytes, hash.length), transcriptHash)
}

/** The same, where finished_key was derived before. */
export function verifyData (hash: Hash, finishedKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return hash.hmac(finishedKey, transcriptHash)
}

/** §7.5: TLS-Exporter(label, context, length). */
export function exportKeyingMaterial (hash: Hash, exporterMasterSecret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const secret = deriveSecret(hash, exporterMasterSecret, label, digestOfNothing(hash))
  return expandLabel(hash, secret, 'exporter', hash.digest(context), length)
}
