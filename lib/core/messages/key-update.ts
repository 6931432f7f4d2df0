/**
 * KeyUpdate (RFC 8446 §4.6.3).
 *
 *     enum {
 *         update_not_requested(0), update_requested(1), (255)
 *     } KeyUpdateRequest;
 *
 *     struct {
 *         KeyUpdateRequest request_update;
 *     } KeyUpdate;
 */
import { HandshakeType, KeyUpdateRequest } from '../constants.ts'
import { fail } from '../errors.ts'
import { Reader } from '../wire/reader.ts'

/**
 * @param message the handshake message, its header of four bytes included
 * @returns is an update of ours requested?
 */
export function decodeKeyUpdate (message: Uint8Array): boolean {
  const reader = new Reader(message, 4)
  const request = reader.u8()
  reader.finish('KeyUpdate')
  // "If an implementation receives any other value, it MUST terminate the connection with an illegal_parameter alert."
  if (request > KeyUpdateRequest.update_requested) fail('BAD_KEY_UPDATE', `a KeyUpdateRequest of ${request}`)
  return request === KeyUpdateRequest.update_requested
}

export function encodeKeyUpdate (requestUpdate: boolean): Uint8Array {
  return Uint8Array.of(HandshakeType.key_update, 0, 0, 1, requestUpdate ? KeyUpdateRequest.update_requested : KeyUpdateRequest.update_not_requested)
}
