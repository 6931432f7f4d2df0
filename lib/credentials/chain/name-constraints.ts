/** Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b), (c)), as OpenSSL reads them. */
import { AsnConvert } from '@peculiar/asn1-schema'
import { GeneralName } from '@peculiar/asn1-x509'
import type { GeneralSubtree, NameConstraints } from '@peculiar/asn1-x509'
import type { Certificate } from './certificate.ts'
import { maxNameComparisons } from './limits.ts'
import { attributeText, canonicalName, isWithin } from './name.ts'
import { attributeId, smtpUtf8Mailbox } from './object-ids.ts'
import type { Path } from './path.ts'
import type { ProblemCode, Problems } from './problems.ts'

/** Every certificate is held to the constraints of all above it, a trust anchor's included. */
export function checkNameConstraints ({ certificates }: Path, problems: Problems): void {
  for (let depth = certificates.length - 1; depth >= 0; depth--) {
    const certificate = certificates[depth]!
    // RFC 5280 §6.1.3: not those that an authority issued to itself, unless it is the leaf.
    if (depth > 0 && certificate.selfIssued) continue
    for (let above = certificates.length - 1; above > depth; above--) {
      const { nameConstraints } = certificates[above]!.extensions
      if (nameConstraints === undefined) continue
      const problem = violation(namesOf(certificate, depth === 0), nameConstraints)
      if (problem !== null) problems.add(problem, depth)
    }
  }
}

/** What is compared: a GeneralName, or null for a name that cannot be read. */
type Comparable = GeneralName | null

function violation (names: readonly Comparable[], constraints: NameConstraints): ProblemCode | null {
  const { permittedSubtrees = [], excludedSubtrees = [] } = constraints
  if (names.length * (permittedSubtrees.length + excludedSubtrees.length) > maxNameComparisons) return 'UNSPECIFIED'
  for (const name of names) {
    if (name === null) return 'UNSUPPORTED_NAME_SYNTAX'
    const problem = checkName(name, permittedSubtrees, excludedSubtrees)
    if (problem !== null) return problem
  }
  return null
}

function checkName (name: GeneralName, permitted: readonly GeneralSubtree[], excluded: readonly GeneralSubtree[]): ProblemCode | null {
  const about = permitted.filter(({ base }) => isSameKind(name, base))
  const against = excluded.filter(({ base }) => isSameKind(name, base))
  // RFC 5280 §4.2.1.10: minimum MUST be zero, maximum MUST be absent.
  if ([...about, ...against].some(({ minimum, maximum }) => minimum !== 0 || maximum !== undefined)) return 'SUBTREE_MINMAX'
  const permits = about.map(({ base }) => isInSubtree(name, base))
  const excludes = against.map(({ base }) => isInSubtree(name, base))
  const unreadable = [...permits, ...excludes].find((outcome) => typeof outcome === 'string')
  if (unreadable !== undefined) return unreadable
  if (permits.length > 0 && !permits.includes(true)) return 'PERMITTED_VIOLATION'
  return excludes.includes(true) ? 'EXCLUDED_VIOLATION' : null
}

/** The subject and the alternative names; of a leaf without a DNS name also its common names that look like one. */
function namesOf ({ subjectName, extensions: { subjectAltName = [] } }: Certificate, isLeaf: boolean): Comparable[] {
  const names: Comparable[] = subjectName.length === 0 ? [] : [new GeneralName({ directoryName: subjectName })]
  for (const { type, value } of [...subjectName].flatMap((rdn) => [...rdn])) {
    // RFC 5280 §4.2.1.10: the legacy attribute is an rfc822Name, too, and OpenSSL insists on its type.
    if (type !== attributeId.emailAddress) continue
    names.push(value.ia5String === undefined ? null : new GeneralName({ rfc822Name: value.ia5String }))
  }
  names.push(...subjectAltName)
  if (isLeaf && !subjectAltName.some(({ dNSName }) => dNSName !== undefined)) names.push(...hostNames(subjectName))
  return names
}

function hostNames (subjectName: Certificate['subjectName']): Comparable[] {
  return [...subjectName].flatMap((rdn) => [...rdn])
    .filter(({ type }) => type === attributeId.commonName)
    .map(({ value }) => withoutTrailingNuls(attributeText(value) ?? ''))
    .map((text) => {
      if (text.includes('\0')) return null
      return hostName.test(text) ? new GeneralName({ dNSName: text }) : undefined
    })
    .filter((name) => name !== undefined)
}

