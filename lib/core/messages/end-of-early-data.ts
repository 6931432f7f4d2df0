/**
 * EndOfEarlyData (RFC 8446 §4.5).
 *
 *     struct {} EndOfEarlyData;
 */
import { Reader } from '../wire/reader.ts'

/** @param message the handshake message, its header of four bytes included */
export function decodeEndOfEarlyData (message: Uint8Array): void {
  new Reader(message, 4).finish('EndOfEarlyData')
}
