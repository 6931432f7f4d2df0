/**
 * Frees at once what node:crypto has returned and what was copied: memory outside of V8's heap. Otherwise it waits for the garbage
 * collector, and V8 takes much of it for pressure and marks the whole heap every 20 to 30 MiB (docs/performance.md).
 * @param bytes that nobody uses any more
 */
export function giveBack ({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= worthIt && byteLength === buffer.byteLength) detach(buffer as ArrayBuffer)
}

/** Bytes; for less the collector takes no longer than this. */
const worthIt = 4096

const detach = 'transfer' in ArrayBuffer.prototype ? transfer : sendNowhere

/** From Node 22 on. */
function transfer (buffer: ArrayBuffer): void {
  (buffer as ArrayBuffer & { transfer (length: number): ArrayBuffer }).transfer(0)
}

/** A closed port takes what is transferred with a message, and drops both (HTML Standard, "message port post message steps"). */
function sendNowhere (buffer: ArrayBuffer): void {
  nowhere.postMessage(null, [buffer])
}

const { port1: nowhere } = new MessageChannel()
nowhere.close()
