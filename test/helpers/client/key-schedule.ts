/** The key schedule of RFC 8446 §7 on node:crypto, written apart from lib/core so that each checks the other. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import type { CipherCCMTypes } from 'node:crypto'
import { ascii, concat, u16, vector } from './bytes.ts'

export interface Suite {
  readonly id: number
  readonly name: string
  readonly hash: 'sha256' | 'sha384'
  readonly hashLength: number
  readonly cipher: string
  readonly keyLength: number
  readonly tagLength: number
}

export const suites: readonly Suite[] = [
  { id: 0x1301, name: 'TLS_AES_128_GCM_SHA256', hash: 'sha256', hashLength: 32, cipher: 'aes-128-gcm', keyLength: 16, tagLength: 16 },
  { id: 0x1302, name: 'TLS_AES_256_GCM_SHA384', hash: 'sha384', hashLength: 48, cipher: 'aes-256-gcm', keyLength: 32, tagLength: 16 },
  { id: 0x1303, name: 'TLS_CHACHA20_POLY1305_SHA256', hash: 'sha256', hashLength: 32, cipher: 'chacha20-poly1305', keyLength: 32, tagLength: 16 },
  { id: 0x1304, name: 'TLS_AES_128_CCM_SHA256', hash: 'sha256', hashLength: 32, cipher: 'aes-128-ccm', keyLength: 16, tagLength: 16 },
  { id: 0x1305, name: 'TLS_AES_128_CCM_8_SHA256', hash: 'sha256', hashLength: 32, cipher: 'aes-128-ccm', keyLength: 16, tagLength: 8 }
]

export function suiteOf (id: number): Suite {
  const suite = suites.find((candidate) => candidate.id === id)
  if (suite === undefined) throw new Error(`the client knows no cipher suite 0x${id.toString(16)}`)
  return suite
}

export function digest (suite: Suite, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(suite.hash).update(data).digest())
}

export function hmac (suite: Suite, key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(suite.hash, key).update(data).digest())
}

/** HKDF-Extract (RFC 5869 §2.2). */
export function extract (suite: Suite, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac(suite, salt, ikm)
}

/** HKDF-Expand-Label (RFC 8446 §7.1). */
export function expandLabel (suite: Suite, secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const info = concat(u16(length), vector(1, ascii('tls13 ' + label)), vector(1, context))
  let block = new Uint8Array(0)
  let out = new Uint8Array(0)
  for (let counter = 1; out.length < length; counter++) {
    block = Uint8Array.from(hmac(suite, secret, concat(block, info, [counter])))
    out = Uint8Array.from(concat(out, block))
  }
  return out.slice(0, length)
}

/** Derive-Secret over messages (RFC 8446 §7.1). */
export function deriveSecret (suite: Suite, secret: Uint8Array, label: string, messages: Uint8Array): Uint8Array {
  return expandLabel(suite, secret, label, digest(suite, messages), suite.hashLength)
}

export function zeros (suite: Suite): Uint8Array {
  return new Uint8Array(suite.hashLength)
}

/** Finished.verify_data (RFC 8446 §4.4.4); `transcript` is the bytes of the messages. */
export function verifyData (suite: Suite, baseKey: Uint8Array, transcript: Uint8Array): Uint8Array {
  return hmac(suite, expandLabel(suite, baseKey, 'finished', new Uint8Array(0), suite.hashLength), digest(suite, transcript))
}

