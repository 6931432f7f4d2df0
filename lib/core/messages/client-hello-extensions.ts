/** The bodies of the extensions that a ClientHello carries, one RFC struct a function. */
import { CertificateStatusType, NameType } from '../constants.ts'
import { fail } from '../errors.ts'
import type { Reader } from '../wire/reader.ts'
import { decodeLatin1 } from '../wire/text.ts'

/** RFC 8446 §4.2.8. */
export interface KeyShareEntry { readonly group: number, readonly keyExchange: Uint8Array }

/** RFC 8446 §4.2.11. */
export interface PskIdentity { readonly identity: Uint8Array, readonly obfuscatedTicketAge: number }

export interface OfferedPsks {
  readonly identities: readonly PskIdentity[]
  readonly binders: readonly Uint8Array[]
  /** Where the list of binders starts in the message: what is before it is what they are computed over. */
  readonly bindersOffset: number
}

/** RFC 9149 §3. */
export interface TicketRequest { readonly newSessionCount: number, readonly resumptionCount: number }

/** `ProtocolVersion versions<2..254>` (§4.2.1). */
export function decodeSupportedVersions (data: Reader): number[] {
  return data.vector8(2, 254).u16s()
}

/** `NamedGroup named_group_list<2..2^16-1>` (§4.2.7), `SignatureScheme supported_signature_algorithms<2..2^16-2>` (§4.2.3). */
export function decodeU16List (data: Reader): number[] {
  return data.vector16(2, 2 ** 16 - 1).u16s()
}

/**
 * RFC 6066 §3: `ServerName server_name_list<1..2^16-1>`, each a NameType and, for host_name, `opaque HostName<1..2^16-1>`.
 * A name is an A-label: ASCII without NUL, at most 255 bytes. Lower case is our canonical form of it.
 */
export function decodeServerName (data: Reader): string | null {
  const list = data.vector16(1)
  let serverName: string | null = null
  while (list.remaining > 0) {
    if (list.u8() !== NameType.host_name) fail('DECODE_ERROR', 'a NameType other than host_name')
    const name = list.opaque16(1)
    // "The ServerNameList MUST NOT contain more than one name of the same name_type."
    if (serverName !== null) fail('LEGACY_PARAMETER', 'two host names in server_name')
    if (name.length > 255 || name.some((byte) => byte <= 0x20 || byte >= 0x7f)) fail('UNRECOGNIZED_NAME', 'the host name in server_name is none')
    serverName = decodeLatin1(name[name.length - 1] === dot ? name.subarray(0, -1) : name).toLowerCase()
  }
  return serverName
}

/** That of a name which says that it is complete (RFC 1034 §3.1). */
const dot = 0x2e

/** RFC 7301 §3.1: `ProtocolName protocol_name_list<2..2^16-1>`, each `opaque ProtocolName<1..2^8-1>`. */
export function decodeAlpn (data: Reader): string[] {
  const list = data.vector16(2)
  const protocols: string[] = []
  while (list.remaining > 0) protocols.push(decodeLatin1(list.opaque8(1)))
  return protocols
}

/** `KeyShareEntry client_shares<0..2^16-1>` (§4.2.8). */
export function decodeKeyShares (data: Reader): KeyShareEntry[] {
  const list = data.vector16()
  const shares: KeyShareEntry[] = []
  while (list.remaining > 0) {
    const group = list.u16()
    const keyExchange = list.opaque16()
    // The vector has a minimum of one byte, and an empty share is a value that no group has.
    if (keyExchange.length === 0) fail('BAD_KEY_SHARE', `the key share of group ${group} is empty`)
    // "Clients MUST NOT offer multiple KeyShareEntry values for the same group."
    if (shares.some((share) => share.group === group)) fail('BAD_KEY_SHARE', `two key shares of group ${group}`)
    shares.push({ group, keyExchange })
  }
  return shares
}

/** `PskKeyExchangeMode ke_modes<1..255>` (§4.2.9). */
export function decodePskKeyExchangeModes (data: Reader): Uint8Array {
  return data.opaque8(1)
}

/** `opaque cookie<1..2^16-1>` (§4.2.2). */
export function decodeCookie (data: Reader): Uint8Array {
  return data.opaque16(1)
}

/** RFC 9149 §3: `uint8 new_session_count; uint8 resumption_count`. */
export function decodeTicketRequest (data: Reader): TicketRequest {
  return { newSessionCount: data.u8(), resumptionCount: data.u8() }
}

/**
 * RFC 8449 §4: `uint16 RecordSizeLimit`. "Endpoints MUST NOT send a record_size_limit extension with a value smaller than
 * 64. An endpoint MUST treat receipt of a smaller value as a fatal error and generate an illegal_parameter alert."
 */
export function decodeRecordSizeLimit (data: Reader): number {
  const limit = data.u16()
  if (limit < 64) fail('BAD_RECORD_SIZE_LIMIT', `a record_size_limit of ${limit}`)
  return limit
}

/** RFC 8879 §3: `CertificateCompressionAlgorithm algorithms<2..2^8-2>`. */
export function decodeCompressionAlgorithms (data: Reader): number[] {
  return data.vector8(2, 254).u16s()
}

/** RFC 6066 §8: is an OCSP response wanted? Other status types are not known, and their bodies not read. */
export function decodeStatusRequest (data: Reader): boolean {
  if (data.u8() !== CertificateStatusType.ocsp) {
    data.take(data.remaining)
    return false
  }
  data.opaque16()
  data.opaque16()
  return true
}

/** `PskIdentity identities<7..2^16-1>; PskBinderEntry binders<33..2^16-1>` (§4.2.11). */
export function decodeOfferedPsks (data: Reader): OfferedPsks {
  const list = data.vector16(7)
  const identities: PskIdentity[] = []
  while (list.remaining > 0) identities.push({ identity: list.opaque16(1), obfuscatedTicketAge: list.u32() })
  const bindersOffset = data.offset
  const binderList = data.vector16(33)
  const binders: Uint8Array[] = []
  while (binderList.remaining > 0) binders.push(binderList.opaque8(32))
  if (binders.length !== identities.length) fail('BAD_PSK', `${identities.length} PSK identities and ${binders.length} binders`)
  return { identities, binders, bindersOffset }
}
