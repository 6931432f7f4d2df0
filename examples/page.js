/** The page of `main.js`: one file, no scripts, nothing loaded from elsewhere. */

const labels = {
  protocol: ['Protocol', ''],
  cipher: ['Cipher suite', ''],
  group: ['Key exchange', ''],
  serverName: ['Server name', 'what the client asked for (SNI)'],
  alpnProtocol: ['Application protocol', 'ALPN'],
  resumed: ['Resumed', 'reload after the connection has closed: a ticket saves the certificate'],
  numTickets: ['Tickets configured', 'numTickets of this connection'],
  ticketsSent: ['Tickets sent', 'on this connection so far'],
  postHandshakeAuth: ['Post-handshake authentication', 'did the client offer it? curl does, browsers do not'],
  clientCertificate: ['Client certificate', ''],
  authorized: ['Client authorized', '']
}

/** @param {string} title @param {Record<string, unknown>} facts */
export function page (title, facts) {
  const rows = Object.entries(facts).map(([name, value]) => row(...labels[name], value)).join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fastify-tls13</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>Negotiated by <strong>fastify-tls13</strong>, a TLS 1.3 server in TypeScript.</p>
<dl>${rows}</dl>
<nav><a href="/">This connection</a><a href="/private">Route with a client certificate</a><a href="/metrics">Metrics</a></nav>
</main>
</body>
</html>
`
}

function row (label, hint, value) {
  const note = hint === '' ? '' : `<small>${escape(hint)}</small>`
  return `<div><dt>${escape(label)}${note}</dt><dd class="${kind(value)}">${escape(text(value))}</dd></div>`
}

function kind (value) {
  if (value === true) return 'yes'
  return value === false || value === null ? 'no' : ''
}

function text (value) {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}

function escape (value) {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #f6f7f9; --card: #fff; --line: #e3e7ed; --soft: #667085; --accent: #0b6e4f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --paper: #12161c; --card: #1a2029; --line: #2a323d; --soft: #93a0b2; --accent: #4fd1a5; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 3rem 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -.02em; }
p { margin: .25rem 0 1.5rem; color: var(--soft); }
dl { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
dl div { display: flex; justify-content: space-between; gap: 1.5rem; padding: .75rem 1.25rem; }
dl div + div { border-top: 1px solid var(--line); }
dt { flex: 1 1 50%; } dt small { display: block; color: var(--soft); font-size: .8rem; }
dd { margin: 0; text-align: right; font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere; }
dd.yes { color: var(--accent); font-weight: 600; } dd.no { color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: 1.25rem; margin-top: 1.25rem; } a { color: var(--accent); }
`
