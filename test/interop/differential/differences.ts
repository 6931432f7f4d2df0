/** Where openssl s_server answers otherwise, and why ours is right. Each line is needed: the test says when one is not. */

export interface Difference {
  /** Names of the ClientHellos. */
  readonly hello: RegExp
  readonly ours: string
  readonly openssl: string
  /** What the RFC says. */
  readonly why: string
}

const served = 'ServerHello'
const decodeError = 'alert decode_error'
const illegalParameter = 'alert illegal_parameter'
const unexpectedMessage = 'alert unexpected_message'
const protocolVersion = 'alert protocol_version'
const handshakeFailure = 'alert handshake_failure'

const cannotBeParsed = 'RFC 8446 §6: a message that "cannot be parsed according to the syntax (e.g., have a length extending beyond the message boundary or contain an out-of-range length) MUST terminate the connection with a decode_error alert"'
const ignoresUnknown = 'RFC 8446 §4.1.2: "Servers MUST ignore unrecognized extensions", and this one is not one of ours: what is in it is not looked at'
const noDuplicates = 'RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block", whether known or not'
const notOfOpenSsl = 'OpenSSL 3.0 does not know the extension; we do, and '
const ended = 'The client has ended its side in the middle of a record or a message: nothing was received that an alert could answer'
const unexpectedType = 'RFC 8446 §5: "If a TLS implementation receives an unexpected record type, it MUST terminate the connection with an unexpected_message alert"'

