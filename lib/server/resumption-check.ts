/** The option `onResume`, in front of the core: sessions as an application sees them, and a wall around its answers. */
import { inspect } from 'node:util'
import { x509Certificate } from '../credentials/peer-certificate.ts'
import type { SessionToResume, Tls13Options } from '../../types/options.ts'
import type { ResumableSession, ResumptionCheck } from '../../types/server.ts'

/** What the callback throws, or rejects with, refuses; the first time a warning tells of it (`FST_TLS13_ON_RESUME_FAILED`). */
export function resumptionCheck (onResume: NonNullable<Tls13Options['onResume']>): ResumptionCheck {
  let warned = false
  const refuse = (error: unknown): boolean => {
    if (!warned) warn(error)
    warned = true
    return false
  }
  return (session) => {
    try {
      const answer = onResume(new Session(session))
      return isThenable(answer) ? Promise.resolve(answer).then(agrees, refuse) : agrees(answer)
    } catch (error) {
      return refuse(error)
    }
  }
}

/** Only `false` refuses, so that a callback that looks at some sessions need not answer for the others. */
function agrees (answer: boolean | void): boolean {
  return answer !== false
}

function isThenable (answer: unknown): answer is PromiseLike<boolean | void> {
  return typeof (answer as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

function warn (error: unknown): void {
  process.emitWarning('onResume failed, and the client does a full handshake. Its further failures are not reported.', {
    type: 'FastifyTls13Warning',
    code: 'FST_TLS13_ON_RESUME_FAILED',
    detail: inspect(error)
  })
}

/** The certificate is parsed when it is looked at. */
class Session implements SessionToResume {
  readonly serverName: string | null
  readonly alpnProtocol: string | null
  readonly issuedAt: Date
  readonly authenticatedAt: Date
  readonly authorized: boolean
  readonly authorizationError: string | null
  readonly #chain: readonly Uint8Array[]

  constructor ({ serverName, alpnProtocol, issuedAt, authenticatedAt, identity }: ResumableSession) {
    this.serverName = serverName
    this.alpnProtocol = alpnProtocol
    this.issuedAt = new Date(issuedAt)
    this.authenticatedAt = new Date(authenticatedAt)
    this.authorized = identity?.authorized ?? false
    this.authorizationError = identity?.authorizationError ?? null
    this.#chain = identity?.chain ?? []
  }

  get peerCertificate (): SessionToResume['peerCertificate'] {
    return x509Certificate(this.#chain) ?? null
  }
}
