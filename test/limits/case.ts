import type { Tls13Options } from '../../index.ts'
import type { Target } from './app.ts'

export interface LimitCase {
  /** Beside a key, a certificate and whom to trust. */
  readonly options?: Tls13Options
  /** Goes beyond the limit. @returns what the peer got, in the words of the table */
  reach (target: Target): Promise<string>
}
