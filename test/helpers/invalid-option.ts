/** What every refusal of an option has in common. */
import { inspect } from 'node:util'
import type { Test } from 'tap'

/**
 * Holds that `call` throws FST_TLS13_INVALID_OPTION for `option` with a reason that matches, and that nothing of the
 * error shows a secret.
 */
export function refuses (t: Test, call: () => unknown, option: string, reason: RegExp, secrets: readonly string[] = []): void {
  let error: unknown
  try {
    call()
  } catch (thrown) {
    error = thrown
  }
  checkRefusal(t, error, option, reason, secrets)
}

export function checkRefusal (t: Test, error: unknown, option: string, reason: RegExp, secrets: readonly string[] = []): void {
  const name = `${option} ${reason.source}`
  if (!(error instanceof TypeError)) {
    t.fail(`${name}: no TypeError but ${inspect(error)}`)
    return
  }
  const { code, statusCode } = error as TypeError & { code?: unknown, statusCode?: unknown }
  t.strictSame({ code, statusCode }, { code: 'FST_TLS13_INVALID_OPTION', statusCode: 500 }, name)
  const prefix = `option ${option}: `
  t.equal(error.message.slice(0, prefix.length), prefix, `${name}: names the option`)
  t.match(error.message.slice(prefix.length), reason, `${name}: gives the reason`)
  const shown = inspect(error, { showHidden: true, depth: null }) + JSON.stringify(error)
  t.notOk(secrets.find((secret) => shown.includes(secret)), `${name}: shows no secret`)
}

/** Pieces of a key in the forms in which a message might repeat it. */
export function piecesOf (key: Uint8Array): string[] {
  const middle = Buffer.from(key.subarray(-24, -3))
  return [middle.toString('base64').slice(2, 18), middle.toString('hex').slice(0, 16)]
}
