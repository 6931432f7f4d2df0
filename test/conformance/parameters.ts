/** What the endpoints do, and how the runner of a plan is told of it. */
import { connect } from 'node:tls'

/** All that there are. */
export const cipherSuites = [
  'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'
]

/** All that there are, in order of preference. */
export const groups = [
  'x25519', 'secp256r1', 'X25519MLKEM768', 'secp384r1', 'secp521r1', 'x448', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024',
  'brainpoolP256r1tls13', 'brainpoolP384r1tls13', 'brainpoolP512r1tls13',
  'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'
]

/** What every route answers; with its headers it fills one record. */
export const answer = 'x'.repeat(1900) + '\n'

/** The arguments that go with the endpoints: where they listen, and what they do. */
export async function runnerArguments (ports: ReadonlyMap<string, number>): Promise<string[]> {
  const values = {
    tickets: 2,
    reply_size: await replySize(ports.get('rsa')!),
    groups: groups.map((name) => name.includes('MLKEM') ? name.toLowerCase() : name).join(','),
    // CertificateRequest: what may sign CertificateVerify, and then what may sign certificates only (RFC 8446 §4.2.3).
    cr_sigalgs: [...handshakeSignatures, ...certificateSignatures].join(' '),
    // CertificateRequest has compress_certificate beside signature_algorithms (RFC 8879 §3); ServerHello has what it must.
    cr_ext: 'supported_versions:SH key_share:SH compress_certificate:CR',
    // RFC 8446 §4.1.1: no group in common is handshake_failure; groups of older versions beside others are passed over.
    obsolete_relaxed: 1,
    obsolete_alert: 'handshake_failure'
  }
  return [
    '--host', '127.0.0.1',
    ...[...ports].flatMap(([name, port]) => ['--port', `${name}=${port}`]),
    ...Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  ]
}

/** The whole answer to the scripts' request, headers and body, in bytes. */
async function replySize (port: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  socket.end('GET / HTTP/1.0\r\n\r\n')
  let length = 0
  for await (const chunk of socket) length += chunk.length
  return length
}

const handshakeSignatures = [
  'ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512', 'ed25519', 'ed448',
  'rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512',
  'rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512'
]
const certificateSignatures = ['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512']