/** The exporter (RFC 8446 §7.5). */
export function exporter (suite: Suite, master: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array {
  const secret = deriveSecret(suite, master, label, new Uint8Array(0))
  return expandLabel(suite, secret, 'exporter', digest(suite, context), length)
}

/** The secrets of one handshake, each known as soon as the client can know it. */
export class KeySchedule {
  readonly suite: Suite
  readonly early: Uint8Array
  clientHandshake: Uint8Array
  serverHandshake: Uint8Array
  master: Uint8Array
  clientApplication: Uint8Array
  serverApplication: Uint8Array
  exporterMaster: Uint8Array
  resumptionMaster: Uint8Array

  constructor (suite: Suite, psk: Uint8Array | null) {
    this.suite = suite
    this.early = extract(suite, zeros(suite), psk ?? zeros(suite))
    this.clientHandshake = this.serverHandshake = this.master = new Uint8Array(0)
    this.clientApplication = this.serverApplication = this.exporterMaster = this.resumptionMaster = new Uint8Array(0)
  }

  /** @param external was the PSK agreed on outside of TLS? */
  binderKey (external: boolean = false): Uint8Array {
    return deriveSecret(this.suite, this.early, external ? 'ext binder' : 'res binder', new Uint8Array(0))
  }

  clientEarlyTraffic (clientHello: Uint8Array): Uint8Array {
    return deriveSecret(this.suite, this.early, 'c e traffic', clientHello)
  }

  /** @param transcript ClientHello … ServerHello; `shared` null is psk_ke */
  handshake (shared: Uint8Array | null, transcript: Uint8Array): void {
    const salt = deriveSecret(this.suite, this.early, 'derived', new Uint8Array(0))
    const secret = extract(this.suite, salt, shared ?? zeros(this.suite))
    this.clientHandshake = deriveSecret(this.suite, secret, 'c hs traffic', transcript)
    this.serverHandshake = deriveSecret(this.suite, secret, 's hs traffic', transcript)
    this.master = extract(this.suite, deriveSecret(this.suite, secret, 'derived', new Uint8Array(0)), zeros(this.suite))
  }

  /** @param transcript ClientHello … server Finished */
  application (transcript: Uint8Array): void {
    this.clientApplication = deriveSecret(this.suite, this.master, 'c ap traffic', transcript)
    this.serverApplication = deriveSecret(this.suite, this.master, 's ap traffic', transcript)
    this.exporterMaster = deriveSecret(this.suite, this.master, 'exp master', transcript)
  }

  /** @param transcript ClientHello … client Finished */
  resumption (transcript: Uint8Array): void {
    this.resumptionMaster = deriveSecret(this.suite, this.master, 'res master', transcript)
  }

  ticketPsk (nonce: Uint8Array): Uint8Array {
    return expandLabel(this.suite, this.resumptionMaster, 'resumption', nonce, this.suite.hashLength)
  }
}

/** One direction under one traffic secret (RFC 8446 §5.2, §5.3, §7.2). */
export class TrafficKeys {
  readonly suite: Suite
  secret: Uint8Array
  key: Uint8Array
  iv: Uint8Array
  sequence: number

  constructor (suite: Suite, secret: Uint8Array) {
    this.suite = suite
    this.secret = secret
    this.key = this.iv = secret
    this.sequence = 0
    this.#derive()
  }

  /** The next generation of application keys. */
  update (): void {
    this.secret = expandLabel(this.suite, this.secret, 'traffic upd', new Uint8Array(0), this.suite.hashLength)
    this.#derive()
  }

  /** @returns header, ciphertext and tag of TLSInnerPlaintext `inner` */
  seal (inner: Uint8Array, header?: { type?: number, version?: number, length?: number }): Uint8Array {
    const { cipher: name, tagLength } = this.suite
    const length = header?.length ?? inner.length + tagLength
    const head = concat([header?.type ?? 23], u16(header?.version ?? 0x0303), u16(length))
    const cipher = createCipheriv(name as CipherCCMTypes, this.key, this.#nonce(), { authTagLength: tagLength })
    cipher.setAAD(head, { plaintextLength: inner.length })
    return concat(head, cipher.update(inner), cipher.final(), cipher.getAuthTag())
  }

  /** @returns TLSInnerPlaintext, padding included; null when the tag is wrong (the sequence number stays) */
  open (header: Uint8Array, payload: Uint8Array): Uint8Array | null {
    const { cipher: name, tagLength } = this.suite
    const end = payload.length - tagLength
    if (end < 1) return null
    const cipher = createDecipheriv(name as CipherCCMTypes, this.key, this.#nonce(), { authTagLength: tagLength })
    cipher.setAuthTag(payload.slice(end))
    cipher.setAAD(header, { plaintextLength: end })
    try {
      // AES-CCM throws in update, the others in final.
      return concat(cipher.update(payload.slice(0, end)), cipher.final())
    } catch {
      this.sequence--
      return null
    }
  }

  #nonce (): Uint8Array {
    const nonce = this.iv.slice()
    for (let index = 11, rest = this.sequence++; rest > 0; index--) {
      nonce[index] = nonce[index]! ^ (rest % 256)
      rest = Math.floor(rest / 256)
    }
    return nonce
  }

  #derive (): void {
    this.key = expandLabel(this.suite, this.secret, 'key', new Uint8Array(0), this.suite.keyLength)
    this.iv = expandLabel(this.suite, this.secret, 'iv', new Uint8Array(0), 12)
    this.sequence = 0
  }
}