export const differences: readonly Difference[] = [
  // Versions and old fields
  { hello: /^legacy_version 300$/, ours: protocolVersion, openssl: handshakeFailure, why: 'RFC 8446 Appendix D.5: a legacy_version of 0x0300 "MUST abort the handshake with a protocol_version alert"' },
  { hello: /^supported_versions: (?!there|left out|twice|first)/, ours: decodeError, openssl: protocolVersion, why: cannotBeParsed },
  { hello: /^compression methods (1|255)$/, ours: illegalParameter, openssl: decodeError, why: 'RFC 8446 §4.1.2: with any value but one zero "the server MUST abort the handshake with an illegal_parameter alert"' },
  { hello: /^cipher suites $/, ours: decodeError, openssl: illegalParameter, why: `CipherSuite cipher_suites<2..2^16-2>. ${cannotBeParsed}` },

  // Shares
  { hello: /^a share of a group that is not supported, after one that is$/, ours: illegalParameter, openssl: served, why: 'RFC 8446 §4.2.8: "Clients MUST NOT offer any KeyShareEntry values for groups not listed". "Servers MAY check for violations of these rules and abort the handshake with an illegal_parameter alert"; OpenSSL stops at the first share it can use' },
  { hello: /^two shares of one group$/, ours: illegalParameter, openssl: served, why: 'RFC 8446 §4.2.8: "Clients MUST NOT offer multiple KeyShareEntry values for the same group", and the same MAY' },
  { hello: /^an empty share$/, ours: illegalParameter, openssl: decodeError, why: 'RFC 8446 §4.2.8.2: a share has the length its group gives it; one of 31 or 33 bytes is illegal_parameter here and there, and so is one of 0, as tlsfuzzer expects it. §6.2 allows decode_error too' },

  // What we judge by the RFC and OpenSSL by what it can do
  { hello: /^signature_algorithms_cert (401|ffff)$/, ours: served, openssl: handshakeFailure, why: 'RFC 8446 §4.4.2.2: a server that has no chain signed by these algorithms only "SHOULD continue the handshake by sending the client a certificate chain of its choice"' },
  { hello: /^max_fragment_length: (empty|a byte short|a byte long)$/, ours: served, openssl: decodeError, why: ignoresUnknown },
  { hello: /^max_fragment_length: (its first length one more|zeros|all ones)$/, ours: served, openssl: illegalParameter, why: ignoresUnknown },
  { hello: /^use_srtp: (?!left out|twice)/, ours: served, openssl: illegalParameter, why: ignoresUnknown },
  { hello: /^certificate_authorities: (?!there|left out|twice|first)/, ours: served, openssl: decodeError, why: ignoresUnknown },
  { hello: /^an unknown extension: twice$/, ours: illegalParameter, openssl: served, why: noDuplicates },

  // What OpenSSL 3.0 does not know, or does not look at
  { hello: /^(compress_certificate|record_size_limit|ticket_request): twice$/, ours: illegalParameter, openssl: served, why: noDuplicates },
  { hello: /^compress_certificate: (?!there|left out|twice|first)/, ours: decodeError, openssl: served, why: `${notOfOpenSsl}RFC 8879 §3 has algorithms<2..2^8-2>. ${cannotBeParsed}` },
  { hello: /^record_size_limit: (empty|a byte short|a byte long)$/, ours: decodeError, openssl: served, why: `${notOfOpenSsl}RFC 8449 §4 has one uint16. ${cannotBeParsed}` },
  { hello: /^record_size_limit: zeros$/, ours: illegalParameter, openssl: served, why: `${notOfOpenSsl}RFC 8449 §4: a value below 64 MUST be answered by illegal_parameter` },
  { hello: /^ticket_request: (empty|a byte short|a byte long)$/, ours: decodeError, openssl: served, why: `${notOfOpenSsl}RFC 9149 §3 has two uint8. ${cannotBeParsed}` },
  { hello: /^cookie: (?!there|left out|twice|first)/, ours: decodeError, openssl: served, why: `opaque cookie<1..2^16-1>. ${cannotBeParsed}; OpenSSL passes over a cookie that it has not sent` },
  { hello: /^an empty cookie nobody sent$/, ours: decodeError, openssl: served, why: `opaque cookie<1..2^16-1>. ${cannotBeParsed}` },
  { hello: /^pre_shared_key: (one identity, two binders|two identities, one binder)$/, ours: illegalParameter, openssl: served, why: 'RFC 8446 §4.2.11: "binders: A series of HMAC values, one for each value in the identities list". OpenSSL reads no binders where it takes no identity' },
  { hello: /^pre_shared_key: (no identity|no binder|a binder of 31 bytes|something behind|identities alone)$/, ours: decodeError, openssl: served, why: `PskIdentity identities<7..2^16-1>, PskBinderEntry binders<33..2^16-1>. ${cannotBeParsed}` },

  // Records
  { hello: /^record version (200|400|ffff)$/, ours: unexpectedMessage, openssl: 'close', why: `Neither takes for TLS what does not begin with version 3. ${unexpectedType}` },
  { hello: /^(HTTP|HTTP PUT|noise)$/, ours: unexpectedMessage, openssl: 'close', why: unexpectedType },
  { hello: /^SSLv2$/, ours: unexpectedMessage, openssl: decodeError, why: `RFC 8446 Appendix D.5: SSL 2.0 hellos MUST NOT be accepted. ${unexpectedType}` },
  { hello: /^an empty record (between|before)$/, ours: unexpectedMessage, openssl: served, why: 'RFC 8446 §5.1: "Implementations MUST NOT send zero-length fragments of Handshake types"' },
  { hello: /^an alert of one byte$/, ours: decodeError, openssl: unexpectedMessage, why: `RFC 8446 §6: an Alert has two bytes. ${cannotBeParsed}` },
  { hello: /^(a fatal alert|close_notify|user_canceled)$/, ours: 'close', openssl: unexpectedMessage, why: 'RFC 8446 §6.2: "Upon transmission or receipt of a fatal alert message, both parties MUST immediately close the connection"; an alert is not answered by one' },
  { hello: /^(cut off|nothing|half a header|announced one byte longer)$/, ours: 'close', openssl: decodeError, why: ended },

  // Messages
  { hello: /^announced one byte shorter$/, ours: unexpectedMessage, openssl: decodeError, why: 'It is wrong twice. RFC 8446 §5.1: what precedes a change of keys ends with its record, else "they MUST terminate the connection with an unexpected_message alert"; that is looked at first' },
  { hello: /^announced with 2\^24 - 1 bytes$/, ours: decodeError, openssl: illegalParameter, why: `No ClientHello of that length can be written: its longest vectors have 2^16 - 1 bytes. ${cannotBeParsed}` }
]
