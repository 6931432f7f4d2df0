/** Options that are one thing or an array of it, as node:tls has them. */
import { invalidOption } from '../errors.ts'

/** A member of an option, and what error messages call it. */
export interface Item {
  /** `cert`, or `cert[1]` in an array. */
  readonly option: string
  readonly value: unknown
}

/** @returns none when the option is absent */
export function itemsOf (option: string, value: unknown): Item[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [{ option, value }]
  return value.map((value: unknown, index) => ({ option: `${option}[${index}]`, value }))
}

/** A member that may bring its own passphrase: the thing itself or `{ [field]: thing, passphrase }`. */
export interface Sealed extends Item {
  readonly passphrase: string | undefined
  /** What error messages call the passphrase. */
  readonly passphraseOption: string
}

/**
 * @param field the name of the thing in the object form, `pem` or `buf`
 * @param passphrase of the options, for members that bring none
 */
export function sealedItemsOf (option: string, value: unknown, field: string, passphrase: string | undefined): Sealed[] {
  return itemsOf(option, value).map((item) => {
    if (typeof item.value === 'string' || item.value instanceof Uint8Array) {
      return { ...item, passphrase, passphraseOption: 'passphrase' }
    }
    if (typeof item.value !== 'object' || item.value === null || !(field in item.value)) {
      throw invalidOption(item.option, `must be a string, a Buffer or Uint8Array, or an object with ${field} and passphrase`)
    }
    const { [field]: inner, passphrase: own } = item.value as Record<string, unknown>
    const passphraseOption = own === undefined ? 'passphrase' : `${item.option}.passphrase`
    return { option: item.option, value: inner, passphrase: passphraseOf(passphraseOption, own ?? passphrase), passphraseOption }
  })
}

export function passphraseOf (option: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw invalidOption(option, 'must be a string')
  return value
}
