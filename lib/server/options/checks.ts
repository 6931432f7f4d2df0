/** What a value may be: each check takes an option's name and value, and gives the value back or throws. */
import { invalidOption } from '../../errors.ts'

/** @throws FST_TLS13_INVALID_OPTION */
export type Check<Value> = (name: string, value: unknown) => Value

/** Where the option is absent, this instead. */
export function withDefault<Value> (fallback: Value, check: Check<Value>): Check<Value> {
  return (name, value) => value === undefined ? fallback : check(name, value)
}

/** Where the option is absent, null. */
export function optional<Value> (check: Check<Value>): Check<Value | null> {
  return withDefault<Value | null>(null, check)
}

/** @param unit for the message: ` seconds` */
export function integer (minimum: number, maximum: number, unit = ''): Check<number> {
  return (name, value) => {
    if (Number.isInteger(value) && value as number >= minimum && value as number <= maximum) return value as number
    throw invalidOption(name, `must be an integer from ${minimum} to ${maximum}${unit}, not ${show(value)}`)
  }
}

export const boolean: Check<boolean> = (name, value) => {
  if (typeof value === 'boolean') return value
  throw invalidOption(name, `must be true or false, not ${show(value)}`)
}

export const string: Check<string> = (name, value) => {
  if (typeof value === 'string') return value
  throw invalidOption(name, `must be a string, not ${show(value)}`)
}

/** @param signature for the message: `(line)` */
export function functionOf<Callback> (signature: string): Check<Callback> {
  return (name, value) => {
    if (typeof value === 'function') return value as Callback
    throw invalidOption(name, `must be a function ${signature}, not ${show(value)}`)
  }
}

/** Checked elsewhere. */
export const anything: Check<unknown> = (_name, value) => value

export function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** A value in few words; of what may be secret (bytes, long strings, objects) only what kind it is. */
export function show (value: unknown): string {
  if (typeof value === 'string') return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
