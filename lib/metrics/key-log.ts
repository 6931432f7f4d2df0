/** The key log: secrets of connections in a file, for Wireshark (RFC 9850). Nothing here is ever on by itself. */
import { appendFileSync } from 'node:fs'

/**
 * A `keyLog` option that appends each line to a file, which is made readable for its owner alone. Warns once per
 * process (`FST_TLS13_KEY_LOG`): whoever has the file can read the traffic. Writes are synchronous, so that a line is
 * there before the records it decrypts: this is for looking into connections, not for production.
 *
 * A write that fails later (a full disk) ends the log with a warning (`FST_TLS13_KEY_LOG_FAILED`), not the connection.
 * @throws {Error} of node:fs when the file cannot be appended to
 */
export function keyLogFile (path: string): (line: string) => void {
  appendFileSync(path, '', { mode: ownerOnly })
  warnOnce()
  let failed = false
  return (line) => {
    if (failed) return
    try {
      appendFileSync(path, line + '\n', { mode: ownerOnly })
    } catch (error) {
      failed = true
      warn('FST_TLS13_KEY_LOG_FAILED', `The key log cannot be written and has ended: ${(error as Error).message}`)
    }
  }
}

const ownerOnly = 0o600
let warned = false

function warnOnce (): void {
  if (warned) return
  warned = true
  warn('FST_TLS13_KEY_LOG', 'A key log is written: whoever reads it can read the TLS traffic of this process.')
}

function warn (code: string, message: string): void {
  process.emitWarning(message, { type: 'FastifyTls13Warning', code })
}
