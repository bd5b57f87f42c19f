"""Servers that answer as a test wants, or hand on to a real one."""

from __future__ import annotations

import http.server
import io
import json
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .vault_servers import Bao

Handler = http.server.BaseHTTPRequestHandler

#: Does something to a request's handler.
Answer = Callable[[Handler], None]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def answering(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on loopback that answers so, and its address.

    :param context: It speaks TLS.
    """

    class Own(Handler):
        def do_GET(self) -> None:
            # One that is closed with something unread resets the connection.
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile = io.BytesIO(self.rfile.read(length))
            answer(self)
            self.close_connection = True

        do_POST = do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Own) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            scheme = "https" if context else "http"
            yield f"{scheme}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def send(handler: Handler, status: int, content: object, **headers: str) -> None:
    """Answer with this content as JSON, or with these bytes as they are."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def forward(handler: Handler, bao: Bao, bodies: list[bytes] | None = None) -> None:
    """Hand the request on to a real server, and its answer back."""
    length = int(handler.headers.get("Content-Length") or 0)
    body = handler.rfile.read(length)
    if bodies is not None:
        bodies.append(body)

    answer = passed_on(handler, bao, body)
    send(handler, answer.status, answer.data)


@dataclass(frozen=True)
class Passed:
    """What the real server has answered."""

    status: int
    data: bytes


def passed_on(handler: Handler, bao: Bao, body: bytes) -> Passed:
    """What a real server says to the request."""
    kept = ("X-Vault-Token", "X-Vault-Namespace", "X-Vault-Request")
    headers = {name: handler.headers[name] for name in kept if handler.headers[name]}
    connection = bao.connection()
    try:
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        return Passed(answer.status, answer.read())
    finally:
        connection.close()
