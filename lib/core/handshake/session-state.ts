/**
 * What a ticket holds: everything a resumption is checked against, and nothing that is taken on trust. A ticket is our own,
 * so the format is too; its version stands first.
 *
 *     struct {
 *         uint8  version = 2;
 *         opaque policy<0..255>;
 *         uint16 cipher_suite;
 *         opaque psk<0..255>;
 *         uint64 issued_at;          Unix time in milliseconds
 *         uint64 authenticated_at;   of the full handshake that this goes back to
 *         uint32 lifetime;           seconds
 *         uint32 ticket_age_add;
 *         uint32 max_early_data_size;
 *         opaque server_name<0..255>;
 *         opaque alpn_protocol<0..255>;
 *         uint8  authorized;
 *         opaque chain<0..2^24-1>;   of opaque certificate<1..2^24-1>, empty without a client certificate
 *     } SessionState;
 */
import type { Hash } from '../../../types/crypto.ts'
import type { SecureContext } from '../../../types/credentials.ts'
import type { ServerConfiguration } from '../../../types/server.ts'
import { plain } from '../wire/memory.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { decodeLatin1, encodeLatin1 } from '../wire/text.ts'

export interface SessionState {
  readonly policy: Uint8Array
  readonly cipherSuite: number
  readonly psk: Uint8Array
  readonly issuedAt: number
  readonly authenticatedAt: number
  readonly lifetime: number
  /** What the client adds to the ticket's age when it tells it (RFC 8446 §4.2.11.1). */
  readonly ticketAgeAdd: number
  /** Bytes of early data that it allows; 0: none. */
  readonly maxEarlyDataSize: number
  /** Empty when the client named none. */
  readonly serverName: string
  readonly alpnProtocol: string
  /** Was the client's chain authorized? It is verified again all the same. */
  readonly authorized: boolean
  readonly chain: readonly Uint8Array[]
}

/** The policy a session is bound to: the context's, and how this server treats clients' certificates. Every handshake asks for it. */
export function sessionPolicy (hash: Hash, context: SecureContext, configuration: ServerConfiguration): Uint8Array {
  const modes = Number(configuration.requestCert) | Number(configuration.rejectUnauthorized) << 1
  let known = policies.get(context)
  if (known === undefined) policies.set(context, known = [])
  known[modes] ??= hash.digest(new Writer(40).opaque8(context.policy).u8(modes).toBytes())
  return known[modes]
}

/** Of each context, by modes. */
const policies = new WeakMap<SecureContext, Uint8Array[]>()

/** @returns what is secret: the caller's to wipe */
export function encodeSessionState (state: SessionState): Uint8Array {
  // Room for all of it: a writer that grows leaves what it has written behind.
  const variable = state.policy.length + state.psk.length + state.serverName.length + state.alpnProtocol.length
  const writer = new Writer(state.chain.reduce((length, certificate) => length + 3 + certificate.length, fixedLength + variable))
  writer.u8(version).opaque8(state.policy).u16(state.cipherSuite).opaque8(state.psk)
  writer.u64(state.issuedAt).u64(state.authenticatedAt).u32(state.lifetime)
  writer.u32(state.ticketAgeAdd).u32(state.maxEarlyDataSize)
  writer.opaque8(encodeLatin1(state.serverName)).opaque8(encodeLatin1(state.alpnProtocol)).u8(Number(state.authorized))
  const chain = writer.open(3)
  for (const certificate of state.chain) writer.opaque24(certificate)
  return writer.close(chain, 3).view()
}

/** @returns null when it is not a state of ours, or of another version; the key is a view of the bytes */
export function decodeSessionState (bytes: Uint8Array): SessionState | null {
  try {
    const reader = new Reader(plain(bytes))
    return reader.u8() === version ? decodeFields(reader) : null
  } catch {
    return null // the one thing a reader throws is that it cannot read on
  }
}

function decodeFields (reader: Reader): SessionState {
  const state = {
    policy: reader.opaque8(),
    cipherSuite: reader.u16(),
    psk: reader.opaque8(),
    issuedAt: reader.u64(),
    authenticatedAt: reader.u64(),
    lifetime: reader.u32(),
    ticketAgeAdd: reader.u32(),
    maxEarlyDataSize: reader.u32(),
    serverName: decodeLatin1(reader.opaque8()),
    alpnProtocol: decodeLatin1(reader.opaque8()),
    authorized: reader.u8() === 1,
    chain: [] as Uint8Array[]
  }
  const chain = reader.vector24()
  // Copies: the chain is the client's identity from now on, and stays as long as the connection.
  while (chain.remaining > 0) state.chain.push(new Uint8Array(chain.opaque24(1)))
  reader.finish('SessionState')
  return state
}

const version = 2

/** Bytes of all fields whose length is the same for all, and of the lengths of the others. */
const fixedLength = 39
