/**
 * How much content the next record of application data holds. The first ones of a connection fit into a packet each, so
 * that a page shows before its congestion window has grown; the n-th may be n packets long, up to what the peer takes
 * (crypto/tls of Go does so too). Together they are some 90 KiB, after which the overhead is the smallest there is.
 * @param sent records of application data that the connection has sent
 * @param longest content that the peer takes in one record
 */
export function contentLength (sent: number, longest: number): number {
  return Math.min(longest, (sent + 1) * packetContent)
}

/** @returns how many records hold so much content */
export function recordsFor (length: number, sent: number, longest: number): number {
  let growing = 0
  while (length > 0 && contentLength(sent + growing, longest) < longest) length -= contentLength(sent + growing++, longest)
  return growing + Math.max(0, Math.ceil(length / longest))
}

/** Bytes: what an IPv6 packet of 1280 bytes, the smallest link there is, leaves beside the headers of IP, TCP with its options, and the record's own. */
const packetContent = 1280 - 40 - 32 - 22
