/** What connections hold that are open in the middle of something. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Subject } from './subject.ts'

/**
 * Lets go of the connections and sees what comes free.
 * @param open is emptied
 * @returns bytes a connection, 0 where there are too few to tell
 */
export function measureHeld (open: Subject[]): number {
  const count = open.filter((subject) => subject !== undefined).length
  if (count < 64) return 0
  const before = used()
  open.length = 0
  return Math.max(0, (before - used()) / count)
}

function used (): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function collectGarbage (): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

/**
 * A record that is not whole (16 KiB), a message that is not whole (100 KiB) with the record it stands in, and a
 * connection itself with its transcript and keys. Inputs are mostly small: the mean is far below.
 */
export const maxHeld = 160 * 1024
