import type { ServerConfiguration } from '../../../types/server.ts'
import { HandshakeReader } from '../record/handshake-reader.ts'
import { RecordLayer } from '../record/record-layer.ts'
import { StateMachine } from './states.ts'
import { Waiter, type Driver } from './waiter.ts'

/** What the parts of the handshake share of their connection. */
export class Channel {
  readonly configuration: ServerConfiguration
  readonly records: RecordLayer
  readonly messages: HandshakeReader
  readonly state: StateMachine
  readonly waiter: Waiter

  constructor (configuration: ServerConfiguration, driver: Driver) {
    this.configuration = configuration
    this.records = new RecordLayer(configuration.counters, configuration.dynamicRecordSizes)
    this.messages = new HandshakeReader()
    this.state = new StateMachine()
    this.waiter = new Waiter(driver)
  }
}
