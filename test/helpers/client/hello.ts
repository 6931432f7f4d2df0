/** ClientHello (RFC 8446 §4.1.2), made of fields each of which a test can replace. */
import { ascii, concat, equal, message, u8, u16, u32, vector } from './bytes.ts'
import { digest, KeySchedule, suiteOf, verifyData } from './key-schedule.ts'
import type { Suite } from './key-schedule.ts'
import type { KeyPair } from './groups.ts'

export interface Extension { readonly type: number, readonly body: Uint8Array }

/** What a NewSessionTicket leaves the client with. */
export interface Session {
  readonly ticket: Uint8Array
  readonly psk: Uint8Array
  readonly suite: Suite
  readonly lifetime: number
  readonly ageAdd: number
  readonly nonce: Uint8Array
  readonly extensions: ReadonlyMap<number, Uint8Array>
  /** Was the key agreed on outside of TLS? Then `ticket` is its identity, and of the suite only the hash counts. */
  readonly external?: boolean
}

export interface OfferedPsk {
  readonly session: Session
  /** Milliseconds since the ticket came, default 0. */
  readonly age?: number
  /** obfuscated_ticket_age itself. */
  readonly obfuscatedAge?: number
  /** Replaces the right binder. */
  readonly binder?: (right: Uint8Array) => Uint8Array
}

/** Everything a ClientHello says. */
export interface Hello {
  legacyVersion: number
  random: Uint8Array
  sessionId: Uint8Array
  cipherSuites: readonly number[]
  compressionMethods: readonly number[]
  supportedVersions: readonly number[] | null
  groups: readonly number[] | null
  shares: readonly KeyPair[] | null
  signatureSchemes: readonly number[] | null
  signatureSchemesCert: readonly number[] | null
  serverName: string | null
  alpnProtocols: readonly string[] | null
  pskModes: readonly number[] | null
  postHandshakeAuth: boolean
  /** RFC 9149: new_session_count, resumption_count. */
  ticketRequest: readonly [number, number] | null
  /** RFC 8449. Records of the server that are larger are an error of it. */
  recordSizeLimit: number | null
  /** RFC 8879: what the server's certificate may be compressed with. */
  compressionAlgorithms: readonly number[] | null
  /** RFC 6066 §8: is an OCSP response wanted? */
  statusRequest: boolean
  earlyData: boolean
  cookie: Uint8Array | null
  /** Offered with their binders, as the last extension. */
  psks: readonly OfferedPsk[]
  /** GREASE values (RFC 8701) in suites, versions, groups, shares, modes and extensions. */
  grease: boolean
  /** Appended before pre_shared_key. */
  extraExtensions: readonly Extension[]
  /** The last word on the extensions, pre_shared_key (with right lengths, binders zero) included. */
  editExtensions: (extensions: Extension[]) => Extension[]
  /** The last word on the bytes; they are what goes on the wire and into the transcript. */
  editMessage: (bytes: Uint8Array) => Uint8Array
}

/** A key that was agreed on outside of TLS, for the hash of that suite (RFC 8446 §4.2.11). */
export function externalPsk (identity: Uint8Array, psk: Uint8Array, suite: number = 0x1301): Session {
  return { ticket: identity, psk, suite: suiteOf(suite), lifetime: 0, ageAdd: 0, nonce: new Uint8Array(0), extensions: new Map(), external: true }
}

/** @param before the transcript that precedes this hello: empty, or message_hash and HelloRetryRequest */
export function encodeClientHello (hello: Hello, before: Uint8Array): Uint8Array {
  const unbound = message(1, encodeBody(hello))
  if (hello.psks.length === 0) return hello.editMessage(unbound)
  const bindersLength = hello.psks.reduce((sum, offered) => sum + 1 + offered.session.suite.hashLength, 2)
  const truncated = unbound.slice(0, unbound.length - bindersLength)
  const last = hello.editExtensions(extensionsOf(hello)).at(-1)
  if (last?.type !== extensionType.preSharedKey) return hello.editMessage(unbound)
  return hello.editMessage(concat(truncated, encodeBinders(hello.psks, concat(before, truncated))))
}

export function sni (name: Uint8Array): Uint8Array {
  return vector(2, u8(0), vector(2, name))
}

export function keyShares (shares: ReadonlyArray<Pick<KeyPair, 'group' | 'share'>>): Uint8Array {
  return vector(2, ...shares.map(({ group, share }) => concat(u16(group), vector(2, share))))
}

export function numbers (lengthWidth: number, width: 1 | 2, values: readonly number[]): Uint8Array {
  return vector(lengthWidth, ...values.map((value) => width === 1 ? u8(value) : u16(value)))
}

export function alpn (protocols: readonly string[]): Uint8Array {
  return vector(2, ...protocols.map((protocol) => vector(1, ascii(protocol))))
}

/** The extension of that type with another body; at its place, or at the end when there was none. */
export function replaceExtension (extensions: readonly Extension[], type: number, body: Uint8Array): Extension[] {
  const found = extensions.some((extension) => extension.type === type)
  if (!found) return [...extensions, { type, body }]
  return extensions.map((extension) => extension.type === type ? { type, body } : extension)
}

export function dropExtension (extensions: readonly Extension[], ...types: number[]): Extension[] {
  return extensions.filter((extension) => !types.includes(extension.type))
}

