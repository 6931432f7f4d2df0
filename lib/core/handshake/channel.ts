/** What the parts of the handshake share of their connection. */
import type { ServerConfiguration } from '../../../types/server.ts'
import type { HandshakeReader } from '../record/handshake-reader.ts'
import type { RecordLayer } from '../record/record-layer.ts'
import type { StateMachine } from './states.ts'
import type { Waiter } from './waiter.ts'

export interface Channel {
  readonly configuration: ServerConfiguration
  readonly records: RecordLayer
  readonly messages: HandshakeReader
  readonly state: StateMachine
  readonly waiter: Waiter
}
