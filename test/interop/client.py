"""Python's ssl as an HTTP client that counts what arrives beside the answers.

Reads a plan as JSON from standard input and prints what it saw:
{ port, ca, cert, key, postHandshakeAuth, connections: [{ requests: [{ method, path, bodyLength }], resume: [connection, request] }] }
A session is what the client holds after a request.
"""
import json
import socket
import ssl
import sys


def main():
    plan = json.load(sys.stdin)
    context = make_context(plan)
    seen, sessions = [], []
    for connection in plan["connections"]:
        session = None
        if "resume" in connection:
            earlier, request = connection["resume"]
            session = sessions[earlier][request]
        result, held = run_connection(context, plan["port"], connection, session)
        seen.append(result)
        sessions.append(held)
    json.dump(seen, sys.stdout)


def make_context(plan):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(plan["ca"])
    if "cert" in plan:
        context.load_cert_chain(plan["cert"], plan["key"])
    context.post_handshake_auth = plan.get("postHandshakeAuth", False)
    return context


def run_connection(context, port, connection, session):
    messages = []

    def note(_connection, direction, _version, _content_type, kind, _data):
        if hasattr(kind, "name") and _content_type == ssl._TLSContentType.HANDSHAKE:
            messages.append(f"{direction} {kind.name}")

    context._msg_callback = note
    answers, held = [], []
    with socket.create_connection(("127.0.0.1", port), timeout=50) as raw:
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            for request in connection["requests"]:
                answer = exchange(tls, request)
                answers.append({**answer, "messages": messages[:]})
                messages.clear()
                held.append(tls.session)
            return {"reused": tls.session_reused, "version": tls.version(), "answers": answers}, held


def exchange(tls, request):
    body = b"x" * request.get("bodyLength", 0)
    head = f"{request.get('method', 'GET')} {request['path']} HTTP/1.1\r\nHost: localhost\r\n"
    if body:
        head += f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n"
    tls.sendall(head.encode() + b"\r\n" + body)
    return read_answer(tls)


def read_answer(tls):
    received = b""
    while b"\r\n\r\n" not in received:
        received += receive(tls)
    head, body = received.split(b"\r\n\r\n", 1)
    fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    while len(body) < int(fields["content-length"]):
        body += receive(tls)
    return {"status": int(head.split()[1]), "answer": json.loads(body)}


def receive(tls):
    data = tls.recv(65536)
    if not data:
        raise EOFError("the server closed the connection")
    return data


main()