/** Some authorities ended their strings so; OpenSSL forgives it. */
function withoutTrailingNuls (text: string): string {
  let end = text.length
  while (text[end - 1] === '\0') end--
  return text.slice(0, end)
}

/** Is `base` a constraint on names of this kind? A mailbox in UTF-8 is one on mail addresses (RFC 9598 §6). */
function isSameKind (name: GeneralName, base: GeneralName): boolean {
  const kind = kindOf(name)
  if (kind !== 'otherName') return kind === kindOf(base)
  if (name.otherName!.typeId === smtpUtf8Mailbox) return kindOf(base) === 'rfc822Name'
  return name.otherName!.typeId === base.otherName?.typeId
}

/** @returns a problem where a name or a constraint of this kind cannot be read; that refuses the certificate */
function isInSubtree (name: GeneralName, base: GeneralName): boolean | ProblemCode {
  switch (kindOf(name)) {
    case 'directoryName': return isWithin(canonicalName(name.directoryName!), canonicalName(base.directoryName!))
    case 'dNSName': return isDnsWithin(name.dNSName!, base.dNSName!)
    case 'rfc822Name': return isMailWithin(name.rfc822Name!, base.rfc822Name!)
    case 'uniformResourceIdentifier': return isUriWithin(name.uniformResourceIdentifier!, base.uniformResourceIdentifier!)
    case 'iPAddress': return isAddressWithin(octetsOf(name), octetsOf(base))
    default: return 'UNSUPPORTED_CONSTRAINT_TYPE'
  }
}

function isDnsWithin (name: string, base: string): boolean {
  if (base === '') return true
  return endsWith(name, base) && (name.length === base.length || base.startsWith('.') || name.at(-base.length - 1) === '.')
}

/** A mailbox, a host, or with a leading dot the hosts of a domain. The local part is told by its case. */
function isMailWithin (name: string, base: string): boolean | ProblemCode {
  const at = name.lastIndexOf('@')
  if (at < 0) return 'UNSUPPORTED_NAME_SYNTAX'
  const baseAt = base.lastIndexOf('@')
  if (baseAt < 0 && base.startsWith('.')) return name.length > base.length && endsWith(name, base)
  if (baseAt > 0 && name.slice(0, at) !== base.slice(0, baseAt)) return false
  return equals(name.slice(at + 1), base.slice(baseAt + 1))
}

/** A host, or with a leading dot the hosts of a domain. */
function isUriWithin (name: string, base: string): boolean | ProblemCode {
  const host = uriWithHost.exec(name)?.[1]
  if (host === undefined) return 'UNSUPPORTED_NAME_SYNTAX'
  return base.startsWith('.') ? host.length > base.length && endsWith(host, base) : equals(host, base)
}

function isAddressWithin (address: Uint8Array, base: Uint8Array): boolean | ProblemCode {
  const { length } = address
  if ((length !== 4 && length !== 16) || (base.length !== 8 && base.length !== 32)) return 'UNSUPPORTED_NAME_SYNTAX'
  return base.length === length * 2 &&
    address.every((octet, index) => ((octet ^ base[index]!) & base[length + index]!) === 0)
}

function kindOf (name: GeneralName): keyof GeneralName {
  return kinds.find((kind) => name[kind] !== undefined)!
}

/** The octets of an address: the content of its GeneralName, which is short enough for one octet of length. */
function octetsOf (name: GeneralName): Uint8Array {
  return new Uint8Array(AsnConvert.serialize(name)).subarray(2)
}

function endsWith (text: string, end: string): boolean {
  return equals(text.slice(-end.length), end)
}

function equals (a: string, b: string): boolean {
  return lowerCase(a) === lowerCase(b)
}

/** Of ASCII alone: what is beyond is not IA5String and stays as it is. */
function lowerCase (text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

const kinds = [
  'otherName', 'rfc822Name', 'dNSName', 'x400Address', 'directoryName', 'ediPartyName', 'uniformResourceIdentifier',
  'iPAddress', 'registeredID'
] as const

/**
 * Where the host is beyond doubt. Readers differ about users, queries right behind a host and colons in a path (RFC 3986
 * and OpenSSL do), and `https://evil.example?.example.com` must not pass for a host of example.com.
 */
const uriWithHost = /^[^:]*:\/\/([\w.-]+)(?::\d*)?(?:\/[^:]*)?$/

/** Two labels or more; a name of one label is not taken for a host's. Underscores are, as in OpenSSL. */
const hostName = /^\w+(-+\w+)*(\.\w+(-+\w+)*)+$/
