/** Gets a ticket from one server of the fleet and resumes on the other: `node examples/fleet/resume.js`. */
import { connect } from 'node:tls'
import { developmentCertificates } from '../certificates.js'

const { ca } = developmentCertificates()

const first = await get(8443)
const second = await get(8444, first.ticket)
const third = await get(8443, second.ticket)
process.exitCode = second.resumed && third.resumed ? 0 : 1

/** One request on a connection of its own; it says what happened, and gives the ticket that came. */
async function get (port, session) {
  const socket = connect({ host: 'localhost', port, ca, session })
  let ticket
  socket.on('session', (data) => { ticket = data })
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  const { process, resumed } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
  console.log(`  ${port}, process ${process}: ${session === undefined ? 'no ticket yet' : 'a ticket of the other'}, ${resumed ? 'resumed' : 'full handshake'}`)
  return { resumed, ticket }
}
