/** Every bound of the core, with the attack it stops. Sizes in bytes. */

/** RFC 8446 §5.1: a TLSPlaintext fragment. A larger one would be memory at the peer's choosing. */
export const maxPlaintextLength = 2 ** 14

/** RFC 8446 §5.2: what encryption may add, content type, padding and tag. */
export const maxCiphertextLength = 2 ** 14 + 256

/**
 * A handshake message before the peer is authenticated. Stops a peer that announces a 16 MiB message and feeds it a
 * byte at a time. A ClientHello with several ML-KEM shares and many PSKs is under 20 KiB; this is the longest that its
 * vectors allow (RFC 8446 §4.1.2), version, random, session id, suites, compression methods and extensions.
 */
export const maxClientHelloLength = 2 + 32 + (1 + 32) + (2 + 65_534) + (1 + 255) + (2 + 65_535)

/** A Certificate message of a client. Stops a chain that costs memory and signatures. */
export const maxCertificateLength = 100 * 1024

/** Any other handshake message a client may send: Finished and CertificateVerify are smaller. */
export const maxHandshakeMessageLength = 2 ** 14

/** Certificates in a client's chain. Stops path building and parsing at the peer's expense. */
export const maxCertificateChainLength = 10

/** PSK identities that are opened, of those offered. Each costs a decryption (OpenSSL tries 16). */
export const maxPskIdentities = 8

/** Records without content in a row. Stops a peer that keeps us busy without ever saying anything (BoringSSL: 32). */
export const maxEmptyRecords = 32

/** Warning alerts on a connection; TLS 1.3 has one use for them, user_canceled (BoringSSL: 4). */
export const maxWarningAlerts = 4

/** KeyUpdates without application data between them. Each costs key derivations (BoringSSL: 32). */
export const maxKeyUpdates = 32

/** Early data skipped after it was refused (RFC 8446 §4.2.10). Stops trial decryption without end. */
export const maxEarlyDataSkipped = 2 ** 14 + 2 ** 10

/** Tickets one connection may get on all ways together. The nonce has one more bit than needed (RFC 8446 §4.6.1). */
export const maxTicketsPerConnection = 2 ** 16 - 1

/**
 * The state of a session, which holds the client's chain. Above it no ticket is sent: a client would have to bring it back in
 * a ClientHello of 2^16 bytes, or a store to keep it, and each copy is memory.
 */
export const maxSessionStateLength = 2 ** 14
