/** What workers and their primary say to each other. */

/** A worker asks for the values, and may add one before. */
export interface Question {
  readonly type: typeof questionType
  readonly id: number
  readonly add: { readonly slot: string, readonly value: string, readonly lifetime: number } | null
}

/** The primary answers with all values, and tells the other workers when they changed. */
export interface Answer {
  readonly type: typeof answerType
  /** The question's; null: another worker has added a value. */
  readonly id: number | null
  readonly values: readonly string[]
}

export function isQuestion (message: unknown): message is Question {
  return isOfType(message, questionType)
}

export function isAnswer (message: unknown): message is Answer {
  return isOfType(message, answerType)
}

/** Applications hear each other's messages on the channels of a cluster, and ours. */
function isOfType (message: unknown, type: string): boolean {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === type
}

export const questionType = 'fastify-tls13:ticket-keys:question'
export const answerType = 'fastify-tls13:ticket-keys:answer'
