/** What a ClientHello and our configuration have in common (RFC 8446 §4.1.1, §9.2). Pure: nothing is written or kept. */
import type { CipherSuite, NamedGroup } from '../../../types/crypto.ts'
import type { Credential, SecureContext } from '../../../types/credentials.ts'
import type { ServerConfiguration } from '../../../types/server.ts'
import { PskKeyExchangeMode } from '../constants.ts'
import { fail } from '../errors.ts'
import { equalBytes, noBytes } from '../wire/bytes.ts'
import { isSameClientHello, offersTls13, type ClientHello } from '../messages/client-hello.ts'

export interface Negotiated {
  readonly suite: CipherSuite
  readonly alpnProtocol: string | null
}

/** A group and the client's share of it. */
export interface KeyExchange {
  readonly group: NamedGroup
  readonly keyShare: Uint8Array
}

/** Checks that concern one ClientHello by itself. */
export function checkClientHello (hello: ClientHello, configuration: ServerConfiguration): void {
  if (!offersTls13(hello)) fail('PROTOCOL_VERSION', 'the client does not speak TLS 1.3')
  // §4.1.2: "this vector MUST contain exactly one byte, set to zero".
  if (hello.legacyCompressionMethods.length !== 1 || hello.legacyCompressionMethods[0] !== 0) {
    fail('LEGACY_PARAMETER', 'legacy_compression_methods is not one zero')
  }
  // §4.2.9: "If clients offer pre_shared_key without a psk_key_exchange_modes extension, servers MUST abort the handshake."
  if (hello.preSharedKey !== null && hello.pskKeyExchangeModes === null) fail('MISSING_EXTENSION', 'pre_shared_key without psk_key_exchange_modes')
  // §9.2: each only with the other, and neither only where a PSK can stand alone.
  if (hello.supportedGroups === null && (hello.keyShares !== null || !pskStandsAlone(hello, configuration))) fail('MISSING_EXTENSION', 'no supported_groups')
  if (hello.keyShares === null && hello.supportedGroups !== null) fail('MISSING_EXTENSION', 'no key_share')
  if (hello.preSharedKey === null && hello.signatureSchemes === null) fail('MISSING_EXTENSION', 'no signature_algorithms')
  // §4.2.8: "Clients MUST NOT offer any KeyShareEntry values for groups not listed in the client's supported_groups".
  if (hello.keyShares?.some((share) => !hello.supportedGroups?.includes(share.group))) fail('BAD_KEY_SHARE', 'a key share of a group that is not supported')
}

/** §4.1.2, §4.2.8: the second ClientHello answers the HelloRetryRequest and changes nothing else. */
export function checkSecondClientHello (first: ClientHello, second: ClientHello, group: number, cookie: Uint8Array | null): void {
  if (!isSameClientHello(first, second)) fail('BAD_SECOND_CLIENT_HELLO', 'the second ClientHello is not the first')
  if (second.keyShares?.length !== 1 || second.keyShares[0].group !== group) fail('BAD_SECOND_CLIENT_HELLO', 'the second ClientHello has not the one share asked for')
  if (second.earlyData) fail('BAD_SECOND_CLIENT_HELLO', 'early_data after a HelloRetryRequest')
  // §4.2.2: "the contents of the extension received in the HelloRetryRequest".
  if (!equalBytes(second.cookie ?? noBytes, cookie ?? first.cookie ?? noBytes)) fail('BAD_SECOND_CLIENT_HELLO', 'the cookie is not the one sent')
}

export function negotiate (hello: ClientHello, configuration: ServerConfiguration): Negotiated {
  return { suite: selectSuite(hello, configuration), alpnProtocol: selectAlpn(hello, configuration) }
}

/** §4.4.2.2, §4.2.3: the certificate whose key makes the signature we like best of those the client can verify. */
export function selectCredential (hello: ClientHello, context: SecureContext, configuration: ServerConfiguration): { credential: Credential, scheme: number } {
  const offered = hello.signatureSchemes
  if (offered === null) fail('MISSING_EXTENSION', 'no signature_algorithms, and no PSK was accepted')
  for (const scheme of configuration.signatureSchemes) {
    if (!offered.includes(scheme)) continue
    const credential = context.credentials.find((candidate) => candidate.signer.signatureSchemes.includes(scheme))
    if (credential !== undefined) return { credential, scheme }
  }
  return fail('NO_SUITABLE_CERTIFICATE', 'no certificate for the signature algorithms offered')
}

/** May this client use a PSK, and so a ticket (§4.2.9)? */
export function canResume (hello: ClientHello, { pskKeyExchangeModes }: ServerConfiguration): boolean {
  return pskKeyExchangeModes.some((mode) => hello.pskKeyExchangeModes?.includes(mode))
}

/** Can a PSK of this client be used without (EC)DHE only (§4.2.9)? Where both ways are open to both sides forward secrecy is kept. */
export function pskStandsAlone (hello: ClientHello, configuration: ServerConfiguration): boolean {
  if (hello.preSharedKey === null) return false
  const common = configuration.pskKeyExchangeModes.filter((mode) => hello.pskKeyExchangeModes?.includes(mode))
  return common.length > 0 && !common.includes(PskKeyExchangeMode.psk_dhe_ke)
}

/**
 * The group we like best of those with a share; without any, the best to ask for: a round trip costs more than a group.
 * @returns a null share when it must be asked for by HelloRetryRequest
 */
export function selectGroup (hello: ClientHello, { namedGroups }: ServerConfiguration): { group: NamedGroup, keyShare: Uint8Array | null } {
  for (const group of namedGroups) {
    const share = hello.keyShares?.find((entry) => entry.group === group.id)
    if (share !== undefined) return { group, keyShare: share.keyExchange }
  }
  const group = namedGroups.find((ours) => hello.supportedGroups?.includes(ours.id))
  return { group: group ?? fail('NO_SHARED_GROUP', 'no group in common'), keyShare: null }
}

function selectSuite (hello: ClientHello, { cipherSuites, honorCipherOrder }: ServerConfiguration): CipherSuite {
  const suite = honorCipherOrder
    ? cipherSuites.find((ours) => hello.cipherSuites.includes(ours.id))
    : cipherSuites.find((ours) => ours.id === hello.cipherSuites.find((id) => cipherSuites.some((one) => one.id === id)))
  return suite ?? fail('NO_SHARED_CIPHER_SUITE', 'no cipher suite in common')
}

/** RFC 7301 §3.2: our order; no overlap is fatal. */
function selectAlpn (hello: ClientHello, { alpnProtocols }: ServerConfiguration): string | null {
  const offered = hello.alpnProtocols
  if (offered === null || alpnProtocols.length === 0) return null
  return alpnProtocols.find((ours) => offered.includes(ours)) ?? fail('NO_APPLICATION_PROTOCOL', 'no application protocol in common')
}