function encodeBody (hello: Hello): Uint8Array {
  const extensions = hello.editExtensions(extensionsOf(hello))
  return concat(
    u16(hello.legacyVersion),
    hello.random,
    vector(1, hello.sessionId),
    numbers(2, 2, hello.grease ? [0x0a0a, ...hello.cipherSuites] : hello.cipherSuites),
    numbers(1, 1, hello.compressionMethods),
    vector(2, ...extensions.map(({ type, body }) => concat(u16(type), vector(2, body))))
  )
}

function extensionsOf (hello: Hello): Extension[] {
  const out: Extension[] = []
  const grease = hello.grease
  const add = (type: number, body: Uint8Array): void => { out.push({ type, body }) }
  if (grease) add(0x1a1a, new Uint8Array(0))
  if (hello.serverName !== null) add(extensionType.serverName, sni(ascii(hello.serverName)))
  if (hello.groups !== null) add(extensionType.supportedGroups, numbers(2, 2, grease ? [0x2a2a, ...hello.groups] : hello.groups))
  if (hello.signatureSchemes !== null) add(extensionType.signatureAlgorithms, numbers(2, 2, hello.signatureSchemes))
  if (hello.signatureSchemesCert !== null) add(extensionType.signatureAlgorithmsCert, numbers(2, 2, hello.signatureSchemesCert))
  if (hello.alpnProtocols !== null) add(extensionType.alpn, alpn(hello.alpnProtocols))
  if (hello.supportedVersions !== null) add(extensionType.supportedVersions, numbers(1, 2, grease ? [0x3a3a, ...hello.supportedVersions] : hello.supportedVersions))
  if (hello.cookie !== null) add(extensionType.cookie, vector(2, hello.cookie))
  if (hello.pskModes !== null) add(extensionType.pskModes, numbers(1, 1, grease ? [0x0b, ...hello.pskModes] : hello.pskModes))
  if (hello.recordSizeLimit !== null) add(extensionType.recordSizeLimit, u16(hello.recordSizeLimit))
  if (hello.compressionAlgorithms !== null) add(extensionType.compressCertificate, numbers(1, 2, hello.compressionAlgorithms))
  if (hello.statusRequest) add(extensionType.statusRequest, concat(u8(1), vector(2), vector(2)))
  if (hello.postHandshakeAuth) add(extensionType.postHandshakeAuth, new Uint8Array(0))
  if (hello.ticketRequest !== null) add(extensionType.ticketRequest, concat(hello.ticketRequest))
  if (hello.shares !== null) add(extensionType.keyShare, keyShares(grease ? [{ group: 0x2a2a, share: u8(0) }, ...hello.shares] : hello.shares))
  if (hello.earlyData) add(extensionType.earlyData, new Uint8Array(0))
  if (grease) add(0x4a4a, u8(0))
  out.push(...hello.extraExtensions)
  if (hello.psks.length > 0) add(extensionType.preSharedKey, encodePsks(hello.psks))
  return out
}

function encodePsks (psks: readonly OfferedPsk[]): Uint8Array {
  const identities = psks.map(({ session, age = 0, obfuscatedAge }) =>
    concat(vector(2, session.ticket), u32(obfuscatedAge ?? (age + session.ageAdd) % 2 ** 32)))
  const binders = psks.map(({ session }) => vector(1, new Uint8Array(session.suite.hashLength)))
  return concat(vector(2, ...identities), vector(2, ...binders))
}

function encodeBinders (psks: readonly OfferedPsk[], truncated: Uint8Array): Uint8Array {
  return vector(2, ...psks.map(({ session, binder = (right) => right }) => {
    const schedule = new KeySchedule(session.suite, session.psk)
    const right = verifyData(session.suite, schedule.binderKey(session.external), truncated)
    return vector(1, binder(right))
  }))
}

/** The extensions of a ClientHello that a server may answer in EncryptedExtensions. */
export function offered (hello: Hello): number[] {
  const out: number[] = hello.extraExtensions.map((extension) => extension.type)
  if (hello.serverName !== null) out.push(extensionType.serverName)
  if (hello.groups !== null) out.push(extensionType.supportedGroups)
  if (hello.alpnProtocols !== null) out.push(extensionType.alpn)
  if (hello.ticketRequest !== null) out.push(extensionType.ticketRequest)
  if (hello.recordSizeLimit !== null) out.push(extensionType.recordSizeLimit)
  if (hello.earlyData) out.push(extensionType.earlyData)
  return out
}

/** RFC 8446 §4.4.1: what stands for the first ClientHello after a HelloRetryRequest. */
export function messageHash (suite: Suite, clientHello: Uint8Array): Uint8Array {
  return message(254, digest(suite, clientHello))
}

export function isHelloRetryRequest (random: Uint8Array): boolean {
  return equal(random, helloRetryRequestRandom)
}

export const extensionType = {
  serverName: 0,
  maxFragmentLength: 1,
  statusRequest: 5,
  supportedGroups: 10,
  signatureAlgorithms: 13,
  alpn: 16,
  padding: 21,
  compressCertificate: 27,
  recordSizeLimit: 28,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
  pskModes: 45,
  certificateAuthorities: 47,
  oidFilters: 48,
  postHandshakeAuth: 49,
  signatureAlgorithmsCert: 50,
  keyShare: 51,
  ticketRequest: 58
} as const

/** RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest". */
const helloRetryRequestRandom = digest({ hash: 'sha256' } as Suite, ascii('HelloRetryRequest'))
