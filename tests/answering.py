"""Servers that answer as a test wants, or hand on to a real one."""

from __future__ import annotations

import http.client
import http.server
import io
import json
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

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


def forward(
    handler: Handler,
    bao: Bao,
    bodies: list[bytes] | None = None,
) -> None:
    """Hand the request on to a real server, and its answer back."""
    length = int(handler.headers.get("Content-Length") or 0)
    body = handler.rfile.read(length)
    if bodies is not None:
        bodies.append(body)

    connection = http.client.HTTPConnection("127.0.0.1", bao.port, timeout=20)
    token = handler.headers.get("X-Vault-Token") or ""
    connection.request(handler.command, handler.path, body, {"X-Vault-Token": token})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    handler.send_response(answer.status)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
