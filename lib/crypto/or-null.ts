/** For calls whose only failure is that the peer's input is wrong: @returns null when `call` throws */
export function orNull<T> (call: () => T): T | null {
  try {
    return call()
  } catch {
    return null
  }
}
