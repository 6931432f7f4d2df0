/**
 * Keys that a fleet agrees on through a store. Time is cut into epochs of one rotation; each has a slot in the store, and
 * so has each rotation on demand. Whoever comes first fills a slot with a new generation, and all use what is there.
 *
 * The generation of the next epoch is in the store for the whole of the present one: every process has it long before one
 * seals with it, and an outage of the store is felt by new processes at once but by those that run after a rotation at the
 * earliest. Beyond that a process seals with keys of its own. A shared one past its time would be less safe: other
 * processes have forgotten it, and it would never be over.
 */
import type { OpenedTicket } from '../../types/session.ts'
import { generationOf, newGeneration, readGeneration } from './key-generation.ts'
import type { KeyGeneration } from './key-generation.ts'
import type { KeySettings, KeySource, SealingKey } from './key-source.ts'
import { RandomKeys } from './random-keys.ts'

/** What a process has to put into the store. */
export interface Offer {
  readonly slot: string
  readonly value: string
  /** Milliseconds. */
  readonly lifetime: number
}

export class StoredKeys implements KeySource {
  readonly #settings: KeySettings
  readonly #source: string
  readonly #notice: number
  readonly #own: RandomKeys
  readonly #generations: Map<string, KeyGeneration>
  #stored: readonly KeyGeneration[]
  #rotationWanted: number | null

  /**
   * @param source the store's name, for metrics
   * @param notice milliseconds after which every process has seen what is in the store
   */
  constructor (settings: KeySettings, source: string, notice: number, now: number) {
    this.#settings = settings
    this.#source = source
    this.#notice = notice
    this.#own = new RandomKeys(settings, now)
    this.#generations = new Map()
    this.#stored = []
    this.#rotationWanted = null
  }

  sealingKey (now: number): SealingKey {
    const generation = this.#sealing(now)
    return generation === undefined ? this.#own.sealingKey() : { source: this.#source, issueFrom: generation.issueFrom }
  }

  seal (state: Uint8Array, policy: Uint8Array, now: number): Uint8Array {
    return this.#sealing(now)?.seal(state, policy) ?? this.#own.seal(state, policy, now)
  }

  open (ticket: Uint8Array, policy: Uint8Array, now: number): OpenedTicket {
    return this.#generations.get(generationOf(ticket))?.open(ticket, policy, now) ?? this.#own.open(ticket, policy, now)
  }

  /** Takes effect when the store has the new generation and every process had time to see it. */
  rotate (now: number): void {
    this.#own.rotate(now)
    this.#rotationWanted = now
  }

  retire (now: number): void {
    this.#own.retire(now)
    this.#stored = []
  }

  destroy (): void {
    this.#own.destroy()
    for (const generation of this.#generations.values()) generation.destroy()
    this.#generations.clear()
    this.#stored = []
  }

  /**
   * Takes what the store has now. Generations that it lost are still opened, but seal no longer: who started since does
   * not have them.
   */
  update (values: readonly string[], now: number): void {
    this.#stored = values.flatMap((value) => this.#learn(value))
    if (this.#rotationWanted !== null && this.#rotatedSince(this.#rotationWanted, now)) this.#rotationWanted = null
    this.#forget(now)
  }

  /** What the store lacks: the generations of this epoch and the next, and of a rotation that is wanted. */
  offers (now: number): Offer[] {
    const begin = this.#epochAt(now)
    const next = begin + this.#settings.rotation
    const offers = [this.#offer(begin, next, now), this.#offer(next, next + this.#settings.rotation, now)]
    if (this.#rotationWanted !== null && this.#stored.length < maxStored) {
      const soon = (Math.ceil(now / this.#notice) + 1) * this.#notice
      if (soon < next) offers.push(this.#offer(soon, next, now))
    }
    return offers.filter((offer) => offer !== null)
  }

  /** The youngest of those that may: the same one in every process. */
  #sealing (now: number): KeyGeneration | undefined {
    let youngest: KeyGeneration | undefined
    for (const generation of this.#stored) {
      if (generation.maySeal(now) && (youngest === undefined || generation.issueFrom > youngest.issueFrom)) youngest = generation
    }
    return youngest
  }

  #learn (value: string): KeyGeneration[] {
    const read = readGeneration(this.#settings, value)
    if (read === null) return []
    const known = this.#generations.get(read.id)
    if (known === undefined) this.#generations.set(read.id, read)
    else read.destroy()
    return [known ?? read]
  }

  /** Did another generation begin, or will it, after it was wanted? An epoch that ended is a rotation, too. */
  #rotatedSince (wanted: number, now: number): boolean {
    const end = this.#epochAt(wanted) + this.#settings.rotation
    return now >= end || this.#stored.some(({ issueFrom }) => issueFrom > wanted && issueFrom < end)
  }

  /** One that is known goes back to a store that lost it. */
  #offer (issueFrom: number, issueUntil: number, now: number): Offer | null {
    if (this.#stored.some((generation) => generation.issueFrom === issueFrom)) return null
    const known = [...this.#generations.values()].find((generation) => generation.issueFrom === issueFrom)
    return {
      slot: String(issueFrom),
      value: known?.text() ?? newGeneration(this.#settings, issueFrom, issueUntil),
      lifetime: Math.ceil(issueUntil + this.#settings.lifetime - now)
    }
  }

  #epochAt (now: number): number {
    return Math.floor(now / this.#settings.rotation) * this.#settings.rotation
  }

  #forget (now: number): void {
    for (const [id, generation] of this.#generations) {
      generation.endAt(now)
      if (this.#generations.size > maxGenerations) {
        generation.destroy()
        this.#generations.delete(id)
      }
    }
  }
}

/** Generations in the store, beyond which a rotation on demand waits until one has ended. Stops `rotate` in a loop. */
const maxStored = 64
/** Generations remembered, with those that have ended, whose names tell an old ticket from a foreign one. */
const maxGenerations = 128
