/** Private keys: PKCS#8, PKCS#1 and SEC 1, encrypted or not, of the types that TLS 1.3 signs with. */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { invalidOption } from '../errors.ts'
import { sealedItemsOf } from './lists.ts'
import type { Sealed } from './lists.ts'
import { describe, isPrivateKey, readBlocks } from './pem.ts'
import type { Block } from './pem.ts'

export interface PrivateKey {
  /** Where it came from: `key`, `key[1]`, `pfx`. */
  readonly option: string
  readonly key: KeyObject
  /** What kind it is: `rsa`, `rsa-pss`, `secp256r1`, `ed25519` … Two keys of one kind cannot both be of use. */
  readonly kind: string
}

/** @param passphrase for encrypted keys that bring none of their own */
export function readKeys (value: unknown, passphrase: string | undefined): PrivateKey[] {
  return sealedItemsOf('key', value, 'pem', passphrase).flatMap((item) => {
    const blocks = readBlocks(item.option, item.value)
    const keys = blocks.filter(isPrivateKey)
    // As node:tls: a file with key and certificates in one may be given as both.
    if (keys.length === 0) throw invalidOption(item.option, `holds no private key but ${describe(blocks)}`)
    return keys.map((block) => usable(item.option, parse(item, block)))
  })
}

/** @throws FST_TLS13_INVALID_OPTION when TLS 1.3 has no signature scheme for such a key */
export function usable (option: string, key: KeyObject): PrivateKey {
  const type = key.asymmetricKeyType!
  if (!signingTypes.includes(type)) {
    throw invalidOption(option, `is a key of type ${type}, with which TLS 1.3 cannot sign: use RSA, ECDSA or EdDSA (RFC 8446 §4.2.3)`)
  }
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (type === 'ec') {
    const kind = curves[namedCurve ?? '']
    if (kind !== undefined) return { option, key, kind }
    throw invalidOption(option,
      `is on the curve ${namedCurve ?? 'of explicit parameters'}, for which TLS 1.3 has no signature scheme: use P-256, P-384 or P-521 (RFC 8446 §4.2.3)`)
  }
  if (modulusLength !== undefined && modulusLength < minimumModulus) {
    throw invalidOption(option, `is an RSA key of ${modulusLength} bits: clients refuse less than ${minimumModulus}`)
  }
  return { option, key, kind: type }
}

function parse ({ option, passphrase, passphraseOption }: Sealed, { label, text }: Block): KeyObject {
  if (label === 'OPENSSH PRIVATE KEY') {
    throw invalidOption(option, 'is in the format of OpenSSH: convert a copy with ssh-keygen -p -m PKCS8')
  }
  const encrypted = label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(text)
  if (encrypted && passphrase === undefined) throw invalidOption(option, 'is encrypted: its passphrase is missing')
  try {
    return createPrivateKey({ key: text, format: 'pem', passphrase })
  } catch (error) {
    // Only the code goes into the message: what node:crypto says may repeat its arguments.
    const { code } = error as { code?: unknown }
    if (!encrypted) throw invalidOption(option, `is a private key that cannot be read (${String(code)})`)
    throw invalidOption(passphraseOption, `does not decrypt ${option}, or that is damaged (${String(code)})`)
  }
}

const signingTypes = ['rsa', 'rsa-pss', 'ec', 'ed25519', 'ed448']

/** OpenSSL's names → the registry's (RFC 8446 §4.2.7). */
const curves: Readonly<Record<string, string>> = {
  prime256v1: 'secp256r1',
  secp384r1: 'secp384r1',
  secp521r1: 'secp521r1'
}

/** OpenSSL's security level 2, the default since 3.2; browsers and the CA/Browser Forum require it too. */
const minimumModulus = 2048
