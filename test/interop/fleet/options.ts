import type { ClientName } from '../redis-client.ts'

/** How a process of a fleet is made, as it is handed to it. */
export interface MemberOptions {
  readonly key: string
  readonly cert: string
  /** Absent: the cluster's, or the process's own. Bytes are in hexadecimal. */
  readonly ticketKeys?: { readonly secret: string } | { readonly client: ClientName, readonly path: string, readonly wrap?: string }
  readonly ticketKeyRotation: number
}
