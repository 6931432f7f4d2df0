/**
 * Finished (RFC 8446 §4.4.4).
 *
 *     struct {
 *         opaque verify_data[Hash.length];
 *     } Finished;
 */
import { HandshakeType } from '../constants.ts'
import { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'

/** @param message the handshake message, its header of four bytes included */
export function decodeFinished (message: Uint8Array, hashLength: number): Uint8Array {
  const reader = new Reader(message, 4)
  const verifyData = reader.take(hashLength)
  reader.finish('Finished')
  return verifyData
}

export function encodeFinished (writer: Writer, verifyData: Uint8Array): void {
  writer.u8(HandshakeType.finished).opaque24(verifyData)
}
