/** Every bound of chain verification, with the attack it stops. */

/** Certificates a client may send. Each is parsed before anything is known of it: stops parsing at the peer's expense. */
export const maxCertificates = 10

/**
 * ASN.1 values in a chain, shared out among its certificates; one has 50 to 200. Stops a stranger's chain of tens of
 * thousands of tiny values, which fits into a Certificate message and takes a third of a second to read.
 */
export const maxValues = 4096

/**
 * Intermediates between the leaf and the trust anchor (OpenSSL's verify depth; its default is 100). The path is built
 * without backtracking, so this bounds the signatures checked for one chain, too: at most `maxIntermediates` + 1, and
 * as many for CRLs. Stops path-building bombs: meshes of cross-signed certificates whose paths grow exponentially
 * (CVE-2006-2937's class), and loops of trusted certificates that issue each other.
 */
export const maxIntermediates = 10

/**
 * Names times constraints compared for one certificate (OpenSSL: the same number). Stops a quadratic comparison of a
 * certificate of thousands of names under thousands of constraints.
 */
export const maxNameComparisons = 2 ** 20

/** Bits of an RSA modulus, as OpenSSL's security level 1 has it. Stops keys that can be factored. */
export const minRsaBits = 1024

/** Bits of an elliptic curve's field, as OpenSSL's security level 1 has it. */
export const minCurveBits = 160

/** Bits of security of a signature's digest (level 1). Stops forged certificates by collision: MD5 (39), SHA-1 (63). */
export const minDigestStrength = 80

/**
 * Verdicts kept. Only chains that were authorized are kept, so a stranger can neither fill this with chains of its own
 * nor push out those of others.
 */
export const maxCachedVerdicts = 1000

/** Parsed intermediates kept; of authorized chains only, for the same reason. */
export const maxCachedCertificates = 100
