/** Checks of what routes and requests give: the options of a certificate request, numbers of tickets. */
import { invalidOption } from '../errors.ts'
import { refuseUnknown } from '../option-names.ts'
import { boolean, integer, isObject, optional, show } from '../server/options/checks.ts'
import type { Check } from '../server/options/checks.ts'
import type { ClientCertificateOptions } from '../../types/fastify.ts'

export const clientCertificateOptions: Check<ClientCertificateOptions> = (name, value) => {
  if (!isObject(value)) throw invalidOption(name, `must be an object, not ${show(value)}`)
  refuseUnknown(value, ['required', 'rejectUnauthorized', 'timeout', 'numTickets'], `${name}.`)
  optional(required)(`${name}.required`, value.required)
  optional(boolean)(`${name}.rejectUnauthorized`, value.rejectUnauthorized)
  optional(integer(1, longestTimer, ' milliseconds'))(`${name}.timeout`, value.timeout)
  optional(numTickets)(`${name}.numTickets`, value.numTickets)
  return value
}

/** SSL_set_num_tickets takes any size_t, without a limit; ours is that of the option. */
export const numTickets: Check<number> = integer(0, 255)

/** SSL_new_session_ticket makes one ticket a call. */
export const ticketCount: Check<number> = integer(1, 255)

const required: Check<boolean | 'fatal'> = (name, value) => {
  if (typeof value === 'boolean' || value === 'fatal') return value
  throw invalidOption(name, `must be true, false or 'fatal', not ${show(value)}`)
}

/** The longest a timer of Node waits; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1
