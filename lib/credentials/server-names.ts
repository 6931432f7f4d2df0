/** Names of virtual hosts: exact, or `*.example.com` for one label (RFC 6125 §6.4.3). */
import { isIP } from 'node:net'
import { invalidOption } from '../errors.ts'

export class ServerNames<Value> {
  readonly #values: Map<string, Value>

  constructor () {
    this.#values = new Map()
  }

  /** @throws FST_TLS13_INVALID_OPTION when no server_name (RFC 6066 §3) can ever match */
  set (serverName: string, value: Value): void {
    this.#values.set(normalize(serverName), value)
  }

  /** @param serverName in lower case without a trailing dot; an exact name wins over a wildcard */
  get (serverName: string): Value | undefined {
    return this.#values.get(serverName) ?? this.#values.get('*' + serverName.slice(serverName.indexOf('.')))
  }

  values (): Iterable<Value> {
    return this.#values.values()
  }
}

/** Is the host of a URL an address? Clients send no server name for it (RFC 6066 §3). */
export function isAddress (host: string): boolean {
  return isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0
}

function normalize (serverName: unknown): string {
  if (typeof serverName !== 'string') throw invalidOption('serverName', 'must be a string')
  const name = serverName.toLowerCase().replace(/\.$/, '')
  if (isAddress(name)) throw invalidOption('serverName', 'is an address: clients send names only (RFC 6066 §3)')
  if (name.length <= maxNameLength && pattern.test(name)) return name
  throw invalidOption('serverName', 'must be a host name in ASCII (xn--… for others), or *. and a host name for one label')
}

/** RFC 1035 §2.3.4. */
const maxNameLength = 253
const pattern = /^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/
