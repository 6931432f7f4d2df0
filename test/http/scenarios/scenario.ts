import type { Server } from 'node:https'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Limits } from '../servers.ts'

export interface Scenario {
  readonly name: string
  readonly options?: FastifyServerOptions
  readonly limits?: Limits
  /** Plays it. @returns what was seen of it from outside, without anything that differs each time */
  readonly scene: (app: FastifyInstance<Server>, listen: () => Promise<Server>) => Promise<unknown>
  /** What must be in the outcome for the scenario to have been one. */
  readonly expected: object
}

/** A promise and what settles it. */
export interface Signal<T = void> { promise: Promise<T>, give: (value: T) => void }

export function signal<T = void> (): Signal<T> {
  let give!: (value: T) => void
  const promise = new Promise<T>((resolve) => { give = resolve })
  return { promise, give }
}
